"""`improv train` and `improv evaluate` for the networks that name a melody's chords."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from improv.config import load_table
from improv.errors import UsageError
from improv.model import chord_spec, chord_store
from improv.session import look
from improv.train import chord_report, chord_songs, maestro
from improv.train.progress import bar

Say = Callable[[str], None]


def is_chords(model: str) -> bool:
    """Whether a model of that name or in that folder is one for chords, sound or not."""
    return model == chord_store.DEFAULT or chord_spec.is_chords(Path(model))


def train(
    options: argparse.Namespace, say: Say, stop: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Train both networks and write the model, measured on the test songs."""
    from improv.train import chords

    if options.init is not None:
        raise UsageError("a network for chords is trained from nothing; leave out --init")
    config = load_table(options.config, chords.ChordConfig)
    name = options.name or config.name
    out: Path = options.out or Path("runs") / name
    source = maestro.source_of(options.data)
    parts = {split: _songs(source, split) for split in ("train", "validation", "test")}
    fitted = chords.fit(
        config, parts["train"], parts["validation"], out, resume=options.resume, stop=stop
    )
    result = {"run": str(out), "steps": fitted.progress.step, "model": None}
    if not fitted.finished:
        say(f"stopped at step {fitted.progress.step}; go on with --resume")
        return result
    folder = out / name
    model = chord_store.ChordModel(name, folder, config.units, fitted.weights, {})
    figures, _ = chord_report.report(model, parts["test"], parts["train"], parts["validation"])
    card = _card(config, source, fitted.progress.best_step, figures)
    chord_store.write(folder, config.units, fitted.weights, card)
    say(f"the model is {folder}; {_words(figures)}")
    return result | figures | {"model": str(folder)}


def evaluate(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Measure a chord model beside the baselines."""
    if options.plot is not None:
        look.check_picture(options.plot)
    source = maestro.source_of(options.data)
    model = chord_store.find(options.model)
    songs = _songs(source, options.split)
    figures, confusion = chord_report.report(
        model, songs, _songs(source, "train"), _songs(source, "validation")
    )
    if options.plot is not None:
        chord_report.picture(confusion, options.plot)
        say(f"drew {options.plot}")
    say(_words(figures))
    return figures


def _songs(source: Path, split: str) -> list[chord_songs.Song]:
    with bar(f"reading {split}", "songs") as progress:
        return chord_songs.load(source, split, progress=progress)


def _words(figures: dict[str, Any]) -> str:
    ours, others = figures["chord"], figures["baselines"]
    beside = ", ".join(f"{name} {share:.1%}" for name, share in others.items())
    so_far = ", ".join(f"{n} {share:.1%}" for n, share in figures["baselines_so_far"].items())
    return (
        f"of {figures['half_bars']:,} half bars {ours['top1']:.1%} are named right (root "
        f"{ours['root']:.1%}, triad {ours['triad']:.1%}); {beside}; before they are heard "
        f"{figures['coming']['top1']:.1%} ({so_far})"
    )


def _card(config: Any, source: Path, step: int, figures: dict[str, Any]) -> str:
    """TOML: what it was trained on, how well it does, whose the music is."""
    rows = {
        "title": "Chords for a melody",
        "licence": config.data_licence,
        "data": source.name,
        "best_step": step,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items()]
    tables = {
        "training": asdict(config),
        "chord": figures["chord"],
        "coming": figures["coming"],
        "baselines": figures["baselines"],
        "baselines_so_far": figures["baselines_so_far"],
    }
    for title, table in tables.items():
        lines += ["", f"[{title}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
