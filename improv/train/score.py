"""Marks for each note a model foretells: pure arithmetic on what it gave and what was played.

A factor of a note (pitch, step, duration, velocity) has marks (nats, top1, squared error, ...),
each one number a note, of which every summary is a mean. A new factor or mark is one more entry
here. Nats are the natural logarithm's: the cross-entropy of what was played. Marks named in
UNREPORTED are what `improv.train.calibration` reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.music.encoding import LONGEST
from improv.music.event import PITCHES
from improv.music.hearing import time_bin, time_in
from improv.music.vocabulary import TIMES

Column = NDArray[np.float64]  # (notes,)
Marks = dict[str, dict[str, Column]]  # factor to mark to its column
UNREPORTED = frozenset({"sure", "hit"})  # of the likeliest: its probability, and whether it came
TIME_EDGES = np.geomspace(1e-3, 30.0, 61)  # seconds; the bins of `Seen`


def pitch_marks(logits: NDArray[Any], played: NDArray[Any]) -> dict[str, Column]:
    """Logits (N, 128) against the pitches played (N,)."""
    logits = np.asarray(logits, np.float64)
    true = np.take_along_axis(logits, played[:, None].astype(np.intp), axis=1)  # (N, 1)
    before = np.arange(logits.shape[1]) < played[:, None]
    # of equals the lower pitch ranks first, as in argmax
    rank = ((logits > true) | ((logits == true) & before)).sum(axis=1)
    total, hit = _log_total(logits), (rank < 1).astype(np.float64)
    return {
        "nats": total - true[:, 0],
        "top1": hit,
        "top5": (rank < 5).astype(np.float64),
        "sure": np.exp(logits.max(axis=1) - total),
        "hit": hit,
    }


def time_marks(given: NDArray[Any], played: NDArray[Any]) -> dict[str, Column]:
    """Seconds given (N,) against seconds played (N,); a negative time is played as none.

    `held_mse` is against the times as the network hears them, at most `LONGEST` long: a few
    minutes of silence in a recording decide `mse`.
    """
    said = np.maximum(np.asarray(given, np.float64), 0.0)
    return {
        "mse": np.square(said - played),
        "mae": np.abs(said - played),
        "held_mse": np.square(said - np.clip(played, 0.0, LONGEST)),
    }


def time_bin_marks(logits: NDArray[Any], played: NDArray[Any]) -> dict[str, Column]:
    """Logits (N, 64) on the bins of `improv.music.hearing` against seconds played (N,).

    Squared errors are the mean's and absolute ones the median's, each the best single time for
    its mark; nats are of the bin.
    """
    marks = bin_marks(logits, time_bin(played))
    chance = probabilities(logits)
    best = time_marks(chance @ time_in(np.arange(TIMES)), played)
    return {**marks, **best, "mae": time_marks(median_time(chance), played)["mae"]}


def bin_marks(logits: NDArray[Any], played: NDArray[Any]) -> dict[str, Column]:
    """Logits (N, bins) against the bins played (N,)."""
    logits = np.asarray(logits, np.float64)
    return {
        "nats": bin_nats(logits, played),
        "sure": np.exp(logits.max(axis=1) - _log_total(logits)),
        "hit": (logits.argmax(axis=1) == played).astype(np.float64),
    }


def bin_nats(logits: NDArray[Any], played: NDArray[Any]) -> Column:
    """Logits (N, bins) against the bins played (N,)."""
    logits = np.asarray(logits, np.float64)
    true = np.take_along_axis(logits, played[:, None].astype(np.intp), axis=1)[:, 0]
    return np.asarray(_log_total(logits) - true)


def median_time(chance: NDArray[np.float64]) -> Column:
    """The time (N,) in seconds that half the probability (N, 64) lies below."""
    total = np.cumsum(chance, axis=1)
    found = np.minimum((total < 0.5).sum(axis=1), TIMES - 1)
    rows = np.arange(len(chance))
    inside = chance[rows, found]
    share = (0.5 - (total[rows, found] - inside)) / np.maximum(inside, 1e-12)
    return time_in(found, np.clip(share, 0.0, 1.0))


def probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Softmax along the last axis: (N, 128) to (N, 128)."""
    logits = np.asarray(logits, np.float64)
    return np.asarray(np.exp(logits - _log_total(logits)[:, None]))


def _log_total(logits: NDArray[np.float64]) -> Column:
    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))


def means(marks: Marks) -> dict[str, dict[str, float]]:
    """Each mark over all notes."""
    return {
        factor: {name: _rounded(column.mean()) for name, column in _reported(columns).items()}
        for factor, columns in marks.items()
    }


def means_by_piece(marks: Marks, first: NDArray[np.int64]) -> list[dict[str, dict[str, float]]]:
    """Each mark over the notes of each piece; `first` (pieces,) is where its notes begin."""
    if not len(first):
        return []
    notes = np.diff(np.append(first, len(next(iter(marks["pitch"].values())))))
    table = {
        factor: {
            name: np.add.reduceat(column, first) / notes
            for name, column in _reported(columns).items()
        }
        for factor, columns in marks.items()
    }
    return [
        {
            factor: {name: _rounded(column[i]) for name, column in columns.items()}
            for factor, columns in table.items()
        }
        for i in range(len(first))
    ]


def _reported(columns: dict[str, Column]) -> dict[str, Column]:
    return {name: column for name, column in columns.items() if name not in UNREPORTED}


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def joined(parts: list[Marks]) -> Marks:
    """Marks of batches end to end."""
    return {
        factor: {name: np.concatenate([part[factor][name] for part in parts]) for name in columns}
        for factor, columns in parts[0].items()
    }


def _time_map() -> NDArray[np.int64]:
    size = len(TIME_EDGES) - 1
    return np.zeros((size, size), np.int64)


@dataclass(slots=True)
class Seen:
    """What the picture of an evaluation shows: played (rows) against foretold (columns).

    `pitch` holds probability, so that a row sums to how often that pitch was played; `leap`
    counts the likeliest pitch minus the one played, from -127 to 127. Times are in the bins of
    TIME_EDGES, the first and last also holding what lies beyond.
    """

    pitch: NDArray[np.float64] = field(default_factory=lambda: np.zeros((PITCHES, PITCHES)))
    leap: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2 * PITCHES - 1, np.int64))
    step: NDArray[np.int64] = field(default_factory=_time_map)
    duration: NDArray[np.int64] = field(default_factory=_time_map)

    def add_pitch(self, logits: NDArray[Any], played: NDArray[Any]) -> None:
        rows = np.zeros((len(played), PITCHES))
        rows[np.arange(len(played)), played] = 1.0
        self.pitch += rows.T @ probabilities(logits)  # (128, N) @ (N, 128)
        leaps = np.asarray(logits).argmax(axis=1) - played + PITCHES - 1
        self.leap += np.bincount(leaps, minlength=len(self.leap))

    def add_time(self, factor: str, given: NDArray[Any], played: NDArray[Any]) -> None:
        counts: NDArray[np.int64] = getattr(self, factor)
        np.add.at(counts, (_bin(played), _bin(given)), 1)


def _bin(seconds: NDArray[Any]) -> NDArray[np.intp]:
    return np.clip(np.searchsorted(TIME_EDGES, seconds, side="right") - 1, 0, len(TIME_EDGES) - 2)
