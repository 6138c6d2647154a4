"""The computer keyboard as a piano."""

from __future__ import annotations

from improv.session.messages import Strike
from improv.ui.typed_piano import ACCENT, LENGTH_S, REPEAT_S, VELOCITY, TypedPiano


def test_the_rows_are_a_piano_from_c() -> None:
    """The a key is C4, w the black key above it, k the C an octave up; lengths are fixed."""
    piano = TypedPiano()
    assert piano.strike("a", 0.0) == Strike(60, VELOCITY, LENGTH_S)
    assert piano.strike("w", 0.0) == Strike(61, VELOCITY, LENGTH_S)
    assert piano.strike("k", 0.0) == Strike(72, VELOCITY, LENGTH_S)
    assert piano.strike("S", 0.0) == Strike(62, ACCENT, LENGTH_S)


def test_a_held_key_is_one_note() -> None:
    """A terminal repeats a held key some thirty times a second."""
    piano = TypedPiano()
    assert piano.strike("a", 10.0)
    assert piano.strike("a", 10.5), "the first repeat comes late and can't be told from a strike"
    times = [10.5 + 0.03 * n for n in range(1, 20)]
    assert not any(piano.strike("a", at) for at in times)
    assert piano.strike("a", times[-1] + REPEAT_S * 1.5)


def test_octaves_end_where_midi_ends() -> None:
    """Beyond the last pitch a key is silent, not wrong."""
    piano = TypedPiano()
    piano.shift(+9)
    assert piano.octave == 8
    assert piano.strike("a", 0.0) == Strike(108, VELOCITY, LENGTH_S)
    assert max(piano.keys()) == 125
    piano.shift(-20)
    assert piano.strike("a", 1.0) == Strike(0, VELOCITY, LENGTH_S)


def test_only_its_own_keys_are_taken() -> None:
    """Digits, space and no character at all are left to others."""
    piano = TypedPiano()
    assert piano.plays("a")
    assert piano.plays("A")
    assert not any(piano.plays(character) for character in ("1", " ", "q", "z", None, "aw", ""))
