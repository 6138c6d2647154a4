"""The chords a network tells apart: triads and sevenths on every root, and none."""

from __future__ import annotations

from improv.music.chord import NONE
from improv.music.names import pitch_class_name
from improv.music.scale import OCTAVE

QUALITIES = ("", "m", "7", "maj7", "m7")  # as in music/chord.py
NAMES = (
    *(pitch_class_name(root) + kind for kind in QUALITIES for root in range(OCTAVE)),
    NONE,
)
COUNT = len(NAMES)
NO_CHORD = COUNT - 1
_MINOR = {1, 4}  # places in QUALITIES


def number(root: int, quality: str) -> int:
    """The class of a chord on a pitch class."""
    return QUALITIES.index(quality) * OCTAVE + root % OCTAVE


def root(chord: int) -> int:
    """The pitch class it stands on; 12 for none."""
    return OCTAVE if chord == NO_CHORD else chord % OCTAVE


def triad(chord: int) -> int:
    """0-11 a major triad on that root, 12-23 a minor one, 24 none: sevenths lose theirs."""
    if chord == NO_CHORD:
        return 2 * OCTAVE
    return root(chord) + (OCTAVE if chord // OCTAVE in _MINOR else 0)


def transposed(chord: int, semitones: int) -> int:
    """The same chord that much higher."""
    if chord == NO_CHORD:
        return chord
    return chord - chord % OCTAVE + (chord + semitones) % OCTAVE
