"""Whether a model is as sure as it is right.

Of the notes for which it gave its likeliest candidate 30 %, that candidate should have been played
for 30 %. Notes are put in bins by that probability, as many notes in each (Nixon et al. 2019,
"Measuring Calibration in Deep Learning": of equal width, nearly all notes would share a bin or two,
since among 64 times the likeliest seldom has more than 30 %). The expected calibration error
(Guo et al. 2017, "On Calibration of Modern Neural Networks") is the mean distance between the two
shares over all notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.train.score import Marks

BINS = 15


@dataclass(frozen=True, slots=True)
class Curve:
    """For each bin that holds notes, least sure first: two shares (B,), and how many notes."""

    sure: NDArray[np.float64]
    right: NDArray[np.float64]
    notes: NDArray[np.int64]

    @property
    def error(self) -> float:
        """The expected calibration error, 0-1."""
        return float((np.abs(self.sure - self.right) * self.notes).sum() / self.notes.sum())


def curve(sure: NDArray[Any], hit: NDArray[Any], bins: int = BINS) -> Curve:
    """The curve of N > 0 notes.

    Args:
        sure: (N,) the probability of the likeliest candidate.
        hit: (N,) 1 where it was what was played, else 0.
        bins: how many at most; notes with one and the same probability share a bin.
    """
    edges = np.unique(np.quantile(sure, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
    place = np.searchsorted(edges, sure, side="right")
    notes = np.bincount(place, minlength=len(edges) + 1)
    full = notes > 0
    means = [np.bincount(place, x, minlength=len(notes))[full] / notes[full] for x in (sure, hit)]
    return Curve(means[0], means[1], notes[full])


def curves(marks: Marks) -> dict[str, Curve]:
    """The curve of each factor that was foretold as a distribution."""
    return {
        factor: curve(columns["sure"], columns["hit"])
        for factor, columns in marks.items()
        if "sure" in columns
    }


def report(found: dict[str, Curve]) -> dict[str, Any]:
    """Curves as the report of an evaluation has them."""
    return {
        factor: {
            "error": round(each.error, 6),
            "curve": [
                {"sure": round(float(s), 6), "right": round(float(r), 6), "notes": int(n)}
                for s, r, n in zip(each.sure, each.right, each.notes, strict=True)
            ],
        }
        for factor, each in found.items()
    }
