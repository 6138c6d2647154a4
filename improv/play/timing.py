"""How well time is kept: rolling percentiles and counts, for the strip and the report.

Pure: figures come in, summaries go out. Lateness is actual minus due at the send call.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

LATE = 0.005
"""A note-on this many seconds late counts as late."""


BEGINNING = 100
"""Notes that drift is measured against."""


class Percentiles:
    """p50, p99 over the last `size` values, and the largest ever.

    The values are kept in order as they come, so that asking costs nothing: sorting a thousand at
    each report took the thread that plays 0.3 ms ten times a second.
    """

    def __init__(self, size: int = 1000) -> None:
        self._values: deque[float] = deque()
        self._ordered: list[float] = []
        self._size = size
        self.largest = 0.0

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        """Take in a number; the oldest makes way."""
        if len(self._values) == self._size:
            del self._ordered[bisect_left(self._ordered, self._values.popleft())]
        self._values.append(value)
        insort(self._ordered, value)
        self.largest = max(self.largest, value)

    def at(self, *shares: float) -> list[float]:
        """The values below which each share of the window lies (nearest rank); 0 when empty."""
        ordered = self._ordered
        if not ordered:
            return [0.0 for _ in shares]
        return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in shares]


class Meter:
    """Lateness and inference since the start; `log` keeps the whole of it for a benchmark."""

    def __init__(self, *, keep_log: bool = False) -> None:
        self.lateness = Percentiles()
        self.inference_us = Percentiles()
        self.sent = 0
        self.late = 0
        self.spun = 0.0  # seconds, looking at the clock for the moment of a send
        self.log: list[tuple[float, float]] | None = [] if keep_log else None
        self._first = Percentiles()  # of the beginning, for drift

    def note_sent(self, due: float, lateness: float) -> None:
        """A note-on of improv's own left this many seconds after it was due."""
        self.lateness.add(lateness)
        if len(self._first) < BEGINNING:
            self._first.add(lateness)
        if lateness > LATE:
            self.late += 1
        if self.log is not None:
            self.log.append((due, lateness))

    def drift(self) -> float:
        """Seconds that notes leave later now than at the beginning, by the median."""
        (now,), (then,) = self.lateness.at(0.5), self._first.at(0.5)
        return now - then
