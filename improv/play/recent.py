"""The last notes sounded, as drawing the next one sees them: what hands can't do again at once.

A network hears the last 25; what goes round and round is known for that by a longer memory.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from improv.music.event import Note, Source
from improv.play.guard import Rounds

if TYPE_CHECKING:  # the player remembers without NumPy
    from improv.play.memory import Memory

MEMORY = 64  # notes; by 25 the second time round of a long bar looks like the tenth
CROSSED = 4  # notes of its own of the last eight that make a line
TOGETHER = 0.03  # seconds between notes that begin together


class Recent:
    """At most `MEMORY` notes, oldest first; onsets in seconds, never back in time."""

    def __init__(self, notes: Iterable[Note] = ()) -> None:
        self.pitch: list[int] = []
        self.onset: list[float] = []
        self.own: list[float] = []  # onsets of improv's own notes alone
        self.own_pitch: list[int] = []
        self.memory: Memory | None = None  # of what was played before them
        self._rounds = Rounds()
        for note in notes:
            self.hear(note.pitch, note.start, own=note.source is Source.IMPROV)

    def fork(self) -> Recent:
        """Another that remembers the same and from now on for itself."""
        other = copy.copy(self)
        other.pitch, other.onset, other.own = [*self.pitch], [*self.onset], [*self.own]
        other.own_pitch = [*self.own_pitch]
        other._rounds = self._rounds.fork()  # noqa: SLF001  # of this class
        return other

    def hear(self, pitch: int, onset: float, *, own: bool) -> None:
        """Take in a note; an onset that is no time, or before the last, is the last's."""
        before = self.onset[-1] if self.onset else -math.inf
        if not math.isfinite(onset):
            onset = max(0.0, before)
        onset = max(onset, before)
        self._rounds.hear(pitch, together=onset - before < TOGETHER)
        self.pitch.append(pitch)
        self.onset.append(onset)
        if own:
            self.own.append(onset)
            self.own_pitch.append(pitch)
        for each in (self.pitch, self.onset, self.own, self.own_pitch):
            del each[:-MEMORY]

    def follow(self, pitch: int, step: float) -> None:
        """Take in a note of improv's own, `step` seconds after the last."""
        self.hear(pitch, (self.onset[-1] if self.onset else 0.0) + step, own=True)

    @property
    def crossing(self) -> list[int]:
        """Its own pitches, where every second note of late is its own: a line that crosses yours.

        None where you have played since: it answers you, and does not go on with what it played.
        """
        lately = self.onset[-2 * CROSSED :]
        crosses = len(self.own) >= CROSSED and self.own[-CROSSED] >= lately[0]
        return self.own_pitch if crosses else []

    def worn(self, guard: str, step: float) -> dict[int, float]:
        """Nats to take from pitches of a note `step` seconds later.

        By the repetition guard, and by phrases that were marked.
        """
        worn = self._rounds.worn(guard, together=step < TOGETHER)
        unloved = {} if self.memory is None else self.memory.unloved(self.own_pitch)
        for pitch, nats in unloved.items():
            worn[pitch] = worn.get(pitch, 0.0) + nats
        return worn
