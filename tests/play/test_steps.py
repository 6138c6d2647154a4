"""Bounds on the step: the bounded distribution is the free one, renormalised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.event import Note, Source
from improv.music.hearing import time_bin, time_in
from improv.music.vocabulary import TIMES
from improv.play import factors, sampling, steps
from improv.play.params import Params
from improv.play.recent import Recent

LOGITS = np.random.default_rng(5).normal(0, 1.5, TIMES)
times = st.floats(0.0, 6.0)


def drawn(between: tuple[float, float], count: int = 20_000, seed: int = 1) -> np.ndarray:
    """Steps that successive keys draw of one distribution."""
    return np.array(
        [
            factors.draw_step(LOGITS, 1.0, 1.0, between, factors.noise((seed, index)))
            for index in range(count)
        ]
    )


@pytest.mark.parametrize("low", [0.0, 0.002, 0.0137, 0.05, 0.31, 1.7, 3.9])
def test_no_earlier_than_now_is_the_free_distribution_renormalised(low: float) -> None:
    """Every bin above the bound keeps its odds, the one it cuts by what is left of it."""
    between = (low, 4.0)
    bounded = np.exp(sampling.weigh(LOGITS, 1.0, 1.0, room=steps.room(between)))
    bounded /= bounded.sum()
    free = np.exp(sampling.weigh(LOGITS, 1.0, 1.0, room=steps.room((0.0, 4.0))))
    whole = steps.room((0.0, 4.0))
    wanted = np.divide(free * steps.room(between), whole, out=np.zeros(TIMES), where=whole > 0)
    np.testing.assert_allclose(bounded, wanted / wanted.sum(), atol=1e-12)


@pytest.mark.parametrize("low", [0.0, 0.0137, 0.31])
def test_steps_are_drawn_as_free_ones_that_come_later(low: float) -> None:
    """Drawing with a bound, and drawing freely and keeping what is later: one distribution."""
    free = drawn((0.0, 4.0))
    kept, bounded = free[free >= low], drawn((low, 4.0), seed=2)
    assert bounded.min() >= low
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        place = np.quantile(kept, share)
        # four standard deviations of a difference of two shares
        off = 4 * math.sqrt(share * (1 - share) * (1 / len(kept) + 1 / len(bounded)))
        assert (bounded < place).mean() == pytest.approx(share, abs=off)


def test_the_same_key_keeps_its_step_where_that_is_still_open() -> None:
    """A bound bends a plan: where the bin it drew lies above, nothing moves."""
    for index in range(300):
        chance = factors.noise((4, index))
        free = factors.draw_step(LOGITS, 1.0, 1.0, (0.0, 4.0), chance)
        later = factors.draw_step(LOGITS, 1.0, 1.0, (0.1, 4.0), chance)
        if time_bin(free) > time_bin(0.1):
            assert later == free


@given(times, times, st.floats(0, 1, exclude_max=True))
def test_what_is_drawn_inside_a_bin_lies_within_the_bounds(
    a: float, b: float, share: float
) -> None:
    """For every bin with room, and all there is lies between none and whole."""
    between = (min(a, b), max(a, b))
    room = steps.room(between)
    assert ((room >= 0) & (room <= 1)).all()
    for chosen in np.flatnonzero(room):
        step = steps.inside(int(chosen), share, between)
        assert between[0] <= step <= between[1]
        assert time_in(chosen, 0.0) - 1e-9 <= step <= time_in(chosen, 1.0) + 1e-9


def test_bounds_are_of_the_hand_and_of_the_voices() -> None:
    """Ten notes at once and no more; of its own as many as `polyphony` within 50 ms."""
    mine = Recent(Note(60 + n, 64, 1.0 + 0.01 * n, 0.5, Source.IMPROV) for n in range(3))
    assert steps.bounds(mine, Params()) == (0.0, 4.0)
    assert steps.bounds(mine, Params(polyphony=4)) == (0.0, 4.0)
    assert steps.bounds(mine, Params(polyphony=3))[0] == pytest.approx(0.03)
    assert steps.bounds(mine, Params(polyphony=1))[0] == pytest.approx(0.05)
    yours = Recent(Note(60 + n, 64, 1.0, 0.5) for n in range(10))
    assert steps.bounds(yours, Params(polyphony=1))[0] == pytest.approx(0.03)


def test_bounds_that_leave_nothing_are_one_moment() -> None:
    """The least that can be: what is asked for must not come before what hands can do."""
    mine = Recent([Note(60, 64, 1.0, 0.5, Source.IMPROV)])
    low, high = steps.bounds(mine, Params(polyphony=1), (0.0, 0.01))
    assert low == high == pytest.approx(0.05)
    assert steps.bounds(mine, Params(), (9.0, 20.0)) == (4.0, 4.0)
    assert steps.bounds(mine, Params(), (-3.0, -2.0)) == (0.0, 0.0)
    assert steps.bounds(Recent(), Params(), (0.2, 0.3)) == (0.2, 0.3)
