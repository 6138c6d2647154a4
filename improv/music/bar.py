"""A bar of melody as 16 steps: at each a note begins, goes on, or there is none.

A step is one of `COLUMNS`: 0-127 a pitch that begins there, `HELD` the note before goes on (over a
bar line too), `REST` nothing sounds. After Yang, Chou and Yang 2017, "MidiNet": its bars are 16 by
128, one note a step; that a note is struck again, or that there is none, it can't say.
"""

from __future__ import annotations

from collections.abc import Iterable

from improv.music import chord
from improv.music.event import PITCHES
from improv.music.scale import OCTAVE

STEPS = 16
HELD, REST = PITCHES, PITCHES + 1
COLUMNS = PITCHES + 2
CHORD = OCTAVE + 1
"""How many numbers a chord is: which of twelve roots, and whether it is minor."""

Struck = tuple[int, float, float]
"""A note as (pitch, from, until), both in steps from the bar's beginning."""


def steps(notes: Iterable[Struck], count: int = STEPS) -> list[int]:
    """What each step of a bar is, of notes that may be anywhere: of two on a step the higher one.

    A note begins on the step nearest to its beginning, and is held until the one nearest to its
    end, one step at least, or until another begins.
    """
    found = [REST] * count
    for pitch, begin, until in sorted(notes, key=lambda note: (round(note[1]), note[0])):
        first = round(begin)
        last = max(first + 1, round(until))
        if first >= count or last <= 0:
            continue
        found[max(first, 0) : last] = [HELD] * (min(last, count) - max(first, 0))
        if first >= 0:
            found[first] = pitch
            found[last:] = [REST] * (count - min(last, count))
    return found


def chord_of(text: str) -> tuple[float, ...]:
    """(CHORD,) of a chord as the knob has it; all zero for none."""
    root = chord.root(text)
    if root is None:
        return (0.0,) * CHORD
    above = {(each - root) % OCTAVE for each in chord.pitch_classes(text)}
    return vector(root, minor=3 in above and 4 not in above)


def vector(root: int, *, minor: bool) -> tuple[float, ...]:
    """(CHORD,) of a triad."""
    return (*(float(root % OCTAVE == each) for each in range(OCTAVE)), float(minor))
