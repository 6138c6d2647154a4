"""What a control can turn: a knob, or one knob in a voice's line."""

from __future__ import annotations

import pytest

from improv.play import targets, voices
from improv.play.controls import Controls
from improv.play.params import KNOBS, Params, Value
from improv.play.turning import at_fraction

BASS = Params(voice_2="bass, output port:Volca", voice_3="harmonise, range C5-C7")


def after(target: str, wanted: Value, params: Params = BASS) -> Params:
    return params.with_value(*targets.turned(params, target, wanted))


def test_one_knob_of_a_line_is_turned_and_the_rest_of_it_stays() -> None:
    """Over a ready-made voice, beside its output; turned again, it is not said twice."""
    once = after("voice_2.density", 0.5)
    assert once.voice_2 == "bass, output port:Volca, density 0.50"
    twice = after("voice_2.density", -0.25, once)
    assert twice.voice_2 == "bass, output port:Volca, density -0.25"
    assert targets.value(twice, "voice_2.density") == -0.25
    assert targets.value(twice, "voice_2.polyphony") == 1
    assert voices.output(twice, 2) == "port:Volca"


@pytest.mark.parametrize("name", [name for name in KNOBS if name not in voices.SHARED])
@pytest.mark.parametrize("part", [0.0, 0.37, 1.0])
def test_every_knob_of_a_voice_can_be_turned_all_the_way(name: str, part: float) -> None:
    """What is written in the line is read as what was meant."""
    if (name, part) in {("low", 1.0), ("high", 0.0)}:
        part = 0.5  # a range that is none is refused, as the knobs themselves are
    wanted = at_fraction(KNOBS[name], part)
    params = Params(voice_4="solo, lowest C2, highest C8")
    params = params.with_value(*targets.turned(params, f"voice_4.{name}", wanted))
    assert targets.value(params, f"voice_4.{name}") == wanted


def test_half_a_range_leaves_the_other_half() -> None:
    """The words of both stay, and the later ones count."""
    turned = after("voice_3.low", 66)
    assert targets.value(turned, "voice_3.low") == 66
    assert targets.value(turned, "voice_3.high") == 96


def test_a_voice_that_is_off_has_nothing_to_turn() -> None:
    """Its control is taken, and does nothing until it is on and has been passed."""
    assert targets.value(Params(), "voice_2.density") is None
    assert targets.turned(Params(), "voice_2.density", 0.5) == ("voice_2", "off")
    controls = Controls(learning="voice_2.density")
    for place in (0, 127):
        heard = controls.move("KeyStep", bytes((0xB0, 21, place)), Params())
        assert heard.taken
        assert heard.turn is None
    assert controls.move("KeyStep", bytes((0xB0, 21, 10)), BASS).turn is not None


@pytest.mark.parametrize(
    ("target", "known"),
    [
        ("density", True),
        ("voice_2.density", True),
        ("voice_2", True),
        ("accompany.velocity", True),
        ("voice_2.tempo", False),  # which all have in common
        ("voice_5.density", False),
        ("voice_2.nonsense", False),
        ("density.density", False),
        ("", False),
    ],
)
def test_what_is_no_target_is_known_as_none(target: str, known: bool) -> None:
    """Of a file, of OSC, of anywhere."""
    assert targets.known(target) is known


def test_a_target_is_said_in_words() -> None:
    """As on the screen."""
    assert targets.words("voice_2.velocity_spread") == "voice 2 spread"
    assert targets.words("time_temperature") == "time temperature"
