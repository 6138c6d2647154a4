"""The frozen loop: the last notes again and again, each now and then another.

The loop keeps its rhythm. A note that mutates takes the pitch and the loudness the model would have
played there, and stays so: the loop wanders as far as the mutation knob lets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from improv.music.event import Note, ProposedNote
from improv.play.chance import uniform

SHORTEST_TURN = 0.05
"""Seconds between the last note and the first, where the notes tell nothing longer."""
_SALT = 0x0F1E  # so that what mutates does not hang on what is drawn


class Loop:
    """Notes that sounded, as proposals to be played for ever."""

    def __init__(self, notes: Sequence[Note]) -> None:
        """Take in at least one note, in the order they began."""
        steps = [after.start - note.start for note, after in pairwise(notes)]
        apart = [step for step in steps if step > SHORTEST_TURN]
        turn = median(apart) if apart else max(SHORTEST_TURN, notes[-1].duration)
        self._notes = [
            ProposedNote(note.pitch, note.velocity, step, note.duration)
            for note, step in zip(notes, (turn, *steps), strict=True)
        ]
        self._place = 0

    def __len__(self) -> int:
        return len(self._notes)

    def back(self, count: int) -> None:
        """So many notes were not played after all; the next is the first of them."""
        self._place = (self._place - count) % len(self._notes)

    def follow(
        self, proposed: Sequence[ProposedNote], mutation: float, seed: int, index: int
    ) -> tuple[ProposedNote, ...]:
        """As many notes of the loop as are proposed, the first of them number `index`."""
        played = []
        for offset, other in enumerate(proposed):
            note = self._notes[self._place]
            if uniform(seed ^ _SALT, index + offset) < mutation:
                note = replace(
                    note, pitch=other.pitch, velocity=other.velocity, chances=other.chances
                )
                self._notes[self._place] = note
            played.append(note)
            self._place = (self._place + 1) % len(self._notes)
        return tuple(played)
