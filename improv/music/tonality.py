"""Finding the key of what was played (Krumhansl 1990): which key's profile it is most like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from operator import itemgetter
from typing import NamedTuple, Self

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
    ours = _Centred.of(held)
    fits = ((ours.correlation(profile), tonic, mode) for (tonic, mode), profile in PROFILES.items())
    fit, tonic, mode = max(fits, key=itemgetter(0))
    return Key(tonic, mode, fit)


def fit(notes: Iterable[tuple[int, float]], key: Key) -> float:
    """How well notes, by pitch and seconds, fit a key, -1 to 1; 0 where they are all alike."""
    held = _held(notes)
    if max(held) == min(held):
        return 0.0
    return _Centred.of(held).correlation(PROFILES[key.tonic, key.mode])


def _held(notes: Iterable[tuple[int, float]]) -> list[float]:
    """Seconds for which each pitch class is held."""
    held = [0.0] * OCTAVE
    for pitch, duration in notes:
        held[pitch % OCTAVE] += min(max(duration, 1e-3), LONGEST)
    return held


class _Centred(NamedTuple):
    """Values less their mean, and the sum of their squares: what a correlation needs of each."""

    values: list[float]
    power: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        mean = sum(values) / len(values)
        centred = [value - mean for value in values]
        return cls(centred, sum(value * value for value in centred))

    def correlation(self, other: _Centred) -> float:
        product = sum(a * b for a, b in zip(self.values, other.values, strict=True))
        return product / sqrt(self.power * other.power)


PROFILES = {
    (tonic, mode): _Centred.of(profile[-tonic:] + profile[:-tonic])
    for mode, profile in MODES.items()
    for tonic in range(OCTAVE)
}
"""Of every key, made once: a key is looked for at each of your notes and in each future drawn."""
