"""MIDI learn: what a control turns, and when it takes hold."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.play.controls import Control, Controls, control_of
from improv.play.params import KNOBS, Params
from improv.play.turning import at_fraction

DEVICE = "KeyStep"
CC21 = Control(DEVICE, "cc", 0, 21)


def cc(value: int, number: int = 21, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def learnt(knob: str, params: Params, at: int = 0) -> Controls:
    controls = Controls(learning=knob)
    assert controls.move(DEVICE, cc(at), params).learnt == CC21
    assert controls.learning is None
    return controls


def test_a_control_that_is_moved_is_learnt() -> None:
    """The knob does not jump to where it is; the musician is told."""
    controls = Controls(learning="temperature")
    heard = controls.move(DEVICE, cc(127), Params())
    assert heard.taken
    assert heard.turn is None
    assert "cc 21 channel 1 of KeyStep turns temperature; it takes hold when" in heard.words
    assert controls.bindings == {CC21: "temperature"}


def test_a_knob_follows_once_the_control_has_passed_it() -> None:
    """From below: nothing, until it is at the knob's place or beyond."""
    params = Params(velocity=80)
    controls = learnt("velocity", params)
    assert controls.move(DEVICE, cc(40), params).turn is None
    assert not controls.standing(params)[0].caught
    assert controls.move(DEVICE, cc(100), params).turn == ("velocity", 100)
    params = params.with_value("velocity", 100)
    assert controls.standing(params)[0].caught
    assert controls.move(DEVICE, cc(20), params).turn == ("velocity", 21)


def test_a_knob_that_was_turned_elsewhere_waits_for_its_control() -> None:
    """A preset has moved it: the fader must pass it again."""
    params = Params(velocity=1)
    controls = learnt("velocity", params)
    assert controls.move(DEVICE, cc(60), params).turn is not None
    params = Params(velocity=110)
    assert not controls.standing(params)[0].caught
    assert controls.move(DEVICE, cc(70), params).turn is None
    assert controls.move(DEVICE, cc(112), params).turn is not None


def test_a_switch_follows_at_once() -> None:
    """A button sends its two ends only."""
    controls = learnt("thru", Params())
    assert controls.move(DEVICE, cc(0), Params()).turn == ("thru", False)
    assert controls.move(DEVICE, cc(127), Params(thru=False)).turn == ("thru", True)


def test_a_control_turns_as_the_track_does() -> None:
    """Logarithmic where the track is."""
    params = Params(temperature=0.05)
    controls = learnt("temperature", params)
    turn = controls.move(DEVICE, cc(64), params).turn
    assert turn == ("temperature", at_fraction(KNOBS["temperature"], 64 / 127))
    assert turn[1] < 1.0


def test_only_that_control_of_that_device_on_that_channel() -> None:
    """All others are passed on."""
    controls = learnt("velocity", Params())
    for device, data in (("Other", cc(90)), (DEVICE, cc(90, 22)), (DEVICE, cc(90, 21, 3))):
        assert not controls.move(device, data, Params()).taken


def test_wheel_and_pressure_can_be_learnt_too() -> None:
    """Each by its own resolution."""
    controls = Controls(learning="register")
    assert controls.move(DEVICE, bytes((0xE0, 0, 64)), Params()).learnt
    assert controls.move(DEVICE, bytes((0xE0, 127, 127)), Params()).turn == ("register", 1.0)
    controls.learning = "lean"
    assert controls.move(DEVICE, bytes((0xD0, 0)), Params(lean=0.0)).learnt
    assert controls.move(DEVICE, bytes((0xD0, 127)), Params(lean=0.0)).turn == ("lean", 1.0)


@pytest.mark.parametrize("number", [64, 66, 67, 120, 123, 127])
def test_pedals_and_channel_messages_are_not_learnt(number: int) -> None:
    """It says why, goes on waiting, and passes them on."""
    controls = Controls(learning="velocity")
    heard = controls.move(DEVICE, cc(127, number), Params())
    assert not heard.taken
    assert f"CC {number} is " in heard.words
    assert controls.learning == "velocity"
    with pytest.raises(UsageError, match=f"CC {number} is "):
        control_of(DEVICE, f"cc {number} channel 1")


def test_a_control_that_is_forgotten_is_passed_on_again() -> None:
    """And a program change never was a control."""
    controls = learnt("velocity", Params())
    assert controls.forget(CC21)
    assert not controls.forget(CC21)
    assert not controls.move(DEVICE, cc(1), Params()).taken
    controls.learning = "velocity"
    assert not controls.move(DEVICE, bytes((0xC0, 1)), Params()).taken


@pytest.mark.parametrize(
    "control", [CC21, Control(DEVICE, "bend", 15), Control(DEVICE, "pressure", 3)]
)
def test_a_control_is_written_as_it_is_read(control: Control) -> None:
    """In a file, in words."""
    assert control_of(DEVICE, control.words) == control


@pytest.mark.parametrize("words", ["cc", "cc 128 channel 1", "cc 1 channel 17", "knob 3", "bend"])
def test_what_is_no_control_is_refused(words: str) -> None:
    """In a sentence that has it."""
    with pytest.raises(UsageError, match=words):
        control_of(DEVICE, words)


def test_a_deed_is_done_at_each_press() -> None:
    """Not while it is learnt nor at a release; once for a slow press, and at a pad's every blow."""
    controls = learnt("do.panic", Params(), at=127)
    moves = (0, 127, 0, 40, 70, 90, 127, 0, 127, 127)
    done = [controls.move(DEVICE, cc(place), Params()).deed for place in moves]
    assert [n for n, deed in enumerate(done) if deed] == [1, 4, 8, 9]
    assert set(done) == {"", "panic"}
    assert controls.standing(Params())[0].caught
    assert controls.move(DEVICE, cc(0), Params()).taken
