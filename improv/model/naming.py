"""The chord that is coming, by the network that knows only what came; in NumPy, without a state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from improv.model import chord_store, chords
from improv.model.chord_store import ChordModel
from improv.music import chord_classes
from improv.music.halves import SLOTS
from improv.music.scale import OCTAVE
from improv.play.messages import NameChord


@dataclass(frozen=True, slots=True)
class Namer:
    """One network."""

    model: ChordModel

    def name(self, request: NameChord) -> str:
        """The likeliest chord's symbol."""
        heard = np.array(request.heard, np.float32).reshape(-1, OCTAVE, SLOTS)
        coming = np.zeros((1, OCTAVE, SLOTS), np.float32)  # which is not looked at
        line = np.concatenate([heard, coming])
        said = chords.coming(self.model.weights, line, np.array(request.firsts))
        return chord_classes.NAMES[int(said[-1].argmax())]


def load(name: str = "") -> Namer:
    """By its name or folder. Raises UsageError or ModelRefused."""
    return Namer(chord_store.find(name or chord_store.DEFAULT))
