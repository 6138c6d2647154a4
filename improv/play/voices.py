"""Voices: up to four parts that improvise at once, on one context, and one of chords under them.

The knobs are the first voice. Each of the others is one knob whose value is a line of text: a
ready-made voice, a mode, and what it has otherwise than the first, between commas:

    harmonise, channel 3, instrument Flute, range C5-C7, velocity 60, output port:Volca

The knob `accompany` is such a line too, of a voice that plays chords whatever else it says.

What its line does not name it has from the knobs, but for its channel: that is the next one up, so
that a voice can be told from the others. An output that is named is that voice's alone. A line is
a value like any other, so presets, takes, undo and OSC know voices without being told. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from improv.errors import UsageError
from improv.play import knobs
from improv.play.params import (
    ACCOMPANIST,
    CHORDS,
    KNOBS,
    MODES,
    NO_VOICE,
    READY,
    VOICES,
    Params,
    Value,
)

SHARED = frozenset(
    {"freeze", "mutation", "sync", "tempo", "beats_per_bar", "clock_out", "click", "thru"}
    | {"player", "transpose", "morph", "recall", "hand_over", "pause", "chart", *VOICES.values()}
)
"""Knobs that all voices have in common."""
FIRST = 1
"""The number of the voice that the knobs themselves are."""
DRUMS = 9
"""The channel that General MIDI keeps for drums, from 0; no voice comes there by counting."""
_OWN = {knobs.label(knob): knob.name for knob in KNOBS.values() if knob.name not in SHARED} | {
    name.replace("_", " "): name for name in KNOBS if name not in SHARED
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a voice has otherwise: knobs, and the output that is its own."""

    values: tuple[tuple[str, Value], ...] = ()
    output: str | None = None


@lru_cache(maxsize=64)
def read(text: str) -> Line:
    """What a line says; later words go over earlier ones. Raises UsageError."""
    values: dict[str, Value] = {}
    output = None
    for part in (part.strip() for part in text.split(",")):
        word, _, rest = part.partition(" ")
        if part.lower() in READY:
            values |= dict(read(READY[part.lower()]).values)
        elif part.lower() in MODES:
            values["mode"] = part.lower()
        elif word.lower() == "range":
            values |= _range(rest)
        elif word.lower() == "output" and rest.strip():
            output = rest.strip()
        else:
            values |= _knob(part)
    _check(values)
    return Line(tuple(values.items()), output)


def rewritten(text: str, name: str, value: Value) -> str:
    """A line with one knob of it at a value, and all else as it was."""
    knob = KNOBS[name]
    shown = knobs.show(knob, value).removesuffix(f" {knob.unit}" if knob.unit else "")
    kept = [part for part in map(str.strip, text.split(",")) if not _says_only(part, name)]
    return ", ".join([*kept, f"{knobs.label(knob)} {shown}"])


def _says_only(part: str, name: str) -> bool:
    """Whether a part of a line is about this knob and no other."""
    line = read(part)
    return part.lower() not in READY and {n for n, _ in line.values} == {name}


def is_line(text: str) -> bool:
    """Whether a text says what a voice is."""
    try:
        read(text)
    except UsageError:
        return False
    return True


def of(params: Params, number: int) -> Params | None:
    """The knobs as a voice has them; None where it is off. The first is the knobs themselves."""
    if number == FIRST:
        return params
    text = line_of(params, number)
    if text == NO_VOICE:
        return None
    own: dict[str, Any] = {"channel": _channel(params.channel, number), "freeze": 0}
    if number == ACCOMPANIST:
        text = f"{CHORDS}, {text}, mode {CHORDS}"  # whatever its line says
    own |= dict(read(text).values)
    if own.keys() & {"low", "high"}:  # half a range need not go with the other half of the first's
        own = {"low": KNOBS["low"].default, "high": KNOBS["high"].default} | own
    return replace(params, **own)


def output(params: Params, number: int) -> str | None:
    """The output that is this voice's alone, if one is."""
    text = NO_VOICE if number == FIRST else line_of(params, number)
    return None if text == NO_VOICE else read(text).output


def line_of(params: Params, number: int) -> str:
    """The line of a voice beside the first."""
    text: str = getattr(params, VOICES[number])
    return text


def _channel(first: int, number: int) -> int:
    """A channel of its own, so many above the first's."""
    there = first + number - FIRST
    return (there + (first < DRUMS <= there)) % 16


def _range(text: str) -> dict[str, Value]:
    low, dash, high = text.rpartition("-")
    if not dash:
        raise UsageError(f"a voice's range is written as C2-C4, not {text.strip()!r}")
    return {"low": knobs.read(KNOBS["low"], low), "high": knobs.read(KNOBS["high"], high)}


def _knob(part: str) -> dict[str, Value]:
    """One knob: its name in words, and its value."""
    lowered = part.lower().replace("_", " ")
    for label in sorted(_OWN, key=len, reverse=True):
        if lowered.startswith(f"{label} "):
            return dict(knobs.read_all(KNOBS[_OWN[label]], part[len(label) + 1 :]))
    ready = ", ".join((*READY, *MODES))
    raise UsageError(
        f"a voice has no {part!r}; write one of {ready}, or a knob and its value between commas,"
        " as in: bass, channel 3, range E1-G3, output port:Volca"
    )


def _check(values: dict[str, Value]) -> None:
    """Raises UsageError on a value that is out of its range."""
    checked: dict[str, Any] = {"low": KNOBS["low"].low, "high": KNOBS["high"].high} | values
    Params(**checked)


def play_chords(params: Params) -> bool:
    """Whether any of them plays chords, for which there must be a beat."""
    if params.mode == CHORDS or params.accompany != NO_VOICE:
        return True
    lines = (line_of(params, number) for number in VOICES)
    return any(("mode", CHORDS) in read(line).values for line in lines if line != NO_VOICE)
