"""Scales: which pitch classes belong, named from their tonic, or spelt out by whoever plays.

A scale of one's own is its semitones above the tonic as text: "0 2 3 7 8". It is a scale by itself,
so whatever holds a scale's name can hold it too.
"""

from __future__ import annotations

from functools import lru_cache

from improv.errors import UsageError
from improv.music.names import pitch_class_number

OCTAVE = 12
NONE = "off"  # every pitch belongs
YOURS = "yours"  # the key of what you play, as `improv.music.tonality` finds it

SCALES: dict[str, tuple[int, ...]] = {  # semitones above the tonic
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "major blues": (0, 2, 3, 4, 7, 9),
    "harmonic major": (0, 2, 4, 5, 7, 8, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    "double harmonic": (0, 1, 4, 5, 7, 8, 11),
    "hungarian minor": (0, 2, 3, 6, 7, 8, 11),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "whole-half": (0, 2, 3, 5, 6, 8, 9, 11),
    "half-whole": (0, 1, 3, 4, 6, 7, 9, 10),
    "augmented": (0, 3, 4, 7, 8, 11),
    "hirajoshi": (0, 2, 3, 7, 8),
    "in": (0, 1, 5, 7, 8),
}
CHOICES = (NONE, YOURS, *SCALES)
_ALSO = {"ionian": "major", "aeolian": "minor", "natural minor": "minor", "chromatic": NONE}


@lru_cache(maxsize=64)
def degrees(scale: str) -> tuple[int, ...]:
    """Its semitones above the tonic, rising. Raises UsageError where it is no scale."""
    if scale in SCALES:
        return SCALES[scale]
    if scale in {NONE, YOURS}:
        return tuple(range(OCTAVE))
    words = scale.replace(",", " ").split()
    if words and all(word.isdecimal() and int(word) < OCTAVE for word in words):
        return tuple(sorted({int(word) for word in words}))
    raise UsageError(
        f"no scale named {scale!r}; there are {', '.join(CHOICES)}, "
        'and your own as semitones above the tonic: "0 2 3 7 8"'
    )


def is_own(scale: str) -> bool:
    """Whether it is spelt out, so that it can be held beside the names."""
    return bool(scale) and scale not in CHOICES and scale == spelt(scale)


def spelt(scale: str) -> str:
    """A scale's name as it stands here; one of your own in its one spelling. "" if it is none."""
    name = " ".join(scale.lower().split())
    name = _ALSO.get(name, name)
    if name in CHOICES:
        return name
    try:
        return " ".join(map(str, degrees(name)))
    except UsageError:
        return ""


def parse(text: str) -> tuple[int | None, str]:
    """Tonic (0-11, None where none is named) and scale of "D dorian", "dorian" or "Bb 0 2 3 7 8".

    A tonic alone is major, and minor with an m: "Am". Raises UsageError.
    """
    if found := spelt(text):
        return None, found
    first, _, rest = text.strip().partition(" ")
    if not rest and len(first) > 1 and first.endswith("m"):
        first, rest = first[:-1], "minor"
    try:
        tonic = pitch_class_number(first)
    except UsageError:
        degrees(text)  # says what there is
        raise
    name = spelt(rest or "major")
    return tonic, name or str(degrees(rest))


def belong(tonic: int, scale: str) -> frozenset[int]:
    """The pitch classes (0-11) of a scale on a tonic."""
    return frozenset((tonic + degree) % OCTAVE for degree in degrees(scale))
