"""What an ear has heard lately, note by note, so that nothing is heard twice.

A network that is primed with 25 notes takes them in one by one, which is most of what an answer
takes (3 of 4 ms). Often it has just heard the same notes, or all but the last: then it goes on from
the state it had after them. The states are those of the very same notes at the very same times from
a blank state, so what is drawn does not depend on what is remembered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Generic, Protocol, TypeVar

from improv.music.event import Note

LINES = 4
"""Lines of notes that are remembered: each voice's."""

State = TypeVar("State")


class Hearer(Protocol[State]):
    """What takes notes in, and can be put back to how it was."""

    def begin(self, style: float | None = None) -> None: ...

    def hear(self, note: Note) -> None: ...

    def heard(self) -> State: ...

    def resume(self, heard: State) -> None: ...


@dataclass(slots=True)
class _Line(Generic[State]):
    """Notes that were heard in a style from a blank state, and the state after each."""

    style: float
    notes: list[Note] = field(default_factory=list)
    states: list[State] = field(default_factory=list)

    def shared(self, style: float, notes: Sequence[Note]) -> int:
        """With how many of these notes it begins."""
        if style != self.style:
            return 0
        same = zip(self.notes, notes, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], same))


class Remembering(Generic[State]):
    """The last lines of notes that were heard."""

    def __init__(self) -> None:
        self._lines: deque[_Line[State]] = deque(maxlen=LINES)

    def hear(self, hearer: Hearer[State], style: float, notes: Sequence[Note]) -> Iterator[None]:
        """Have notes heard from a blank state, as far as they were not: one each step."""
        known, line = 0, _Line[State](style)
        for other in self._lines:
            if (shared := other.shared(style, notes)) > known:
                known, line = shared, other
        if known and known == len(line.notes):  # otherwise it may go on once more as it did
            self._lines.remove(line)
        line = _Line(style, line.notes[:known], line.states[:known])
        self._lines.append(line)
        if known:
            hearer.resume(line.states[-1])
        else:
            hearer.begin(style)
        for note in notes[known:]:
            hearer.hear(note)
            line.notes.append(note)
            line.states.append(hearer.heard())
            yield
