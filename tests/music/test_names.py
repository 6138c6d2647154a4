"""Pitch names in both directions."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.music.names import pitch_name, pitch_number


def test_sixty_is_middle_c() -> None:
    """The octave numbers are those of the design: 60 is C4."""
    assert pitch_name(60) == "C4"
    assert pitch_name(0) == "C-1"
    assert pitch_name(127) == "G9"


def test_every_pitch_is_read_back() -> None:
    """What the screen shows can be typed."""
    for pitch in range(128):
        assert pitch_number(pitch_name(pitch)) == pitch
        assert pitch_number(str(pitch)) == pitch


@pytest.mark.parametrize(("text", "pitch"), [("Bb2", 46), ("f#3", 54), (" c4 ", 60), ("E♭4", 63)])
def test_flats_sharps_and_small_letters_are_read(text: str, pitch: int) -> None:
    """Any usual spelling will do."""
    assert pitch_number(text) == pitch


@pytest.mark.parametrize("text", ["", "H4", "C", "128", "C10", "A9", "-5", "C4.5"])
def test_what_is_no_pitch_is_refused_in_a_sentence(text: str) -> None:
    """The message says how a pitch is written, or where MIDI's range ends."""
    with pytest.raises(UsageError, match=r"C4|C-1"):
        pitch_number(text)
