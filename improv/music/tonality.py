"""Finding the key of what was played (Krumhansl 1990): which key's profile it is most like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from improv.music.event import Note
from improv.music.scale import OCTAVE

# how well each degree fits a key, from its tonic up (Krumhansl & Kessler 1982)
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
MODES = {"major": MAJOR, "minor": MINOR}
ENOUGH = 8  # notes; fewer are in many keys
LONGEST = 2.0  # seconds a held note counts for: a pedal point isn't all there is


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic 0-11, "major" or "minor", and how well it fits, -1 to 1."""

    tonic: int
    mode: str
    fit: float


def found(notes: Iterable[Note]) -> Key | None:
    """The key that notes are most likely in; None where they are too few or too even to say.

    Pitch classes weigh as long as they are held.
    """
    heard = [(note.pitch, note.duration) for note in notes]
    held = _held(heard)
    if len(heard) < ENOUGH or max(held) == min(held):
        return None
    fits = (
        Key(tonic, mode, _correlation(held, _profile(tonic, mode)))
        for mode in MODES
        for tonic in range(OCTAVE)
    )
    return max(fits, key=lambda key: key.fit)


def fit(notes: Iterable[tuple[int, float]], key: Key) -> float:
    """How well notes, by pitch and seconds, fit a key, -1 to 1; 0 where they are all alike."""
    held = _held(notes)
    return _correlation(held, _profile(key.tonic, key.mode)) if max(held) > min(held) else 0.0


def _held(notes: Iterable[tuple[int, float]]) -> list[float]:
    """Seconds for which each pitch class is held."""
    held = [0.0] * OCTAVE
    for pitch, duration in notes:
        held[pitch % OCTAVE] += min(max(duration, 1e-3), LONGEST)
    return held


def _profile(tonic: int, mode: str) -> Sequence[float]:
    profile = MODES[mode]
    return profile[-tonic:] + profile[:-tonic]


def _correlation(one: Sequence[float], other: Sequence[float]) -> float:
    mean, average = sum(one) / len(one), sum(other) / len(other)
    x, y = [a - mean for a in one], [b - average for b in other]
    product = sum(a * b for a, b in zip(x, y, strict=True))
    return product / sqrt(sum(a * a for a in x) * sum(b * b for b in y))
