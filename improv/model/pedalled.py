"""A model for which a note lasts as long as it sounds, with the sustain pedal.

Rule: a model hears what it was trained on. One that learnt how long keys are held hears that of a
pedalled note too: the long notes of a pedal would be to it what they never were in its music, keys
held through everything. One that learnt how long notes sound hears when they ceased. What either
plays is sent as it means it; notes meant to overlap are long notes, and no pedal is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from improv.music.event import Note, ProposedNote
from improv.play.interfaces import Accompanying, Branching, Imagined, Remembering
from improv.play.messages import ANY, Bounds, Key, Tonight
from improv.play.params import Params


class Both(Branching, Accompanying, Protocol):
    """An improviser that can do either."""


class Pedalled:
    """An improviser that hears every note for as long as it sounded."""

    def __init__(self, improviser: Branching) -> None:
        self.name = improviser.name
        self.backend = improviser.backend
        self.inert = improviser.inert
        self.abreast = improviser.abreast
        self._improviser = improviser

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._improviser.prime(_sounding(context), _sounding(before))

    def remember(self, tonight: Tonight) -> None:
        if isinstance(self._improviser, Remembering):
            self._improviser.remember(tonight)

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        return self._improviser.draw(params, key, within)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds = ANY
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        return self._improviser.imagine(params, keys, within)


class PedalledCompanion(Pedalled):
    """One that also draws what goes with a note of yours, and takes in beforehand what you play."""

    def __init__(self, improviser: Both) -> None:
        super().__init__(improviser)
        self._companion = improviser

    def prepare(
        self, context: Sequence[Note], before: Sequence[Note], params: Params
    ) -> Iterator[None]:
        return self._companion.prepare(_sounding(context), _sounding(before), params)

    def accompany(self, params: Params, keys: Sequence[Key]) -> list[ProposedNote]:
        return self._companion.accompany(params, keys)


def pedalled(improviser: Branching) -> Pedalled:
    """Around an improviser; it accompanies if that does."""
    if isinstance(improviser, Accompanying):
        return PedalledCompanion(improviser)
    return Pedalled(improviser)


def _sounding(context: Sequence[Note]) -> list[Note]:
    return [replace(note, duration=note.sounding, rings=0.0) for note in context]
