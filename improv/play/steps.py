"""When the next note may begin: bounds on its step, inside the distribution.

A step is drawn from what the network says, given that it lies within its bounds. Bins wholly
outside are out of the question; one that a bound cuts counts by the share of it that is left, and
within it the step is drawn from what is left. So the bounded distribution is the free one
renormalised, whatever the bounds: "no earlier than now" when a plan is drawn anew in the middle
of a silence, or the one moment at which your pause is over.

Polyphony works here too. As on a synthesiser the last note has priority: one more than `polyphony`
takes the place of the oldest, which ends (`play.engine`). It doesn't wait for it, or a single line
would be as slow as its long notes; but no note is cut so soon that it is a blip, so no more than
`polyphony` notes begin within `HEARD` seconds. That alone makes of chords one note each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from improv.music import hearing
from improv.music.hearing import WIDTH
from improv.music.vocabulary import TIMES
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.play.recent import TOGETHER, Recent

Floats = NDArray[np.float64]

LONGEST_STEP = 4.0  # seconds; what the seed's encoding can tell apart
HAND = 10  # notes that can begin together
HEARD = 0.05  # seconds; two onsets nearer than that are one to most ears (Hirsh 1959: 20 to 50 ms)
_FIRST = hearing.SHORTEST * math.exp(WIDTH)  # seconds; where the first bin, which is linear, ends
_BINS = np.arange(TIMES)


def bounds(recent: Recent, params: Params, within: Bounds = ANY) -> Bounds:
    """Between which steps the next note may begin, in seconds; the same twice leaves no choice.

    `within` is what was asked for. No eleventh note begins with ten others, nor one more of
    improv's own than `polyphony`.
    """
    low, high = within
    if recent.onset:
        last = recent.onset[-1]
        if len(recent.onset) >= HAND:
            low = max(low, recent.onset[-HAND] + TOGETHER - last)
        if params.polyphony < HAND and len(recent.own) >= params.polyphony:
            low = max(low, recent.own[-params.polyphony] + HEARD - last)
    low = min(max(low, 0.0), LONGEST_STEP)
    return low, max(low, min(high, LONGEST_STEP))


def room(between: Bounds) -> Floats:
    """(64,) the share of each bin of time that lies between these, 0 to 1."""
    if between == _PLAYABLE:
        return _PLAYABLE_ROOM
    low, high = between
    return _below(high) - _below(low)


def inside(chosen: int, share: float, between: Bounds) -> float:
    """The time at that share (0-1) of what of a bin lies between these, in seconds."""
    low, high = between
    begin, end = (min(max(_place(time) - chosen, 0.0), 1.0) for time in between)
    time = float(hearing.time_in(chosen, begin + share * (end - begin)))
    return min(max(time, low), high)


def _below(time: float) -> Floats:
    """(64,) the share of each bin that lies before a time."""
    return np.asarray(np.minimum(np.maximum(_place(time) - _BINS, 0.0), 1.0))


def _place(time: float) -> float:
    """Where a time lies, in bins, as `hearing.time_in` lays them out."""
    if time < _FIRST:
        return time / _FIRST
    return math.log(time / hearing.SHORTEST) / WIDTH


_PLAYABLE: Bounds = (0.0, LONGEST_STEP)
_PLAYABLE_ROOM = _below(LONGEST_STEP)
