"""Nothing rings on from a keyboard that is gone or no longer passed on; in virtual time."""

from __future__ import annotations

import pytest

from improv.music.event import NoteOn, Other, Source
from improv.play.effects import Send
from improv.play.messages import SetParam
from support import stage

PEDAL_DOWN, PEDAL_UP = bytes((0xB0, 64, 127)), bytes((0xB0, 64, 0))


def yours(made):
    """Your messages as they went out, with their times."""
    return [
        (now, effect.message)
        for now, effect in made.effects
        if isinstance(effect, Send) and effect.source is Source.YOU and effect.audible
    ]


def test_lifts_keys_and_pedals_of_a_keyboard_that_is_gone():
    """A key and the pedal are down when the keyboard goes: both are let go at once, once."""
    made = stage(idle_start=None)
    made.feed(Other(1.0, PEDAL_DOWN), 1.0)
    made.feed(NoteOn(1.1, 60, 70), 1.1)
    made.run_until(2.0)
    made.do(made.engine.lift_keys(2.0))
    made.do(made.engine.lift_keys(2.0))
    assert yours(made)[2:] == [(2.0, bytes((0x80, 60, 0))), (2.0, PEDAL_UP)]


@pytest.mark.parametrize("down", [PEDAL_DOWN, bytes((0xE0, 0, 127))], ids=["pedal", "bend"])
def test_turning_thru_off_lifts_pedals(down):
    """Their release will not be passed on, and improv's notes would ring on or be out of tune."""
    made = stage(idle_start=None)
    made.feed(Other(1.0, down), 1.0)
    made.feed(SetParam(1, "thru", value=False), 2.0)
    made.feed(Other(3.0, PEDAL_UP), 3.0)
    assert yours(made)[0] == (1.0, down)
    assert [at for at, _ in yours(made)[1:]] == [2.0]
