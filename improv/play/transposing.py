"""What improv plays, moved by so many semitones on its way out.

The model, the plan and the context hold what it meant, so that it goes on in the key it hears, and
a transposition that stays does not climb with each note. What sounds is moved; so what is said of
the sound (range, scale, chord) is moved the other way where a note is drawn, see play.steering.
"""

from __future__ import annotations

from functools import lru_cache

from improv.music.event import PITCHES
from improv.music.scale import OCTAVE


def moved(pitch: int, semitones: int) -> int:
    """The pitch so much higher; beyond 0-127 the nearest octave of it that there is."""
    there = pitch + semitones
    if there < 0:
        return there % OCTAVE
    return there if there < PITCHES else there - OCTAVE * ((there - PITCHES) // OCTAVE + 1)


def all_moved(levels: bytes, semitones: int) -> bytes:
    """A level for each pitch, each at the pitch that sounds; of two at one the higher."""
    if not semitones or not levels:
        return levels
    there = bytearray(PITCHES)
    for level, pitch in zip(levels, _moves(semitones), strict=True):
        there[pitch] = max(there[pitch], level)
    return bytes(there)


@lru_cache(maxsize=64)
def _moves(semitones: int) -> tuple[int, ...]:
    return tuple(moved(pitch, semitones) for pitch in range(PITCHES))
