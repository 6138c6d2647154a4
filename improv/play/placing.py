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
from dataclasses import replace

from improv.music.event import PITCHES, Note, ProposedNote, Source
from improv.music.timeline import Timeline

MAX_STEP = 5.0
"""Seconds; a longer wait than this is a model's mistake on a stage."""
MIN_DURATION, MAX_DURATION = 0.03, 10.0
CROWD, CROWD_SECONDS = 12, 0.1
LATE = 0.050
"""Seconds by which a note on a beat may be late; what is later is better left out."""


def place(
    proposed: Iterable[ProposedNote],
    *,
    anchor: float,
    floor: float,
    before: Iterable[float] = (),
    timeline: Timeline | None = None,
) -> list[Note]:
    """Times for `proposed`, each a step after the one before it, the first after `anchor`.

    One that says its beat begins on that.

    Args:
        proposed: what the model drew, in order.
        anchor: start of the note before the first, in seconds on the player's clock.
        floor: no note starts before this time.
        before: starts of the notes before, sounded and planned, for the crowd limit.
        timeline: the beat that beats are counted by; without one steps are all there is.
    """
    starts = deque(before, maxlen=CROWD)
    placed = []
    for note in proposed:
        if not is_playable(note):
            continue
        wanted = anchor + min(max(note.step, 0.0), MAX_STEP)
        if timeline is not None and note.beat is not None:
            wanted = timeline.time_of(note.beat)
            wanted = max(wanted, starts[-1]) if starts else wanted  # a plan goes forward
        start = max(wanted, floor)
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
                by_heart=note.by_heart,
            )
        )
    return placed


def to_come(
    proposed: Iterable[ProposedNote], timeline: Timeline, floor: float
) -> tuple[ProposedNote, ...]:
    """Without those whose beat was over long before `floor`."""
    return tuple(
        note
        for note in proposed
        if note.beat is None or not timeline.time_of(note.beat) < floor - LATE
    )


def moved_on(
    proposed: Iterable[ProposedNote], timeline: Timeline, floor: float, beats_per_bar: int
) -> tuple[ProposedNote, ...]:
    """As many bars later as it takes that none begins before `floor`, where they have beats."""
    notes = tuple(proposed)
    first = next((note.beat for note in notes if note.beat is not None), math.inf)
    short = timeline.beat_at(floor) - first
    if not short > 0:
        return notes
    later = math.ceil(short / beats_per_bar) * beats_per_bar
    return tuple(
        note if note.beat is None else replace(note, beat=note.beat + later) for note in notes
    )


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
        and (note.beat is None or math.isfinite(note.beat))
    )
