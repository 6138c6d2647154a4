"""Pitch names as on keyboards: 60 is C4; sharps on the way out, flats too on the way in."""

from __future__ import annotations

import re

from improv.errors import UsageError

_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NAME = re.compile(r"\s*([A-Ga-g])([#♯b♭]?)(-?\d)\s*")


def pitch_name(pitch: int) -> str:
    """`pitch_name(60)` is "C4"; 0 is "C-1" and 127 is "G9"."""
    return f"{_SHARPS[pitch % 12]}{pitch // 12 - 1}"


def pitch_class_name(pitch_class: int) -> str:
    """`pitch_class_name(10)` is "A#"."""
    return _SHARPS[pitch_class % 12]


def pitch_class_number(name: str) -> int:
    """0-11 of a name without octave, such as "C", "f#" or "Bb". Raises UsageError."""
    match = _NAME.fullmatch(f"{name.strip()}0")
    if match is None:
        raise UsageError(f"no note named {name!r}; write one as C, F# or Bb")
    return (_LETTERS[match[1].upper()] + _ACCIDENTALS[match[2]]) % 12


def pitch_number(name: str) -> int:
    """The pitch of a name such as "C4", "f#3" or "Bb2", or of a number 0-127 as text.

    Raises UsageError for anything else.
    """
    text = name.strip()
    if text.isdecimal():
        pitch = int(text)
    elif match := _NAME.fullmatch(text):
        letter, accidental, octave = match.groups()
        pitch = 12 * (int(octave) + 1) + _LETTERS[letter.upper()] + _ACCIDENTALS[accidental]
    else:
        raise UsageError(f"no pitch named {name!r}; write one as C4, F#3, Bb2 or 0 to 127")
    if not 0 <= pitch <= 127:
        raise UsageError(f"{name!r} is outside MIDI's pitches; they go from C-1 (0) to G9 (127)")
    return pitch
