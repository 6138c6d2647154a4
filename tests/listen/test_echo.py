"""What comes back after it went out, and what only looks like it."""

from __future__ import annotations

import pytest

from improv.listen.echo import SURE, WINDOW, Echo
from improv.music.event import NoteOff, NoteOn, Other, Source
from improv.play.ledger import note_on


def struck(echo: Echo, at: float, pitch: int = 60, velocity: int = 71) -> None:
    echo.went(note_on(0, pitch, velocity), at, Source.IMPROV)


def test_a_note_of_improv_s_that_comes_back_is_met_once() -> None:
    """On any channel; and so is its end, which takes no other note's with it."""
    echo = Echo()
    struck(echo, 1.0)
    assert echo.is_own(NoteOn(1.03, 60, 71, 4), held=False)
    assert not echo.is_own(NoteOn(1.04, 60, 71, 4), held=False)
    assert not echo.is_own(NoteOff(1.10, 60, 0), held=False)
    echo.went(bytes((0x80, 60, 0)), 1.2, Source.IMPROV)
    assert echo.is_own(NoteOff(1.23, 60, 4), held=False)
    assert not echo.is_own(NoteOff(1.24, 60, 4), held=False)


@pytest.mark.parametrize(
    "event",
    [
        NoteOn(1.03, 61, 71, 0),
        NoteOn(1.03, 60, 70, 0),
        NoteOn(1.0 + WINDOW + 0.01, 60, 71, 0),
        NoteOn(0.9, 60, 71, 0),
    ],
)
def test_another_note_is_yours(event: NoteOn) -> None:
    """By its pitch, its loudness or its time."""
    echo = Echo()
    struck(echo, 1.0)
    assert not echo.is_own(event, held=False)


def test_a_key_struck_again_is_yours_however_alike() -> None:
    """A keyboard without touch repeats a note eight times a second; held, it would be no key."""
    echo = Echo()
    for n in range(10):
        at = 1.0 + n / 8
        assert not echo.is_own(NoteOn(at, 60, 64, 0), held=False)
        echo.went(note_on(0, 60, 64), at, Source.YOU)
    assert echo.is_own(NoteOn(at + 0.03, 60, 64, 0), held=True)


def test_pedals_are_left_out_only_where_there_surely_is_a_loop() -> None:
    """A pedal that goes down twice in a quarter of a second must not be lost."""
    echo, down = Echo(), b"\xb0\x40\x7f"
    echo.went(down, 1.0, Source.YOU)
    assert not echo.is_own(Other(1.1, down), held=False)
    for n in range(SURE):
        struck(echo, 2.0 + n / 10, 60 + n)
        assert echo.is_own(NoteOn(2.03 + n / 10, 60 + n, 71, 0), held=False)
    assert echo.is_loop(2.5)
    echo.went(down, 2.5, Source.YOU)
    assert echo.is_own(Other(2.53, down), held=False)
    assert not echo.is_loop(60.0)
