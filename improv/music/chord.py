"""Chords: by their symbols as on a lead sheet, or by the notes in them."""

from __future__ import annotations

import re
from functools import lru_cache

from improv.errors import UsageError
from improv.music.names import pitch_class_name, pitch_class_number
from improv.music.scale import OCTAVE

NONE = "off"  # no chord

QUALITIES: dict[str, tuple[int, ...]] = {  # semitones above the root
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mM7": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug7": (0, 4, 8, 10),
    "7sus4": (0, 5, 7, 10),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "m9": (0, 3, 7, 10, 2),
    "add9": (0, 4, 7, 2),
    "7b9": (0, 4, 7, 10, 1),
    "7#9": (0, 4, 7, 10, 3),
    "13": (0, 4, 7, 10, 2, 9),
}
CHOICES = (NONE, *(pitch_class_name(root) + mode for root in range(OCTAVE) for mode in ("", "m")))
_ALSO = {
    "maj": "",
    "M": "",
    "min": "m",
    "-": "m",
    "o": "dim",
    "°": "dim",
    "+": "aug",
    "sus": "sus4",
    "M7": "maj7",
    "Δ": "maj7",
    "Δ7": "maj7",
    "min7": "m7",
    "-7": "m7",
    "o7": "dim7",
    "°7": "dim7",
    "ø": "m7b5",
    "ø7": "m7b5",
    "+7": "aug7",
    "M9": "maj9",
    "min9": "m9",
}
_SYMBOL = re.compile(r"([A-G][#♯b♭]?)([^/\s]*)(?:/([A-G][#♯b♭]?))?")


@lru_cache(maxsize=256)
def pitch_classes(text: str) -> tuple[int, ...]:
    """The pitch classes of "Am7", "C/E" or "C E G", the bass first; none of "off".

    Raises UsageError where it is no chord.
    """
    words = text.split()
    if words in ([], [NONE]):
        return ()
    if len(words) > 1:
        return tuple(dict.fromkeys(pitch_class_number(word) for word in words))
    match = _SYMBOL.fullmatch(words[0])
    if match is None or (quality := _ALSO.get(match[2], match[2])) not in QUALITIES:
        raise UsageError(
            f'no chord {text!r}; write one as Am7, F#dim or C/E, or by its notes: "C E G"'
        )
    root = pitch_class_number(match[1])
    classes = [(root + semitones) % OCTAVE for semitones in QUALITIES[quality]]
    bass = [pitch_class_number(match[3])] if match[3] else []
    return tuple(dict.fromkeys((*bass, *classes)))


def root(text: str) -> int | None:
    """The pitch class that a chord stands on: a symbol's own, else its first note; None of "off".

    Raises UsageError where it is no chord.
    """
    classes, symbol = pitch_classes(text), _SYMBOL.fullmatch(text.strip())
    return pitch_class_number(symbol[1]) if symbol else next(iter(classes), None)


def is_chord(text: str) -> bool:
    """Whether `pitch_classes` knows it."""
    try:
        return bool(pitch_classes(text)) or text == NONE
    except UsageError:
        return False


def of_notes(pitches: tuple[int, ...]) -> str:
    """Pitches as a chord's notes from the lowest up, each name once; "off" of none."""
    names = dict.fromkeys(pitch_class_name(pitch % OCTAVE) for pitch in sorted(pitches))
    return " ".join(names) or NONE


def named(pitches: tuple[int, ...]) -> str:
    """Pitches by the chord's symbol, with a bass that isn't its root after a slash, as "C/E".

    Of two symbols for the same notes the one on the bass is meant ("Am7", not "C6/A"). What is no
    chord that has a symbol is named by its notes; "off" of none.
    """
    classes = frozenset(pitch % OCTAVE for pitch in pitches)
    if not classes:
        return NONE
    low = min(pitches) % OCTAVE
    for root in (low, *sorted(classes - {low})):
        for quality, above in QUALITIES.items():
            if {(root + semitones) % OCTAVE for semitones in above} == classes:
                slash = "" if root == low else f"/{pitch_class_name(low)}"
                return pitch_class_name(root) + quality + slash
    return of_notes(pitches)
