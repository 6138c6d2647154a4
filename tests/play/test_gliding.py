"""Knobs on their way to a preset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.play.gliding import Glide, in_order
from improv.play.params import Params


def test_what_has_a_way_takes_it_and_what_has_not_switches() -> None:
    """Loudness glides, the guard and the instrument switch at the start."""
    there = {"velocity": 120, "guard": "strong", "program": 40}
    glide = Glide(Params(velocity=80), there, 10.0, 4.0)
    assert glide.at(10.0) == {"velocity": 80, "guard": "strong", "program": 40}
    assert glide.at(12.0)["velocity"] == 100
    assert glide.due() == pytest.approx(12.05)
    assert glide.at(99.0) == there
    assert glide.due() is None


def test_temperature_glides_along_its_track() -> None:
    """Half way from 0.1 to 1.6 each doubling has taken as long."""
    assert Glide(Params(temperature=0.1), {"temperature": 1.6}, 0.0, 1.0).at(0.5) == {
        "temperature": pytest.approx(0.4)
    }


def test_no_time_is_at_once() -> None:
    """The values themselves, not rounded to a track."""
    glide = Glide(Params(), {"temperature": 0.777}, 3.0, 0.0)
    assert glide.at(3.0) == {"temperature": 0.777}
    assert glide.due() is None


def test_a_knob_that_is_turned_on_the_way_leaves() -> None:
    """It belongs to whoever turned it."""
    glide = Glide(Params(), {"velocity": 120, "density": 1.0}, 0.0, 4.0)
    glide.leave("velocity")
    assert set(glide.at(1.0)) == {"density"}


LIMITS = st.tuples(st.integers(0, 127), st.integers(0, 127)).map(sorted)


@given(LIMITS, LIMITS)
def test_a_range_moves_anywhere_and_is_never_refused(here, there) -> None:
    """Which end goes first depends on where it goes."""
    params = Params(low=here[0], high=here[1])
    for name, value in in_order(params, {"low": there[0], "high": there[1]}):
        params = params.with_value(name, value)
    assert [params.low, params.high] == there
