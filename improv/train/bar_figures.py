"""What bars are like, in distributions and shares, and how far from what others are like.

Bars are steps (n, STEPS) as in improv/music/bar.py, each with the bar before it (n, STEPS) and its
triad (n,). Distances are Jensen-Shannon divergences in bits: 0 for the same distribution, 1 for two
that have nothing in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from improv.music import chord, chord_classes
from improv.music.bar import REST, STEPS
from improv.music.event import PITCHES
from improv.music.scale import OCTAVE

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NO_TRIAD = 2 * OCTAVE
DISTRIBUTIONS = ("pitch_class", "degree", "interval", "place", "count")
"""Of notes by pitch class, by semitones above the chord's root, and above the note before (an
octave at most, and over the bar line too); by the step they begin on; of bars by their notes."""
_WIDEST = OCTAVE  # semitones; a wider interval counts as this


@dataclass(frozen=True, slots=True)
class Figures:
    """What some bars are like."""

    distributions: dict[str, Floats]  # each sums to 1, or is all zero where there was no note
    empty: float  # the share of bars in which no note begins or goes on
    density: float  # notes that begin in a bar
    in_chord: float  # of the notes over a chord, the share that belong to its triad
    same: float  # the share of bars that repeat the one before, step by step

    def distances(self, other: Figures) -> dict[str, float]:
        """How far each distribution is from another's, and in the mean."""
        apart = {n: _divergence(self.distributions[n], other.distributions[n]) for n in self.names}
        return apart | {"mean": sum(apart.values()) / len(apart)}

    @property
    def names(self) -> tuple[str, ...]:
        return DISTRIBUTIONS


def figures(before: Ints, steps: Ints, triads: Ints) -> Figures:
    """Of bars and what they follow on."""
    begins = steps < PITCHES
    bars, places = np.nonzero(begins)
    pitches, over = steps[begins], triads[bars]
    chorded = over != NO_TRIAD
    degrees = (pitches - over)[chorded] % OCTAVE
    belongs = _TONES[over[chorded], pitches[chorded] % OCTAVE]
    line = np.concatenate([before, steps], axis=1)
    return Figures(
        {
            "pitch_class": _shares(pitches % OCTAVE, OCTAVE),
            "degree": _shares(degrees, OCTAVE),
            "interval": _shares(_intervals(line) + _WIDEST, 2 * _WIDEST + 1),
            "place": _shares(places, STEPS),
            "count": _shares(begins.sum(axis=1), STEPS + 1),
        },
        empty=float((steps == REST).all(axis=1).mean()),
        density=float(begins.sum(axis=1).mean()),
        in_chord=float(belongs.mean()) if len(belongs) else 0.0,
        same=float((steps == before).all(axis=1).mean()),
    )


def _tones() -> npt.NDArray[np.bool_]:
    found = np.zeros((NO_TRIAD, OCTAVE), np.bool_)
    for number in range(NO_TRIAD):
        found[number, list(chord.pitch_classes(chord_classes.NAMES[number]))] = True
    return found


_TONES = _tones()  # (24, 12): whether a pitch class belongs to a triad


def _intervals(line: Ints) -> Ints:
    """From each note of the second bar of a line (n, 2 * STEPS) to the one before it."""
    last, found = np.full(len(line), -1), []
    for step in range(line.shape[1]):
        now = line[:, step]
        begins = now < PITCHES
        both = begins & (last >= 0)
        if step >= STEPS:
            found.append(np.clip((now - last)[both], -_WIDEST, _WIDEST))
        last = np.where(begins, now, last)
    return np.concatenate(found)


def _shares(values: Ints, count: int) -> Floats:
    counted = np.bincount(values, minlength=count).astype(np.float64)
    shares: Floats = counted / max(1.0, counted.sum())
    return shares


def _divergence(one: Floats, other: Floats) -> float:
    middle = (one + other) / 2

    def from_middle(each: Floats) -> float:
        there = each > 0
        return float((each[there] * np.log2(each[there] / middle[there])).sum())

    return (from_middle(one) + from_middle(other)) / 2
