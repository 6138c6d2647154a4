"""Half bars, in which harmony moves: where they begin, and what of a melody sounds in each.

A bar of four beats or more and an even number of them is cut into pieces of two; of an odd number
into two, the first the longer (3 is 2 + 1); one of one or two beats is whole. Pieces are numbered
from beat 0 of the song, below it too. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from improv.music.event import Note
from improv.music.scale import OCTAVE
from improv.music.timeline import NEAR

SLOTS = 4
"""Parts of a half bar whose pitch classes are weighed apart: half beats of one of two beats."""

Heard = tuple[float, ...]
"""The share of each slot that each pitch class sounds: SLOTS of the first, SLOTS of the next."""
SILENT: Heard = (0.0,) * (OCTAVE * SLOTS)


def cuts(beats_per_bar: int) -> tuple[int, ...]:
    """The beats of a bar, from 0, on which a piece begins."""
    if beats_per_bar <= 2:
        return (0,)
    if beats_per_bar % 2:
        return 0, (beats_per_bar + 1) // 2
    return tuple(range(0, beats_per_bar, 2))


def at(beat: float, beats_per_bar: int) -> int:
    """The number of the piece a beat is in."""
    bar = math.floor(beat / beats_per_bar + NEAR)
    within = beat - bar * beats_per_bar
    starts = cuts(beats_per_bar)
    return bar * len(starts) + sum(start <= within + NEAR for start in starts[1:])


def begin(number: int, beats_per_bar: int) -> float:
    """The beat a piece begins on; the next one's is where it ends."""
    bar, place = divmod(number, len(cuts(beats_per_bar)))
    return float(bar * beats_per_bar + cuts(beats_per_bar)[place])


def is_first(number: int, beats_per_bar: int) -> bool:
    """Whether a bar begins with it."""
    return number % len(cuts(beats_per_bar)) == 0


def heard(notes: Iterable[Note], start: float, end: float) -> Heard:
    """What sounds between two times; of several notes at once each has its share."""
    weights = [0.0] * (OCTAVE * SLOTS)
    slot = (end - start) / SLOTS
    for note in notes:
        until = note.start + note.duration
        if until <= start or note.start >= end:
            continue
        for place in range(SLOTS):
            begins = start + place * slot
            share = (min(until, begins + slot) - max(note.start, begins)) / slot
            if share > 0.0:
                weights[note.pitch % OCTAVE * SLOTS + place] += share
    for place in range(SLOTS):
        full = sum(weights[place::SLOTS])
        if full > 1.0:
            weights[place::SLOTS] = [weight / full for weight in weights[place::SLOTS]]
    return tuple(weights)
