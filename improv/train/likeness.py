"""How like real music some music is, by six distributions and two measures of distance.

The Jensen-Shannon distance (the square root of the divergence with logarithms to base 2: 0 for the
same distribution, 1 for two that share nothing) compares all notes of two sets of phrases pooled.

The overlapped area is Yang & Lerch's (2020, "On the evaluation of generative models in music"):
each phrase is a histogram; the Euclidean distances among the real phrases, and those from each real
phrase to each of the others, are smoothed to densities by Gaussian kernels, and the area under both
says how far the others lie among the real ones as these do among themselves: 1 is like one of
them, 0 nothing like it. Kernels are as wide as Scott's rule says, as in scipy.stats.gaussian_kde,
which is a few lines here and a library of 100 MB there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES
from improv.music.hearing import time_bin
from improv.music.vocabulary import TIMES
from improv.train.character import Phrase, polyphony

Floats = NDArray[np.float64]
GRID = 1024  # points a density is summed over


@dataclass(frozen=True, slots=True)
class Feature:
    """One of the distributions: each phrase gives values from 0 to `bins` - 1."""

    bins: int
    values: Callable[[Phrase], NDArray[np.int64]]


WIDEST = 24  # semitones; wider intervals count as these
MANY = 12  # notes sounding; more count as these
WIDE = 2  # bins of `improv.music.hearing`, 64 from 4 ms to 16 s, to one here
LOUD = 8  # velocities to one bin


def _intervals(phrase: Phrase) -> NDArray[np.int64]:
    return np.asarray(np.clip(np.diff(phrase.pitch), -WIDEST, WIDEST) + WIDEST)


def _times(seconds: Floats) -> NDArray[np.int64]:
    return np.asarray(time_bin(seconds).astype(np.int64) // WIDE)


FEATURES = {
    "pitch_class": Feature(12, lambda phrase: phrase.pitch % 12),
    "interval": Feature(2 * WIDEST + 1, _intervals),
    "inter_onset": Feature(TIMES // WIDE, lambda phrase: _times(np.diff(phrase.start))),
    "duration": Feature(TIMES // WIDE, lambda phrase: _times(phrase.duration)),
    "velocity": Feature(PITCHES // LOUD, lambda phrase: phrase.velocity // LOUD),
    "polyphony": Feature(MANY, lambda phrase: np.minimum(polyphony(phrase), MANY) - 1),
}


def histograms(phrases: Sequence[Phrase], feature: Feature) -> Floats:
    """(P, bins) the share of each value in each phrase."""
    counts = np.array(
        [np.bincount(feature.values(phrase), minlength=feature.bins) for phrase in phrases],
        np.float64,
    ).reshape(len(phrases), feature.bins)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))


def jensen_shannon(one: Floats, other: Floats) -> Floats:
    """(...) the distances of distributions (..., bins), each 0-1."""
    middle = (one + other) / 2

    def above(share: Floats) -> Floats:
        ratio = np.where(share > 0, share, 1.0) / np.where(share > 0, middle, 1.0)
        return np.asarray((share * np.log2(ratio)).sum(axis=-1))

    return np.asarray(np.sqrt(np.maximum(0.0, (above(one) + above(other)) / 2)))


def distances(one: Floats, other: Floats) -> Floats:
    """(A, B) Euclidean distances between histograms (A, bins) and (B, bins)."""
    return np.asarray(np.linalg.norm(one[:, None] - other[None], axis=2))


def among(within: Floats) -> Floats:
    """The distances (P, P) within a set as (P (P - 1) / 2,): each pair once, none to itself."""
    return np.asarray(within[np.triu_indices(len(within), 1)])


def overlapped_area(one: Floats, other: Floats) -> float:
    """The area under the densities of two sets of numbers, 0-1; each needs one number at least."""
    widths = [bandwidth(values) for values in (one, other)]
    both = np.concatenate([one, other])
    span = float(both.max() - both.min())
    if span <= 0.0:
        return 1.0
    # values that are all the same have no width; a fiftieth of what both cover can be summed
    widths = [max(width, span / 50) for width in widths]
    room = 4 * max(widths)
    grid = np.linspace(both.min() - room, both.max() + room, GRID)
    pace = (span + 2 * room) / (GRID - 1)
    first = density(grid, one, widths[0])
    second = density(grid, other, widths[1])
    return min(1.0, float(np.minimum(first, second).sum()) * pace)


def bandwidth(values: Floats) -> float:
    """Scott's rule for one dimension (Scott 1992)."""
    if len(values) < 2:
        return 0.0
    narrower: float = len(values) ** -0.2
    return float(values.std(ddof=1)) * narrower


def density(grid: Floats, values: Floats, width: float) -> Floats:
    """(G,) the mean of Gaussian kernels around the values."""
    near = np.exp(-0.5 * ((grid[:, None] - values[None]) / width) ** 2)
    return np.asarray(near.mean(axis=1) / (width * np.sqrt(2 * np.pi)))
