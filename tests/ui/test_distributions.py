"""The distributions that the screen draws as it plays."""

from __future__ import annotations

import pytest

from improv.music.event import Source
from improv.session.messages import Ended, Sounded
from improv.ui.distributions import (
    FINE,
    HIGHEST,
    LOWEST,
    Distributions,
    halves,
    pitch_columns,
    pitch_place,
    time_bin,
    time_columns,
    time_place,
)
from improv.ui.state import State


def test_each_player_s_steps_are_from_their_own_note_before() -> None:
    """A chord of yours under its run changes nothing in its rhythm."""
    counted = Distributions()
    for start in (1.0, 1.1, 1.2, 1.3):
        counted.begin(Source.IMPROV, 60, start)
        counted.begin(Source.YOU, 48, start + 0.05)
    its = counted.of[Source.IMPROV]
    assert its.notes == 4
    assert its.pitch[60] == 4
    assert sum(its.step) == 3
    assert its.step[time_bin(0.1 + 1e-9)] + its.step[time_bin(0.1 - 1e-9)] == 3


@pytest.mark.parametrize(
    ("seconds", "place"), [(0.0, 0.0), (0.001, 0.0), (0.1, 0.5), (1.0, 0.75), (60.0, 1.0)]
)
def test_time_is_on_a_logarithmic_track(seconds: float, place: float) -> None:
    """What is beyond an end counts there."""
    assert time_bin(seconds * 1.0001) == min(FINE - 1, round(place * FINE))


@pytest.mark.parametrize("width", [8, 18, 24, 38, 88, 200])
def test_nothing_is_lost_in_columns_of_any_width(width: int) -> None:
    """Each key and each time is in one column, the one that is named for it."""
    pitches = [int(LOWEST <= pitch <= HIGHEST) for pitch in range(128)]
    columns = pitch_columns(pitches, width)
    assert sum(columns) == HIGHEST - LOWEST + 1
    assert len(columns) <= width
    one = [int(pitch == 60) for pitch in range(128)]
    assert pitch_columns(one, width)[pitch_place(60, width)] == 1
    assert sum(time_columns([1] * FINE, width)) == FINE
    one = [int(place == time_bin(0.2)) for place in range(FINE)]
    assert time_columns(one, width)[time_place(0.2, width)] == 1


def test_the_highest_column_fills_the_rows_and_one_note_is_seen() -> None:
    """However many there are of the others."""
    assert halves([0, 1, 500, 1000], rows=4) == [0, 1, 4, 8]
    assert halves([0, 0], rows=4) == [0, 0]


def test_the_screen_counts_what_sounds_and_how_long() -> None:
    """As the player reports it."""
    state = State()
    state.take(Sounded(1, 64, 80, 10.0, Source.YOU), 10.0)
    state.take(Ended(1, 10.5), 10.5)
    state.take(Ended(9, 11.0), 11.0)  # never heard of
    yours = state.distributions.of[Source.YOU]
    assert (yours.notes, sum(yours.duration)) == (1, 1)
    assert yours.duration[time_bin(0.5)] == 1
