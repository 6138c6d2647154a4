"""Knobs refuse what is out of range and change nothing."""

import math

import pytest

from improv.errors import UsageError
from improv.play.params import KNOBS, Params, turned


@pytest.mark.parametrize("value", [0, -1, math.nan, 1e9, math.inf, True, "hot"])
def test_refuses_a_temperature_that_is_none(value):
    """The error says the range and what was given."""
    with pytest.raises(UsageError, match=r"temperature must be from 0\.05 to 5"):
        Params().with_value("temperature", value)


def test_a_whole_number_will_do_for_a_fraction():
    """`--temperature 1` is 1.0."""
    assert Params().with_value("temperature", 2) == Params(temperature=2.0)


def test_every_knob_has_a_default_in_its_range():
    """The table and the dataclass agree."""
    for knob in KNOBS.values():
        assert Params().with_value(knob.name, knob.default) == Params()


def test_the_lowest_pitch_stays_below_the_highest():
    """Two knobs that depend on each other are checked together."""
    with pytest.raises(UsageError, match="low 80, high 60"):
        Params(low=60, high=60).with_value("low", 80)


@pytest.mark.parametrize("value", ["weak", "", "GENTLE", 1, True, None])
def test_a_choice_is_one_of_its_words(value):
    """The error says them all."""
    with pytest.raises(UsageError, match="guard must be off, gentle or strong, not"):
        Params().with_value("guard", value)
    assert Params().with_value("guard", "off").guard == "off"


def test_the_knobs_that_were_turned():
    """By name, whichever way."""
    assert turned(Params()) == frozenset()
    assert turned(Params(style=0.5, guard="off", channel=3)) == {"style", "guard", "channel"}
