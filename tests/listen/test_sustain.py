"""Which notes a pedal keeps, and what ends them."""

from __future__ import annotations

import pytest

from improv.listen.sustain import Sustain, lets_keys_go

C4, E4, OTHERS = (0, 60, True), (0, 64, True), (1, 60, True)


def pedal(value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, 64, value))


def test_keeps_nothing_while_the_pedal_is_up():
    """Also when it never said a word."""
    sustain = Sustain()
    assert not sustain.keep(1, C4)
    sustain.hear(pedal(127))
    sustain.hear(pedal(0))
    assert not sustain.keep(2, C4)


def test_the_pedal_ends_what_it_kept_when_it_comes_up():
    """On its channel only, and each note once."""
    sustain = Sustain()
    sustain.hear(pedal(127))
    sustain.hear(pedal(127, 1))
    assert all(sustain.keep(serial, key) for serial, key in ((1, C4), (2, E4), (3, OTHERS)))
    assert len(sustain) == 3
    assert sustain.hear(pedal(0)) == [1, 2]
    assert sustain.hear(pedal(0)) == []
    assert sustain.lift() == [3]
    assert not sustain.keep(4, OTHERS)


def test_a_half_pedal_is_down_from_sixty_four_up():
    """A continuous pedal that trembles above it keeps what it keeps."""
    sustain = Sustain()
    for value in (20, 63, 64, 90, 70):
        assert sustain.hear(pedal(value)) == []
    assert sustain.keep(1, C4)
    assert sustain.hear(pedal(64)) == []
    assert sustain.hear(pedal(63)) == [1]


def test_a_key_struck_again_ends_what_rings():
    """And no other key."""
    sustain = Sustain()
    sustain.hear(pedal(127))
    sustain.keep(1, C4)
    assert sustain.strike(E4) is None
    assert sustain.strike(C4) == 1
    assert sustain.strike(C4) is None


@pytest.mark.parametrize(
    ("control", "ended", "still_down"),
    [(120, [1], True), (121, [1], False), (123, [], True), (66, [], True), (7, [], True)],
)
def test_what_other_controls_do_to_it(control: int, ended: list[int], still_down: bool):
    """All sound off ends notes, a reset lifts the pedal too, all notes off is about keys alone."""
    sustain = Sustain()
    sustain.hear(pedal(127))
    sustain.keep(1, C4)
    assert sustain.hear(bytes((0xB0, control, 0))) == ended
    assert sustain.keep(2, E4) is still_down


def test_messages_that_let_every_key_go():
    """CC120 and 123 to 127 (changes of mode imply it), no other control and no other message."""
    controls = [c for c in range(128) if lets_keys_go(bytes((0xB3, c, 0)))]
    assert controls == [120, 123, 124, 125, 126, 127]
    assert not lets_keys_go(bytes((0xA0, 123, 0)))
    assert not lets_keys_go(bytes((0xC0, 123)))
