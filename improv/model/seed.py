"""The seed network as an improviser: it keeps the window, asks the network, draws a note.

The network itself is a function given by a backend (litert, tensorflow), so both share this. It
gives means of time and has heard one style only, so three knobs turn nothing here; nor does the one
that is for bars.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from improv.music import encoding
from improv.music.encoding import Features
from improv.music.event import Note, ProposedNote
from improv.play import imagining, sampling
from improv.play.interfaces import Imagined
from improv.play.lessons import Lessons
from improv.play.memory import Memory
from improv.play.messages import ANY, Bounds, Key, Tonight
from improv.play.params import Params
from improv.play.recent import Recent

Prediction = tuple[NDArray[np.float32], float, float]
Forward = Callable[[Features], Prediction]
"""A window (25, 3) to pitch logits (128,), step and duration in seconds."""


class SeedImproviser:
    """An `Improviser` around a network. Not for use by two threads at once."""

    inert = frozenset({"style", "time_temperature", "density", "creativity"})
    abreast = 1

    def __init__(
        self, name: str, backend: str, forward: Forward, lessons: Lessons | None = None
    ) -> None:
        """By `lessons` it is seen what is played by heart."""
        self.name = name
        self.backend = backend
        self._forward = forward
        self._lessons = lessons
        self.prime(())

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._window = encoding.window(context)
        self._recent = Recent((*before, *context))

    def remember(self, tonight: Tonight) -> None:
        self._recent.memory = Memory(tonight, self._lessons)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds = ANY
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        yield from imagining.one_by_one(self.branch().branch, params, keys, within)

    def branch(self) -> SeedImproviser:
        """Another that has heard the same and goes its own way."""
        other = copy.copy(self)  # the window is replaced and never written to
        other._recent = self._recent.fork()  # noqa: SLF001  # its own
        return other

    def weigh(self, params: Params, key: Key, within: Bounds = ANY) -> Imagined:
        """As `draw`, and what the network made of the pitch: of the others it gives no chances."""
        logits = self._forward(self._window)[0]
        note = self.draw(params, key, within)
        surprise, expected = imagining.weighed([note], {"pitch": logits[None]}, params)
        return Imagined(note, float(surprise[0]), float(expected[0]))

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        logits, step, duration = self._forward(self._window)
        note = sampling.draw(logits, step, duration, self._recent, params, key, within)
        self._recent.follow(note.pitch, note.step)
        self._window = encoding.push(self._window, note.pitch, note.step, note.duration)
        return note
