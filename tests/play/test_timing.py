"""Rolling figures: what the strip and the benchmark say about time."""

from __future__ import annotations

import random

from improv.play.timing import LATE, Meter, Percentiles


def test_percentiles_are_of_the_last_values_and_the_largest_of_all() -> None:
    """As sorting the window at each question would give."""
    rng, seen, values = random.Random(1), Percentiles(size=50), []
    for _ in range(500):
        values.append(rng.choice((rng.random(), 0.5)))  # equal ones among them
        seen.add(values[-1])
    window = sorted(values[-50:])
    assert len(seen) == 50
    assert seen.at(0.0, 0.5, 0.99) == [window[0], window[25], window[49]]
    assert seen.largest == max(values)


def test_the_oldest_value_makes_way() -> None:
    """A bad moment is forgotten by the percentiles, and not by the largest."""
    seen = Percentiles(size=3)
    for value in (9.0, 1.0, 2.0, 3.0):
        seen.add(value)
    assert seen.at(0.0, 0.5, 0.99) == [1.0, 2.0, 3.0]
    assert seen.largest == 9.0


def test_nothing_seen_is_nothing_said() -> None:
    """Zeros, and not an error."""
    assert Percentiles().at(0.5, 0.99) == [0.0, 0.0]


def test_drift_is_how_much_later_notes_leave_than_at_the_beginning() -> None:
    """By the median, so that one late note is no drift."""
    meter = Meter(keep_log=True)
    for index in range(1200):
        meter.note_sent(float(index), 0.001 if index < 100 else 0.003)
    meter.note_sent(2000.0, LATE + 0.1)
    assert round(meter.drift(), 6) == 0.002
    assert meter.late == 1
    assert meter.log is not None
    assert len(meter.log) == 1201
