"""How much of what a model plays it has by heart: the longest run of notes its lessons hold too.

Runs are of intervals, so that a passage moved to another key is a copy as well. They are found
exactly: all music is sorted by what follows each note (prefix doubling as in Manber & Myers 1993,
"Suffix Arrays", as deep as the longest phrase), and the longest match of a suffix is one of its
neighbours' in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from improv.train.examples import Pieces

Ids = NDArray[np.int64]


def longest(known: Pieces, phrases: Sequence[NDArray[np.int64]]) -> Ids:
    """(P,) for each phrase of pitches, the notes of the longest run that `known` holds as well.

    Two notes have an interval, so a single note is always found: at least 1 for any phrase.
    """
    offsets = np.cumsum([0, *map(len, phrases)])
    learnt = len(known.pitch)
    own = _intervals(np.concatenate([*phrases, np.zeros(0, np.int64)]), offsets[:-1])
    # a piece's first note has no interval; its mark is found nowhere else
    text = np.concatenate(
        [_intervals(np.asarray(known.pitch, np.int64), np.asarray(known.offsets)[:-1]), own]
    )
    marks = np.flatnonzero(text == 0)
    text[marks] = 256 + np.arange(len(marks))
    deepest = max(map(len, phrases), default=1)
    order = np.argsort(_ranks(text, deepest), kind="stable")
    below, above = _neighbours(order, learnt)
    where = np.arange(learnt, len(text))
    run = np.maximum(
        _agreement(text, where, below[where], deepest),
        _agreement(text, where, above[where], deepest),
    )
    return np.array(
        [run[a:b].max(initial=0) + 1 for a, b in pairwise(offsets)],
        np.int64,
    )


def _intervals(pitch: Ids, first: NDArray[np.int64]) -> Ids:
    """(N,) from each note's predecessor, 1-255; 0 at the first notes."""
    intervals = np.zeros(len(pitch), np.int64)
    intervals[1:] = np.diff(pitch) + 128
    intervals[first[first < len(pitch)]] = 0
    return intervals


def _ranks(text: Ids, depth: int) -> Ids:
    """The place of each suffix among all, by its first `depth` symbols at least."""
    ranks: Ids = np.unique(text, return_inverse=True)[1] + 1
    seen = 1
    while seen < depth:
        follow = np.zeros_like(ranks)
        follow[:-seen] = ranks[seen:]
        ranks = np.unique(ranks * (len(text) + 2) + follow, return_inverse=True)[1] + 1
        seen *= 2
    return ranks


def _neighbours(order: Ids, learnt: int) -> tuple[Ids, Ids]:
    """For each suffix, the nearest of the first `learnt` below and above it; -1 for none."""
    places = np.arange(len(order))
    ours = order < learnt
    below = np.maximum.accumulate(np.where(ours, places, -1))
    far = len(order)
    above = np.minimum.accumulate(np.where(ours, places, far)[::-1])[::-1]
    found = np.full((2, len(order)), -1, np.int64)
    found[0, order] = np.where(below >= 0, order[below], -1)
    found[1, order] = np.where(above < far, order[np.minimum(above, far - 1)], -1)
    return found[0], found[1]


def _agreement(text: Ids, here: Ids, there: Ids, depth: int) -> Ids:
    """How many symbols are the same from `here` and from `there` on (-1: nowhere)."""
    reach = np.arange(depth)
    padded = np.concatenate([text, -1 - np.arange(depth)])
    same = padded[here[:, None] + reach] == padded[np.maximum(there, 0)[:, None] + reach]
    same &= (there >= 0)[:, None]
    return np.asarray(np.minimum.accumulate(same, axis=1).sum(axis=1))
