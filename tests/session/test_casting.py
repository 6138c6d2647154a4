"""Which voice plays to which output."""

from __future__ import annotations

from improv.music.event import Source
from improv.play.effects import EVERYBODY, Send
from improv.play.ledger import note_on
from improv.play.params import Params
from improv.session.casting import Casting

NAMES = ["virtual:improv", "port:Volca"]


def on(pitch: int, voice: int) -> Send:
    return Send(note_on(0, pitch, 80), 1.0, Source.IMPROV, voice=voice)


def off(pitch: int, voice: int) -> Send:
    return Send(bytes((0x80, pitch, 0)), 2.0, Source.IMPROV, voice=voice)


def test_an_output_that_a_voice_names_is_its_alone() -> None:
    """And it plays nowhere else; all others play to what is left."""
    casting = Casting()
    assert casting.cast(Params(voice_2="bass, output port:Volca", voice_3="lead")) == []
    assert casting.outputs == ("port:Volca",)
    assert casting.to(on(40, 2), NAMES) == ["port:Volca"]
    assert casting.to(on(60, 1), NAMES) == ["virtual:improv"]
    assert casting.to(on(72, 3), NAMES) == ["virtual:improv"]
    assert casting.to(Send(b"\xb0\x7b\x00", 1.0, Source.IMPROV, voice=EVERYBODY), NAMES) == NAMES


def test_a_note_ends_where_it_began_whatever_was_cast_since() -> None:
    """Else one would hang when an output changes hands under it."""
    casting = Casting()
    casting.cast(Params(voice_2="bass"))
    assert casting.to(on(40, 2), NAMES) == NAMES
    casting.cast(Params(voice_2="bass, output port:Volca"))
    assert casting.to(off(40, 2), NAMES) == NAMES
    assert casting.to(on(40, 2), NAMES) == ["port:Volca"]
    casting.cast(Params())
    assert casting.to(off(40, 2), NAMES) == ["port:Volca"]
    assert casting.to(on(40, 1), NAMES) == NAMES


def test_an_output_that_is_none_is_said() -> None:
    """By the voice that names it; the voice plays with the others."""
    casting = Casting()
    (words,) = casting.cast(Params(voice_2="bass, output trumpet:1"))
    assert words.startswith("voice 2: ")
    assert casting.to(on(40, 2), NAMES) == NAMES
