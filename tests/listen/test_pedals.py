"""Pedals are lifted once, and only those that are down."""

from __future__ import annotations

from improv.listen.pedals import Pedals


def test_lifts_what_is_down_once():
    """Two pedals and a bend are down: each is lifted on its channel, and then there is nothing."""
    pedals = Pedals()
    for message in ("b0407f", "b14301", "e00070", "b0077f", "d040", "c003"):
        pedals.hear(bytes.fromhex(message))
    assert [m.hex() for m in pedals.lift()] == ["b04000", "b14300", "e00040"]
    assert pedals.lift() == []


def test_leaves_alone_what_was_lifted_by_you():
    """A pedal let go and a wheel let go need nothing."""
    pedals = Pedals()
    for message in ("b0407f", "b04000", "e00070", "e00040"):
        pedals.hear(bytes.fromhex(message))
    assert pedals.lift() == []


def test_tells_another_instrument_where_this_one_stands():
    """The last word of each, half pedals included; asking lifts nothing."""
    pedals = Pedals()
    for message in ("b04060", "b04020", "b14301"):
        pedals.hear(bytes.fromhex(message))
    assert [m.hex() for m in pedals.down()] == ["b04020", "b14301"]
    assert [m.hex() for m in pedals.up()] == ["b04000", "b14300"]
    assert [m.hex() for m in pedals.lift()] == ["b04000", "b14300"]
    assert pedals.down() == []


def test_resetting_controllers_lifts_those_of_its_channel():
    """CC121 is a release of everything on that channel."""
    pedals = Pedals()
    for message in ("b0407f", "e00070", "b1407f", "b07900"):
        pedals.hear(bytes.fromhex(message))
    assert [m.hex() for m in pedals.down()] == ["b1407f"]
