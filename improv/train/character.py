"""What one phrase is like: its key, how mixed its pitches are, how steady its pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.music.tonality import MAJOR, MINOR

BAR = 2.0  # seconds: four quarters at 120 to the minute, as MIDI has it where nobody says
PULSES = 16  # of a bar


@dataclass(frozen=True, slots=True)
class Phrase:
    """N notes in the order they began."""

    pitch: NDArray[np.int64]  # (N,)
    velocity: NDArray[np.int64]  # (N,)
    start: NDArray[np.float64]  # (N,) seconds
    duration: NDArray[np.float64]  # (N,) seconds

    def __len__(self) -> int:
        return len(self.pitch)


def fits(phrase: Phrase) -> NDArray[np.float64]:
    """(24,) correlation of its pitch classes with each key's profile, C to B major, then minor.

    Krumhansl's (1990) key finding: pitch classes weigh as long as they are held. All 0 where they
    are all held as long as one another.
    """
    held = np.bincount(phrase.pitch % 12, np.maximum(phrase.duration, 1e-3), minlength=12)
    profiles = np.array([np.roll(mode, tonic) for mode in (MAJOR, MINOR) for tonic in range(12)])
    held = held - held.mean()
    profiles = profiles - profiles.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(profiles, axis=1) * np.linalg.norm(held)
    return np.asarray(profiles @ held / np.maximum(scale, 1e-12))


def pitch_class_entropy(phrase: Phrase) -> float:
    """Bits: 0 for one pitch class, 3.58 for all twelve alike (Wu & Yang 2020)."""
    share = np.bincount(phrase.pitch % 12, minlength=12) / max(1, len(phrase))
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum()) + 0.0


def groove_consistency(phrase: Phrase) -> float:
    """How alike successive bars are by where notes begin in them, 0-1 (Wu & Yang 2020).

    1 less the mean share of a bar's 16 pulses at which a note begins in one of two successive bars
    only. A performance has no bars, so they are 2 s each, from the first note on.
    """
    since = phrase.start - phrase.start[0]
    pulse = np.floor(since * (PULSES / BAR) + 0.5).astype(np.int64)  # to the nearest
    bars = np.zeros((int(pulse.max()) // PULSES + 1, PULSES), np.bool_)
    bars.flat[pulse] = True
    if len(bars) < 2:
        return 1.0
    return 1.0 - float((bars[1:] != bars[:-1]).mean())


def polyphony(phrase: Phrase) -> NDArray[np.int64]:
    """(N,) how many notes sound as each begins, itself among them."""
    still = phrase.start + phrase.duration > phrase.start[:, None] + 1e-3
    begun = np.tri(len(phrase), k=-1, dtype=np.bool_)  # (N, N): column before row
    return np.asarray((still & begun).sum(axis=1) + 1)
