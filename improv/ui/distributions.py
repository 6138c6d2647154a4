"""How pitches, steps and lengths are distributed, yours and its: counts as they come in. Pure.

A step is counted from the note before of the same player, so that each shows its own rhythm. Time
is on a logarithmic track, as it is heard: from 10 to 20 ms is as far as from 1 to 2 s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from improv.music.event import Source

LOWEST, HIGHEST = 21, 108  # a piano's
SHORTEST, DECADES = 0.001, 4  # s: 1 ms to 10 s
FINE = 96  # bins of a time's whole track, which columns are made of


@dataclass(slots=True)
class Counts:
    """One player's."""

    pitch: list[int] = field(default_factory=lambda: [0] * 128)
    step: list[int] = field(default_factory=lambda: [0] * FINE)
    duration: list[int] = field(default_factory=lambda: [0] * FINE)
    notes: int = 0
    last: float | None = None  # when the last note began


class Distributions:
    """Those of everybody, since the screen began."""

    def __init__(self) -> None:
        self.of = {source: Counts() for source in Source}

    def begin(self, source: Source, pitch: int, start: float) -> None:
        """A note begins."""
        counts = self.of[source]
        counts.notes += 1
        counts.pitch[pitch] += 1
        if counts.last is not None:
            counts.step[time_bin(start - counts.last)] += 1
        counts.last = start

    def end(self, source: Source, seconds: float) -> None:
        """A note has ended that sounded for so long."""
        self.of[source].duration[time_bin(seconds)] += 1


def time_bin(seconds: float) -> int:
    """Where a time is on its track, 0 to FINE - 1; what is beyond an end counts there."""
    place = math.log10(max(seconds, SHORTEST) / SHORTEST) / DECADES
    return min(FINE - 1, int(place * FINE))


def pitch_columns(counts: Sequence[int], width: int) -> list[int]:
    """A piano's keys in at most `width` columns, each of as many keys; others are left out."""
    keys = counts[LOWEST : HIGHEST + 1]
    size = math.ceil(len(keys) / width)
    return [sum(keys[at : at + size]) for at in range(0, len(keys), size)]


def time_columns(counts: Sequence[int], width: int) -> list[int]:
    """A track of time in `width` columns."""
    columns = [0] * width
    for place, count in enumerate(counts):
        columns[place * width // len(counts)] += count
    return columns


def pitch_place(pitch: int, width: int) -> int:
    """The column of a pitch."""
    return (pitch - LOWEST) // math.ceil((HIGHEST + 1 - LOWEST) / width)


def time_place(seconds: float, width: int) -> int:
    """The column of a time."""
    return time_bin(seconds) * width // FINE


def halves(columns: Sequence[int], rows: int) -> list[int]:
    """How high each column stands, in half rows: the highest fills them, and one note is seen."""
    most = max(columns, default=0)
    return [0 if not n else max(1, round(2 * rows * n / most)) for n in columns]
