"""From proposed notes to planned ones: steps become times, and nothing invalid gets through.

The model says "0.2 s after the note before"; here that becomes a due time on the player's clock.
Rules: a start never lies in the past and never before `floor` (the end of your phrase), so a
stalled model is followed by one note and not by a burst; at most `CROWD` notes begin within
`CROWD_SECONDS`; a note a model should not have proposed is left out, whatever model it is.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from improv.music.event import PITCHES, Note, ProposedNote, Source

MAX_STEP = 5.0
"""Seconds; a longer wait than this is a model's mistake on a stage."""
MIN_DURATION, MAX_DURATION = 0.03, 10.0
CROWD, CROWD_SECONDS = 12, 0.1


def place(
    proposed: Iterable[ProposedNote], *, anchor: float, floor: float, before: Iterable[float] = ()
) -> list[Note]:
    """Times for `proposed`, each a step after the one before it, the first after `anchor`.

    Args:
        proposed: what the model drew, in order.
        anchor: start of the note before the first, in seconds on the player's clock.
        floor: no note starts before this time.
        before: starts of the notes before, sounded and planned, for the crowd limit.
    """
    starts = deque(before, maxlen=CROWD)
    placed = []
    for note in proposed:
        if not is_playable(note):
            continue
        start = max(anchor + min(max(note.step, 0.0), MAX_STEP), floor)
        if len(starts) == CROWD:
            start = max(start, starts[0] + CROWD_SECONDS)
        starts.append(start)
        anchor = start
        placed.append(
            Note(
                pitch=note.pitch,
                velocity=min(max(note.velocity, 1), 127),
                start=start,
                duration=min(max(note.duration, MIN_DURATION), MAX_DURATION),
                source=Source.IMPROV,
            )
        )
    return placed


def anchor(proposed: Iterable[ProposedNote], begin: float) -> float:
    """After what note the first of these begins at `begin`, if nothing holds it up."""
    first = next(iter(place(proposed, anchor=0.0, floor=0.0)), None)
    return begin if first is None else begin - first.start


def is_playable(note: ProposedNote) -> bool:
    """Whether a model may propose it."""
    return (
        isinstance(note.pitch, int)
        and 0 <= note.pitch < PITCHES
        and isinstance(note.velocity, int)
        and math.isfinite(note.step)
        and math.isfinite(note.duration)
    )
