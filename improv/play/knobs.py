"""A knob's words: pure, and generic over play.params.KNOBS. Its way along a track: play.turning.

A new knob needs nothing here; LABELS and the few cases below are for those whose number is not
what a musician calls it.
"""

from __future__ import annotations

from collections.abc import Callable

from improv.errors import UsageError
from improv.music import general_midi, scale
from improv.music.names import (
    pitch_class_name,
    pitch_class_number,
    pitch_name,
    pitch_number,
)
from improv.music.vocabulary import STYLES
from improv.play.params import Knob, Value
from improv.play.turning import decimals

LABELS = {
    "answer_seconds": "seconds",
    "answer_bars": "bars",
    "beats_per_bar": "beats a bar",
    "time_temperature": "time temp",
    "top_p": "top-p",
    "notes": "phrase",
    "velocity_spread": "spread",
    "low": "lowest",
    "high": "highest",
    "note_length": "length",
    "out_of_scale": "off scale",
    "velocity_curve": "curve",
    "program": "instrument",
}
WORDS: dict[str, dict[str, float]] = {  # and the values they stand for
    "notes": {"endless": 0},
    "time_temperature": {"follows": 0},
    "freeze": {"off": 0},
    "copy_cap": {"off": 0},
    "style": {style: number for number, style in enumerate(STYLES)},
}
_NAMED: dict[str, Callable[[int], str]] = {
    "program": general_midi.name,
    "channel": lambda channel: str(channel + 1),
    "key": pitch_class_name,
}
_READ: dict[str, Callable[[str], int]] = {
    "program": general_midi.program,
    "key": pitch_class_number,
}


def label(knob: Knob) -> str:
    return LABELS.get(knob.name, knob.name.replace("_", " "))


def show(knob: Knob, value: Value) -> str:
    """A value in the musician's words: note names, instruments, channels from 1."""
    if knob.kind is bool:
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    for word, meant in WORDS.get(knob.name, {}).items():
        if value == meant:
            return word
    if knob.name in _NAMED:
        return _NAMED[knob.name](int(value))
    number = pitch_name(int(value)) if knob.unit == "pitch" else _number(knob, value)
    return f"{number} {knob.unit}" if knob.unit not in {"", "pitch"} else number


def _number(knob: Knob, value: Value) -> str:
    if knob.kind is int:
        return str(value)
    text = f"{value:.{decimals(knob)}f}"
    return text[:-1] if decimals(knob) > 2 and text.endswith("0") else text


def read_all(knob: Knob, text: str) -> dict[str, Value]:
    """The knobs a musician turns by typing this at one: "D dorian" is a scale and its key."""
    if knob.name != "scale":
        return {knob.name: read(knob, text)}
    tonic, name = scale.parse(text)
    return {knob.name: name} if tonic is None else {knob.name: name, "key": tonic}


def read(knob: Knob, text: str) -> Value:
    """The value a musician typed. Ranges are Params' to check; raises UsageError on no value."""
    word = text.strip().lower()
    if knob.kind in {bool, str}:
        return text.strip() if knob.also(text.strip()) else _read_word(knob, text.strip())
    if knob.name in _READ and not word.isdecimal():
        return _READ[knob.name](text)
    if word in WORDS.get(knob.name, {}):
        return knob.kind(WORDS[knob.name][word])  # type: ignore[no-any-return]  # float or int
    if knob.unit == "pitch":
        return pitch_number(text)
    try:
        number = float(word) if knob.kind is float else int(word)
    except ValueError:
        kind = "number" if knob.kind is float else "whole number"
        raise UsageError(f"{label(knob)} takes a {kind}, not {text!r}") from None
    return _channel(number) if knob.name == "channel" else number


def _read_word(knob: Knob, text: str) -> Value:
    word = text.lower()
    for choice in knob.choices:
        if word == choice.lower():
            return choice
    if knob.kind is bool and word in {"on", "yes", "1", "true"}:
        return True
    if knob.kind is bool and word in {"off", "no", "0", "false"}:
        return False
    knob.explain(text)
    *most, last = knob.choices or ("on", "off")
    raise UsageError(f"{label(knob)} is {', '.join(most)} or {last}, not {word!r}")


def _channel(shown: float) -> int:
    """Channels are 1-16 on screen and 0-15 inside, so Params' words would be off by one."""
    if not 1 <= shown <= 16:
        raise UsageError(f"channel must be from 1 to 16, not {shown:g}")
    return int(shown) - 1
