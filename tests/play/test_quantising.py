"""Planned notes on a grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.music.event import Note, Source
from improv.music.timeline import Timeline
from improv.play.params import GRIDS, Params
from improv.play.quantising import BEATS, Grid, quantised

BEAT = Timeline(10.0, 0.0, 120.0)  # half a second


def note(start: float, pitch: int = 60) -> Note:
    return Note(pitch, 80, start, 0.2, Source.IMPROV)


def at(notes, *, floor: float = 0.0, before=(), index: int = 0, **knobs) -> list[float]:
    params = Params(sync="internal", **knobs)
    moved = quantised(notes, BEAT, params, floor=floor, before=before, key=(7, index))
    assert [n.pitch for n in moved] == [n.pitch for n in notes]
    return [n.start for n in moved]


@pytest.mark.parametrize(
    ("grid", "line"), [("1/4", 10.5), ("1/8", 10.25), ("1/16", 10.375), ("1/32", 10.3125)]
)
def test_a_note_goes_to_the_nearest_line(grid: str, line: float) -> None:
    """Of each grid."""
    wanted = {"1/4": 10.26, "1/8": 10.34, "1/16": 10.34, "1/32": 10.34}[grid]
    assert at([note(wanted)], grid=grid) == [pytest.approx(line)]


def test_triplets_are_three_to_a_beat_or_to_half_of_one() -> None:
    """1/8T and 1/16T; swing does nothing to them."""
    assert at([note(10.18)], grid="1/8T", swing=0.5) == [pytest.approx(10 + 1 / 6)]
    assert at([note(10.09)], grid="1/16T") == [pytest.approx(10 + 1 / 12)]


def test_swing_makes_every_second_line_late() -> None:
    """By its share of the distance; a third is triplets."""
    assert at([note(10.24), note(10.49, 61)], grid="1/8", swing=1 / 3) == [
        pytest.approx(10.25 + 0.25 / 3),
        pytest.approx(10.5),
    ]


def test_strength_draws_part_of_the_way() -> None:
    """Half is half way, none is not at all."""
    assert at([note(10.30)], grid="1/8", strength=0.5) == [pytest.approx(10.275)]
    assert at([note(10.30)], grid="1/8", strength=0.0) == [10.30]


def test_a_chord_stays_together_and_strays_together() -> None:
    """What was meant within 30 ms is on one line, and humanised as one."""
    chord = [note(10.115, 60), note(10.13, 64), note(10.14, 67)]
    assert (
        at(chord, grid="1/8") == [pytest.approx(10.0)] * 3
        or at(chord, grid="1/8") == [pytest.approx(10.25)] * 3
    )
    strayed = at(chord, grid="1/8", humanise=20.0)
    assert len(set(strayed)) == 1
    assert 0 < abs(strayed[0] - at(chord, grid="1/8")[0]) <= 0.020
    free = at(chord, humanise=20.0)
    assert [b - a for a, b in pairwise(free)] == pytest.approx([0.015, 0.010])


def test_a_pitch_is_on_a_line_once_and_a_single_line_stays_one() -> None:
    """What finds no room goes to the next line."""
    quick = [note(10.0 + 0.05 * k, 60 + k % 2) for k in range(4)]
    assert at(quick, grid="1/4") == pytest.approx([10.0, 10.0, 10.5, 10.5])
    assert at(quick, grid="1/4", polyphony=1) == pytest.approx([10.0, 10.5, 11.0, 11.5])
    planned = [note(10.0, 60)]
    assert at([note(10.05, 60)], grid="1/4", before=planned) == [pytest.approx(10.5)]


def test_no_line_before_the_floor_is_taken() -> None:
    """The next one is."""
    assert at([note(10.05)], grid="1/4", floor=10.04) == [pytest.approx(10.5)]
    assert at([note(10.5)], grid="1/4", floor=10.5) == [10.5]


@given(
    steps=st.lists(st.tuples(st.floats(0, 1.0), st.integers(50, 60)), max_size=30),
    grid=st.sampled_from(GRIDS),
    swing=st.floats(0, 0.75),
    strength=st.floats(0, 1),
    humanise=st.floats(0, 50),
    bpm=st.floats(20, 300),
    floor=st.floats(5, 12),
)
@settings(max_examples=300, deadline=None)
def test_order_and_floor_stand_whatever_the_knobs(
    steps, grid, swing, strength, humanise, bpm, floor
) -> None:
    """And the same notes are moved in the same way."""
    params = Params(sync="internal", grid=grid, swing=swing, strength=strength, humanise=humanise)
    notes, now = [], floor
    for step, pitch in steps:
        now += step
        notes.append(note(now, pitch))
    timeline = Timeline(3.0, 0.5, bpm)
    moved, same = (
        quantised(notes, timeline, params, floor=floor, before=(), key=(3, 9)) for _ in "ab"
    )
    starts = [n.start for n in moved]
    assert starts == sorted(starts)
    assert all(start >= floor for start in starts)
    assert [n.pitch for n in moved] == [n.pitch for n in notes]
    assert moved == same
    if grid != "off":
        strict = replace(params, strength=1.0, humanise=0.0)
        drawn = quantised(notes, timeline, strict, floor=floor, before=(), key=(3, 9))
        lines = Grid(timeline, BEATS[grid], 0.0 if "T" in grid else swing)
        for each in drawn:
            assert each.start == pytest.approx(lines.time(lines.nearest(each.start)), abs=1e-6)
