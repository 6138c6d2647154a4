"""A knob's way along its track: what a turn of it, from wherever it comes, makes of its value.

Keys, the mouse, a controller, a fader and a glide all turn by the same arithmetic, so that the
middle of one is the middle of the others. Pure, and generic over play.params.KNOBS. A knob whose
range spans more than fifty times its lowest value is logarithmic: each doubling is as far.
"""

from __future__ import annotations

import math

from improv.play.params import Knob, Value

_WIDE = 50  # high/low beyond which a track is logarithmic
_NUMBERED = frozenset({"program", "bank", "channel", "key"})
"""Whole numbers that stand for something: between two of them there is nothing."""
_ZERO_IS_A_WORD = frozenset({"notes", "time_temperature", "freeze"})
"""Where 0 is not the least but something else: endless, follows, off."""


def fine(knob: Knob) -> float:
    """A press with Shift: a tenth of a step, at least 1 where the knob is whole or a choice."""
    return knob.step / 10 if knob.kind is float else max(1.0, knob.step / 10)


def decimals(knob: Knob) -> int:
    """Places after the point that fine presses need."""
    return max(0, math.ceil(-math.log10(fine(knob)) - 1e-9))


def stepped(knob: Knob, value: Value, presses: int, *, finely: bool = False) -> Value:
    """The value so many presses away, up to the ends of the range."""
    if knob.kind is bool:
        return presses > 0
    size = fine(knob) if finely else knob.step
    return _within(knob, _position(knob, value) + presses * size)


def fraction(knob: Knob, value: Value) -> float:
    """Where a value stands on the track, 0 to 1."""
    position = _position(knob, value)
    if _logarithmic(knob):
        return math.log(position / knob.low) / math.log(knob.high / knob.low)
    return (position - knob.low) / (knob.high - knob.low)


def at_fraction(knob: Knob, part: float) -> Value:
    """The value at a place on the track, rounded to fine presses."""
    part = min(max(part, 0.0), 1.0)
    if knob.kind is bool:
        return part >= 0.5
    if _logarithmic(knob):
        return _within(knob, knob.low * (knob.high / knob.low) ** part)
    return _within(knob, knob.low + part * (knob.high - knob.low))


def glides(knob: Knob, begin: Value, end: Value) -> bool:
    """Whether there is a way from one value to another; else a knob switches."""
    if knob.kind not in {float, int} or knob.name in _NUMBERED:
        return False
    return not (knob.name in _ZERO_IS_A_WORD and 0 in {begin, end})


def _position(knob: Knob, value: Value) -> float:
    if isinstance(value, str):  # one that is no choice counts as the last
        return knob.choices.index(value) if value in knob.choices else len(knob.choices) - 1
    return value


def _within(knob: Knob, number: float) -> Value:
    number = min(max(number, knob.low), knob.high)
    if knob.kind is str:
        return knob.choices[round(number)]
    return round(number) if knob.kind is int else round(number, decimals(knob))


def _logarithmic(knob: Knob) -> bool:
    return knob.kind is float and knob.low > 0 and knob.high / knob.low >= _WIDE
