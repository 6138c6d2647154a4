"""Options that several commands share, and what they come to.

Every knob of play/params.py is an option here without being named: a new one shows up by itself.
"""

from __future__ import annotations

import argparse
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from improv.errors import UsageError
from improv.music.event import Note
from improv.play import knobs
from improv.play.params import KNOBS, Params


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}") from None


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def model_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", metavar="NAME", help="a model `improv models` lists, or a folder")
    sub.add_argument("--device", choices=("auto", "cpu", "gpu"), help="where the model runs")


def json_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def knob_options(sub: argparse.ArgumentParser, *, without: frozenset[str] = frozenset()) -> None:
    sub.add_argument("--instrument", metavar="NAME", help="by General MIDI name or number 0-127")
    for knob in KNOBS.values():
        if knob.name in {"program", *without}:
            continue
        flag = "--" + knob.name.replace("_", "-")
        words = f"{knob.help} (default {knobs.show(knob, knob.default)})".replace("%", "%%")
        if knob.kind is bool:
            sub.add_argument(flag, action=argparse.BooleanOptionalAction, help=words)
        else:
            metavar = "|".join(knob.choices) or "X"
            sub.add_argument(flag, dest=knob.name, metavar=metavar, help=words)


def shared_options(sub: argparse.ArgumentParser) -> None:
    model_options(sub)
    sub.add_argument("--config", type=Path, metavar="FILE.toml", help="see configs/default.toml")
    sub.add_argument("--preset", metavar="NAME", help="begin with a preset: its name, slot or file")
    sub.add_argument("--prompt", metavar="FILE.mid", help="the phrase it goes on from")
    sub.add_argument("--seed", type=whole, metavar="N", help="the same seed makes the same music")
    sub.add_argument("--soundfont", metavar="FILE.sf2", help="the sounds FluidSynth plays with")
    json_option(sub)


def params(options: argparse.Namespace, configured: Params) -> Params:
    """The configured parameters with those of the command line over them."""
    from improv.music import general_midi

    if options.instrument is not None:
        configured = configured.with_value("program", general_midi.program(options.instrument))
    # Texts are read as on the screen: C4, channel 1-16. All at once: low and high go together.
    changed: dict[str, Any] = {}
    for name, knob in KNOBS.items():
        value = getattr(options, name, None)
        if isinstance(value, str):  # the key comes after the scale, so --key has the last word
            changed |= knobs.read_all(knob, value)
        elif value is not None:
            changed[name] = value
    return replace(configured, **changed)


def preset(options: argparse.Namespace, configured: Params) -> Params:
    """The configured parameters with those of `--preset` over them."""
    if options.preset is None:
        return configured
    from improv.session import presets

    path = Path(options.preset)
    found = presets.read(path) if path.suffix == ".toml" else presets.load(options.preset)
    changed: dict[str, Any] = dict(found.params)
    return replace(configured, **changed)


def opening(prompt: str | None) -> tuple[Note, ...]:
    """The prompt's notes, or the built-in phrase."""
    if prompt is None:
        from improv.music.opening import phrase

        return phrase()
    from improv.ports.midifile import read_notes

    return read_notes(Path(prompt))


def seed(given: int | None) -> int:
    seed = secrets.randbelow(1_000_000) if given is None else given
    if not 0 <= seed < 2**63:
        raise UsageError(f"a seed is a whole number from 0 up, not {given}")
    return seed
