"""The seed network as an improviser: it keeps the window, asks the network, draws a note.

The network itself is a function given by a backend (litert, tensorflow), so both share this. It
gives means of time and has heard one style only, so three knobs turn nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from improv.music import encoding
from improv.music.encoding import Features
from improv.music.event import Note, ProposedNote
from improv.play import sampling
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.play.recent import Recent

Prediction = tuple[NDArray[np.float32], float, float]
Forward = Callable[[Features], Prediction]
"""A window (25, 3) to pitch logits (128,), step and duration in seconds."""


class SeedImproviser:
    """An `Improviser` around a network. Not for use by two threads at once."""

    inert = frozenset({"style", "time_temperature", "density"})

    def __init__(self, name: str, backend: str, forward: Forward) -> None:
        self.name = name
        self.backend = backend
        self._forward = forward
        self.prime(())

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._window = encoding.window(context)
        self._recent = Recent((*before, *context))

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        logits, step, duration = self._forward(self._window)
        note = sampling.draw(logits, step, duration, self._recent, params, key, within)
        self._recent.follow(note.pitch, note.step)
        self._window = encoding.push(self._window, note.pitch, note.step, note.duration)
        return note
