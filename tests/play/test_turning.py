"""A knob's way along its track."""

from __future__ import annotations

import pytest

from improv.play import turning
from improv.play.params import KNOBS, Knob, Params


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_every_place_on_every_track_is_a_value_in_range(knob: Knob) -> None:
    """The ends are the ends of the range, and no place in between is refused."""
    params = Params(low=0, high=127)
    for place in range(41):
        value = turning.at_fraction(knob, place / 40)
        if knob.name not in {"low", "high"}:
            params.with_value(knob.name, value)
        assert type(value) is knob.kind
    ends = (knob.choices[0], knob.choices[-1]) if knob.choices else (knob.low, knob.high)
    assert (turning.at_fraction(knob, 0), turning.at_fraction(knob, 1)) == ends
    assert turning.fraction(knob, turning.at_fraction(knob, 1)) == pytest.approx(1)


def test_temperature_has_as_much_track_below_one_as_a_musician_needs() -> None:
    """Its track is logarithmic: 1.0 is past the middle, not at a fifth."""
    assert 0.6 < turning.fraction(KNOBS["temperature"], 1.0) < 0.7


@pytest.mark.parametrize(
    ("name", "value", "presses", "finely", "after"),
    [
        ("temperature", 1.0, 1, False, 1.1),
        ("temperature", 1.0, -1, True, 0.99),
        ("temperature", 0.1, -1, False, 0.05),
        ("velocity", 80, 1, False, 84),
        ("velocity", 80, 1, True, 81),
        ("velocity", 126, 1, False, 127),
        ("low", 21, -1, False, 20),
        ("guard", "gentle", 1, False, "strong"),
        ("guard", "gentle", -10, False, "off"),
        ("guard", "off", 1, True, "gentle"),
        ("thru", True, -1, False, False),
        ("thru", False, 1, True, True),
    ],
)
def test_a_press_moves_by_a_step_or_finely_and_stops_at_the_ends(
    name: str, value, presses: int, finely: bool, after
) -> None:
    """Floats stay round: no 0.30000000000000004."""
    assert turning.stepped(KNOBS[name], value, presses, finely=finely) == after


@pytest.mark.parametrize(
    ("name", "begin", "end", "way"),
    [
        ("temperature", 0.5, 2.0, True),
        ("low", 21, 48, True),
        ("transpose", -12, 12, True),
        ("program", 0, 40, False),
        ("channel", 0, 9, False),
        ("key", 0, 7, False),
        ("guard", "off", "strong", False),
        ("thru", True, False, False),
        ("notes", 8, 24, True),
        ("notes", 0, 24, False),
        ("time_temperature", 0.6, 0.0, False),
    ],
)
def test_only_what_is_more_or_less_glides(name: str, begin, end, way: bool) -> None:
    """Between two instruments there is no third, and endless is not a short phrase."""
    assert turning.glides(KNOBS[name], begin, end) == way
