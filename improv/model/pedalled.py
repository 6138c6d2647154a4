"""A model for which a note lasts as long as it sounds, with the sustain pedal.

Rule: a model hears what it was trained on. One that learnt how long keys are held hears that of a
pedalled note too: the long notes of a pedal would be to it what they never were in its music, keys
held through everything. One that learnt how long notes sound hears when they ceased. What either
plays is sent as it means it; notes meant to overlap are long notes, and no pedal is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from improv.music.event import Note, ProposedNote
from improv.play.interfaces import Branching, Imagined
from improv.play.messages import ANY, Bounds, Key
from improv.play.params import Params


class Pedalled:
    """An improviser that hears every note for as long as it sounded."""

    def __init__(self, improviser: Branching) -> None:
        self.name = improviser.name
        self.backend = improviser.backend
        self.inert = improviser.inert
        self.abreast = improviser.abreast
        self._improviser = improviser

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._improviser.prime(
            [replace(note, duration=note.sounding, rings=0.0) for note in context], before
        )

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        return self._improviser.draw(params, key, within)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds = ANY
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        return self._improviser.imagine(params, keys, within)
