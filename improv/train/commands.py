"""`improv data`, `train` and `evaluate`: the train room as the command line uses it."""

from __future__ import annotations

import argparse
import signal
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.config import load_table
from improv.errors import UsageError
from improv.model import store
from improv.model.store import ModelFolder
from improv.session import look
from improv.train import bar_commands, chord_commands, dataset, maestro
from improv.train.progress import bar

if TYPE_CHECKING:  # it imports Keras
    from improv.train.config import TrainConfig
    from improv.train.run import Trained
    from improv.train.throughput import Throughput

Say = Callable[[str], None]

_FAMILIES = {"chords": chord_commands.train, "bars": bar_commands.train}
"""Those whose networks are of another kind than the improvisers that play note by note."""


def data(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Fetch (MAESTRO) and prepare a dataset; what it holds."""
    if options.source == "maestro":
        with bar("MAESTRO v3", "bytes") as progress:
            source = maestro.fetch(progress=progress)
    else:
        source = Path(options.source)
    prepared = _prepared(source, say)
    splits = ", ".join(f"{count} {split}" for split, count in prepared.pieces.items())
    speed = f", {prepared.notes_per_second:,.0f} a second" if prepared.seconds else ", made before"
    pedalled = f"{prepared.pedalled / prepared.notes:.0%} of them ring on under the pedal"
    say(f"{prepared.notes:,} notes{speed}; {pedalled}; pieces: {splits}; in {prepared.folder}")
    return asdict(prepared) | {"folder": str(prepared.folder)}


def train(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Train, until it is done or told to stop; where the run and the model are."""
    family = _FAMILIES.get(_family(options.config)) if options.config is not None else None
    if family is not None:
        with _asked_to_stop(say) as stop:
            return family(options, say, stop)
    from improv.train import tuning

    source = maestro.source_of(options.data)
    config, base = _planned(options, source, say)
    _prepared(source, say)
    from improv.train import plots, run  # after what may be wrong: TensorFlow takes seconds

    out: Path = options.out or Path("runs") / config.name
    with _asked_to_stop(say) as stop:
        trained = run.train(
            config,
            source,
            out,
            resume=options.resume,
            stop=stop,
            origin=None if base is None else tuning.origin(base),
        )
    if trained.throughput is not None:
        say(_pace(trained.throughput))
    if not trained.chief:
        say(f"done at step {trained.steps}; the chief keeps the model")
        return _result(trained)
    plots.losses(out / "log.jsonl", out / "losses.png", config.title)
    if trained.model is None and trained.finished:
        loss = _heard(trained.loss_before, trained.validation_loss)
        say(f"trained {trained.epochs:.2f} epochs; {loss}")
        say(
            f"only TensorFlow writes models that play: give the same command with --resume where "
            f"it is installed, with {out} copied there and KERAS_BACKEND unset"
        )
    elif trained.model is None:
        say(f"stopped at step {trained.steps}; go on with --resume")
    else:
        result = _evaluated(str(trained.model), options.data, "test")
        plots.evaluation(result, out / "evaluation.png")
        say(f"trained {trained.epochs:.2f} epochs; the model is {trained.model}")
        say(_heard(trained.loss_before, trained.validation_loss))
        say(f"play it with: improv play --model {trained.model}")
    return _result(trained)


def _prepared(source: Path, say: Say) -> dataset.Prepared:
    """The dataset of a source, read now or before; what was left out of it is said."""
    with bar("reading", "files") as progress:
        prepared = dataset.prepare(source, progress=progress)
    for name, reason in prepared.skipped.items():
        say(f"skipped {name}: {reason.removeprefix(name).lstrip()}")
    return prepared


def _family(config: Path) -> str:
    """The family a configuration names, of those with networks of another kind; "" for none."""
    try:
        return str(tomllib.loads(config.read_text()).get("family", ""))
    except (OSError, ValueError, RecursionError):
        return ""


def _result(trained: Trained) -> dict[str, Any]:
    return asdict(trained) | {"run": str(trained.run), "model": str(trained.model or "") or None}


def _planned(
    options: argparse.Namespace, source: Path, say: Say
) -> tuple[TrainConfig, ModelFolder | None]:
    """What to train, and the model it goes on from: without any word from the user, the default."""
    from improv.train import tuning
    from improv.train.config import TrainConfig

    init = options.init or (store.DEFAULT if options.config is None else None)
    config = load_table(options.config or tuning.shipped(), TrainConfig)
    if options.config is None:
        config = replace(config, name=tuning.named_after(source))
    if options.name is not None:
        config = replace(config, name=options.name)
    if init is None:
        return config, None
    base = store.find(init)
    say(f"going on from the model {base.name}; to begin from nothing give only --config")
    return tuning.tuned(config, base, source), base


def _pace(throughput: Throughput) -> str:
    words = f"learnt from {throughput.notes_per_second:,.0f} notes a second"
    if not throughput.share:
        return words
    return (
        f"{words}: {throughput.share:.0%} of the {throughput.peak_gflops:,.0f} GFLOP/s that matrix "
        "products in float32 reach here"
    )


def _heard(before: float | None, after: float) -> str:
    loss = f"loss on the pieces kept aside: {after:.4f}"
    if before is None:
        return loss
    if after == before:
        return f"{loss}, as before: tuning made it no better there, so the weights are as they were"
    return f"{loss}, before tuning {before:.4f}"


def evaluate(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Measure a model; the report, see train/evaluate.py."""
    if chord_commands.is_chords(options.model):
        return chord_commands.evaluate(options, say)
    if bar_commands.is_bars(options.model):
        return bar_commands.evaluate(options, say)
    from improv.train import plots
    from improv.train.evaluation_table import table

    for flag, count in (("--notes", options.most), ("--generate", options.generate)):
        if count < 0:
            raise UsageError(f"{flag} must be 0 or more, not {count}")
    if options.plot is not None:
        look.check_picture(options.plot)  # before minutes of measuring
    result = _evaluated(
        options.model,
        options.data,
        options.split,
        most=options.most,
        style=options.style,
        context=options.context,
        prompts=options.generate,
    )
    if options.plot is not None:
        plots.evaluation(result, options.plot)
        say(f"drew {options.plot}")
    report: dict[str, Any] = result.report
    say(table(report))
    return report


def _evaluated(model: str, source: str, split: str, **wanted: Any) -> Any:
    from improv.train.evaluate import evaluate as measured

    return measured(model, maestro.source_of(source), split, bars=bar, **wanted)


@contextmanager
def _asked_to_stop(say: Say) -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends a run at its next report with a checkpoint; a second one ends it at once."""
    asked = False

    def on_signal(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        say("stopping at the next report, with a checkpoint; Ctrl-C again stops at once")

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
