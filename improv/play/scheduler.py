"""What is due when: planned notes, and the note-offs owed to notes that sound.

Rule: a plan can be dropped, an owed off never. Output times never decrease; at one due time offs
come before ons, so that a repeated pitch is let go before it is struck again. A note-on more than
`TOO_LATE` seconds late is not worth playing; the engine drops and counts it. Everything is given
`lead` seconds before it is due, so that the slowest output is heard then.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from improv.music.event import Note

TOO_LATE = 0.050


@dataclass(frozen=True, slots=True)
class Start:
    """A planned note whose time has come."""

    due: float
    note: Note


@dataclass(frozen=True, slots=True)
class End:
    """An owed note-off whose time has come."""

    due: float
    serial: int


class Scheduler:
    """Planned notes in order of start, and a heap of owed offs."""

    def __init__(self) -> None:
        self.lead = 0.0
        self._plan: deque[Note] = deque()
        self._owed: list[tuple[float, int]] = []

    @property
    def plan(self) -> tuple[Note, ...]:
        return tuple(self._plan)

    def __len__(self) -> int:
        return len(self._plan)

    @property
    def last_start(self) -> float | None:
        """When the last planned note is due, or None without a plan."""
        return self._plan[-1].start if self._plan else None

    def heard(self, now: float) -> float:
        """When what is given out now is due: the soonest that all outputs can sound together."""
        return now + self.lead

    def add(self, notes: Iterable[Note]) -> None:
        """Append to the plan; starts must not go back in time."""
        for note in notes:
            if self._plan and note.start < self._plan[-1].start:
                raise ValueError(f"a plan goes forward: {note.start} after {self._plan[-1].start}")
            self._plan.append(note)

    def drop_after(self, time: float) -> int:
        """Drop all planned notes that start after `time`; how many."""
        dropped = 0
        while self._plan and self._plan[-1].start > time:
            self._plan.pop()
            dropped += 1
        return dropped

    def owe(self, serial: int, due: float) -> None:
        """Owe a note-off to a sounding note."""
        heapq.heappush(self._owed, (due, serial))

    def due(self) -> float | None:
        """The next time `pop_due` gives something."""
        times = [self._owed[0][0]] if self._owed else []
        if self._plan:
            times.append(self._plan[0].start)
        return min(times) - self.lead if times else None

    def pop_due(self, now: float) -> list[Start | End]:
        """All that is due `lead` after `now`, in order of time, offs first where it is equal."""
        ready: list[tuple[float, int, int, Start | End]] = []
        while self._owed and self._owed[0][0] - self.lead <= now:
            due, serial = heapq.heappop(self._owed)
            ready.append((due, 0, len(ready), End(due, serial)))
        while self._plan and self._plan[0].start - self.lead <= now:
            note = self._plan.popleft()
            ready.append((note.start, 1, len(ready), Start(note.start, note)))
        return [item[-1] for item in sorted(ready, key=lambda item: item[:3])]
