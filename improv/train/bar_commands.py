"""`improv train` and `improv evaluate` for the networks that generate bars."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from improv.config import load_table
from improv.errors import ImprovError, UsageError
from improv.model import store
from improv.model.spec import NetworkSpec, parameters
from improv.session import look
from improv.train import bar_report, bar_songs, maestro
from improv.train.progress import bar

Say = Callable[[str], None]

FAMILY = "bars"
OURS = "generated"
"""What the report calls the bars of the model that is measured."""
ALONE = "bars-alone"
"""The same network told nothing, which the report compares with where it is there."""


def is_bars(model: str) -> bool:
    """Whether a model of that name or in that folder is of this family, and sound."""
    try:
        return store.find(model).spec.architecture == FAMILY
    except ImprovError:
        return False


def train(
    options: argparse.Namespace, say: Say, stop: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Train a generator and write the model, measured on the test songs."""
    from improv.train import bar_config, bar_fit

    if options.init is not None:
        raise UsageError("a network for bars is trained from nothing; leave out --init")
    config = load_table(options.config, bar_config.BarConfig)
    name = options.name or config.name
    out: Path = options.out or Path("runs") / name
    source = maestro.source_of(options.data)
    parts = {split: _bars(source, split) for split in ("train", "validation", "test")}
    fitted = bar_fit.fit(
        config, parts["train"], parts["validation"], out, resume=options.resume, stop=stop
    )
    result = {"run": str(out), "steps": fitted.progress.step, "model": None}
    if not fitted.finished:
        say(f"stopped at step {fitted.progress.step}; go on with --resume")
        return result
    told, _ = bar_report.report({OURS: fitted.weights}, parts["test"], parts["train"])
    spec = NetworkSpec(architecture=FAMILY, units=config.units)
    folder = out / name
    card = _card(config, source, fitted.progress, spec, told)
    store.write(folder, spec, fitted.weights, None, card)
    say(f"the model is {folder}, of step {fitted.progress.best_step}")
    say(bar_report.words(told))
    say(f"play it with: improv play --model {folder} --sync internal")
    return result | {"model": str(folder), "test": told}


def evaluate(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Measure a generator of bars beside real bars, and one that is told nothing."""
    if options.plot is not None:
        look.check_picture(options.plot)
    source = maestro.source_of(options.data)
    folder = store.find(options.model)
    networks = {OURS: store.read_weights(folder)}
    try:
        networks["unconditioned"] = store.read_weights(store.find(folder.path.parent / ALONE))
    except UsageError:
        say(f"there is no {ALONE} beside it to compare with; configs/{ALONE}.toml trains one")
    told, found = bar_report.report(networks, _bars(source, options.split), _bars(source, "train"))
    if options.plot is not None:
        bar_report.picture(found, options.plot)
        say(f"drew {options.plot}")
    say(bar_report.words(told))
    return {"model": folder.name, "data": source.name, "split": options.split, **told}


def _bars(source: Path, split: str) -> bar_songs.Bars:
    with bar(f"reading {split}", "songs") as progress:
        return bar_songs.load(source, split, progress=progress)


def _card(config: Any, source: Path, progress: Any, spec: NetworkSpec, told: dict[str, Any]) -> str:
    """TOML: what it was trained on, how well it does, whose the music is."""
    name = "Bars of melody" if config.conditioned else "Bars of melody, told nothing before"
    rows = {
        "title": name,
        "licence": config.data_licence,
        "data": source.name,
        "parameters": parameters(spec),
        "best_step": progress.best_step,
        "validation_distance": round(progress.best_loss, 5),
    }
    kept = ("empty_bars", "notes_per_bar", "in_chord", "repeats", "copied")
    tables = {"training": asdict(config)}
    for name in ("real", OURS):
        tables[f"test.{name}"] = {key: told[name][key] for key in kept}
    tables[f"test.{OURS}.distance"] = told[OURS]["distance"]
    tables[f"test.{OURS}.going_on"] = {
        key: value for key, value in told[OURS]["going_on"].items() if key != "distance"
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items()]
    for title, table in tables.items():
        lines += ["", f"[{title}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
