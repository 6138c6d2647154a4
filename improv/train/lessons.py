"""Batches for one compiled step, of windows or of sequences, each decided by seed and place alone.

A lesson is what `keras.Model.train_on_batch` takes: what is heard, what was played and, for
sequences, how much each note counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music.vocabulary import WINDOW
from improv.train.examples import Examples
from improv.train.sequences import STILL, Augmentation, Sequences

Lesson = tuple[Any, ...]
ACCUSTOMED = 20  # notes heard before validation counts, so that it is of notes as when playing


class Lessons(Protocol):
    """What a network learns from, or is held against."""

    def __len__(self) -> int:
        """How many windows or sequences are in a pass."""
        ...

    @property
    def turns(self) -> int:
        """How often the network's loop over a window or sequence goes round."""
        ...

    def lesson(self, epoch: int, place: int) -> Lesson:
        """The batch at this place of a pass, moved about as the configuration says."""
        ...

    def checks(self, most: int) -> Iterator[tuple[Lesson, int]]:
        """Batches that are the same each time, as they were played, and the weight of each.

        At most `most` windows or sequences, evenly spread; 0 for all.
        """
        ...


class WindowLessons:
    """Windows in an order drawn anew for each pass, transposed by up to `transpose` semitones."""

    def __init__(self, examples: Examples, batch: int, seed: int, transpose: int) -> None:
        self._examples = examples
        self._batch = batch
        self._seed = seed
        self._transpose = transpose
        self._order = lru_cache(maxsize=1)(self._drawn)
        self.turns = WINDOW

    def __len__(self) -> int:
        return len(self._examples)

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([self._seed, epoch]).permutation(len(self._examples))

    def lesson(self, epoch: int, place: int) -> Lesson:
        chosen = self._order(epoch)[place * self._batch : (place + 1) * self._batch]
        shift = None
        if self._transpose:
            chance = np.random.default_rng([self._seed, epoch, place])
            shift = chance.integers(-self._transpose, self._transpose + 1, len(chosen))
        return self._examples.batch(chosen, shift)

    def checks(self, most: int) -> Iterator[tuple[Lesson, int]]:
        which = self._examples.spread(most)
        for begin in range(0, len(which), 1024):
            chosen = which[begin : begin + 1024]
            yield self._examples.batch(chosen), len(chosen)


class SequenceLessons:
    """Sequences cut anew for each pass; a pass has as many as the first one."""

    def __init__(self, sequences: Sequences, batch: int, moved: Augmentation) -> None:
        self._sequences = sequences
        self._batch = batch
        self._moved = moved
        self._count = len(sequences.cuts(0))
        self.turns = sequences.length

    def __len__(self) -> int:
        return self._count

    def lesson(self, epoch: int, place: int) -> Lesson:
        cuts = self._sequences.cuts(epoch)
        which = np.arange(place * self._batch, (place + 1) * self._batch) % len(cuts)
        rng = np.random.default_rng([self._sequences.seed, epoch, place])
        return self._sequences.batch(cuts[which], rng, self._moved)

    def checks(self, most: int) -> Iterator[tuple[Lesson, int]]:
        cuts = self._sequences.cuts(0)
        count = min(most or len(cuts), len(cuts))
        spread = cuts[np.linspace(0, len(cuts) - 1, count).astype(np.int64)]
        for begin in range(0, count, self._batch):
            # always whole batches: a compiled step is compiled for one shape
            which = np.arange(begin, begin + self._batch) % count
            heard, played, weights = self._sequences.batch(
                spread[which], np.random.default_rng(0), STILL
            )
            for name, counts in weights.items():
                counts[:, :ACCUSTOMED] = 0.0
                weights[name] = counts / max(float(counts.sum()), 1e-9)
            yield (heard, played, weights), self._batch
