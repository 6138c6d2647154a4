"""What a network for chords has to be better than.

Each names a chord class for every half bar of a song: `tonic` always the song's own, found by
Krumhansl's key profiles; `template` the triad that most of what sounds belongs to; `hmm` the
likeliest path through a Markov chain of chords whose emissions are pitch classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from improv.music import chord, chord_classes
from improv.music.scale import OCTAVE
from improv.train.chord_songs import Song

Floats = npt.NDArray[np.float64]
Chords = npt.NDArray[np.int64]

# Krumhansl and Kessler 1982, probe-tone ratings from the tonic up
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_TRIADS = 2 * OCTAVE  # the first so many classes


def tonic(song: Song) -> Chords:
    """The triad of the key its melody fits best, all along."""
    return np.full(len(song.chord), (_keys() @ song.sound.sum(axis=0)).argmax(), np.int64)


def tonic_so_far(song: Song) -> Chords:
    """Of each half bar the triad of the key that what came before it fits best."""
    sound = np.cumsum(song.sound, axis=0) - song.sound
    said: Chords = (sound @ _keys().T).argmax(axis=1)
    return said


def _keys() -> Floats:
    """(24, 12) the profiles of major and minor keys, centred and of length 1."""
    profiles = np.array([np.roll(own, key) for own in (_MAJOR, _MINOR) for key in range(OCTAVE)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


def template(song: Song) -> Chords:
    """The triad with most of each half bar's sound; in silence the one before stands."""
    inside = np.zeros((_TRIADS, OCTAVE))
    for number in range(_TRIADS):
        inside[number, list(chord.pitch_classes(chord_classes.NAMES[number]))] = 1.0
        inside[number, chord_classes.root(number)] = 1.01  # of two that fit, the one on its root
    best = (song.sound @ inside.T).argmax(axis=1)
    out, last = np.empty(len(best), np.int64), chord_classes.NO_CHORD
    for place, number in enumerate(best):
        last = int(number) if song.melody[place].any() else last
        out[place] = last
    return out


@dataclass(frozen=True, slots=True)
class Hmm:
    """A bigram chain of chords, alike in every key; all in logarithms."""

    begins: Floats  # (COUNT,)
    follows: Floats  # (COUNT, COUNT): from a chord to the next
    sounds: Floats  # (COUNT, 12): a pitch class where it is

    @classmethod
    def learnt(cls, songs: list[Song]) -> Self:
        """Counted over songs in all twelve keys, a count of 0.1 added to each."""
        size = chord_classes.COUNT
        begins, follows = np.full(size, 0.1), np.full((size, size), 0.1)
        sounds = np.full((size, OCTAVE), 0.1)
        for song in songs:
            for key in range(OCTAVE):
                moved = song.transposed(key)
                begins[moved.chord[0]] += 1
                np.add.at(follows, (moved.chord[:-1], moved.chord[1:]), 1)
                np.add.at(sounds, moved.chord, moved.sound)
        return cls(
            *(np.log(count / count.sum(-1, keepdims=True)) for count in (begins, follows, sounds))
        )

    def path(self, song: Song, weight: float = 1.0) -> Chords:
        """Viterbi's likeliest chords; `weight` is how many draws a half bar full of sound is."""
        said = weight * song.sound @ self.sounds.T
        score, back = self.begins + said[0], np.empty(said.shape, np.int64)
        for place in range(1, len(said)):
            ways = score[:, None] + self.follows
            back[place] = ways.argmax(axis=0)
            score = ways.max(axis=0) + said[place]
        out = np.empty(len(said), np.int64)
        out[-1] = score.argmax()
        for place in range(len(said) - 1, 0, -1):
            out[place - 1] = back[place, out[place]]
        return out

    def coming(self, song: Song, weight: float = 1.0) -> Chords:
        """Of each half bar the likeliest chord by those before it alone: the chain, filtered."""
        out = np.empty(len(song.chord), np.int64)
        belief = self.begins
        for place, sounds in enumerate(weight * song.sound @ self.sounds.T):
            out[place] = belief.argmax()
            belief = belief + sounds
            belief = np.logaddexp.reduce(belief[:, None] + self.follows, axis=0)
            belief = belief - belief.max()
        return out


def tuned(
    names: Callable[[Song, float], Chords],
    songs: list[Song],
    weights: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
) -> float:
    """The weight of what sounds that names most of these (validation) songs' chords."""
    return max(weights, key=lambda weight: sum(_right(names(s, weight), s) for s in songs))


def _right(said: Chords, song: Song) -> int:
    return int((said == song.chord).sum())
