"""Drawing a note from a prediction, kind or hostile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.music.event import Note, ProposedNote, Source
from improv.play import sampling
from improv.play.messages import ANY
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.steps import LONGEST_STEP
from support import probabilities

ALL = sampling.pitch_range(0, 127)
hostile = st.floats(allow_nan=True, allow_infinity=True, width=32)
keys = st.tuples(st.integers(), st.integers())


def _draw(
    logits: np.ndarray, step: float, duration: float, params: Params, key: tuple[int, int]
) -> ProposedNote:
    """The first note there is."""
    return sampling.draw(logits, step, duration, Recent(), params, key)


def _logits(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, 128).astype(np.float32)


@settings(max_examples=300)
@given(
    st.lists(hostile, min_size=128, max_size=128) | st.lists(hostile, max_size=3),
    hostile,
    hostile,
    st.floats(0.05, 5),
    st.floats(0.05, 1),
    st.tuples(st.integers(0, 127), st.integers(0, 127)),
    keys,
)
def test_whatever_a_network_says_a_playable_note_comes_out(
    logits: list[float],
    step: float,
    duration: float,
    temperature: float,
    top_p: float,
    bounds: tuple[int, int],
    key: tuple[int, int],
) -> None:
    """NaN, infinities, negative times, too few logits: in range, and never silent or endless."""
    params = Params(temperature=temperature, top_p=top_p, low=min(bounds), high=max(bounds))
    with np.errstate(all="raise", under="ignore"):
        note = _draw(np.array(logits, np.float32), step, duration, params, key)
    assert params.low <= note.pitch <= params.high
    assert 1 <= note.velocity <= 127
    assert 0.0 <= note.step <= LONGEST_STEP
    assert sampling.SHORTEST <= note.duration <= sampling.LONGEST


def test_times_that_are_not_numbers_or_negative_are_the_shortest() -> None:
    """A NaN or negative step is a chord; a NaN duration is the shortest note."""
    for step in (float("nan"), -1.0, float("-inf")):
        assert _draw(_logits(), step, step, Params(), (0, 0)).step == 0.0
    note = _draw(_logits(), float("inf"), float("nan"), Params(), (0, 0))
    assert (note.step, note.duration) == (LONGEST_STEP, sampling.SHORTEST)


@given(keys, st.integers(0, 5))
def test_the_same_key_gives_the_same_note(key: tuple[int, int], seed: int) -> None:
    """A note depends on prediction, parameters and key, on nothing that went before."""
    first = _draw(_logits(seed), 0.1, 0.2, Params(), key)
    assert _draw(_logits(seed), 0.1, 0.2, Params(), key) == first


def test_different_keys_give_different_notes() -> None:
    """Seed and index both count."""
    drawn = [
        _draw(_logits(), 0.1, 0.2, Params(), key)
        for key in [(1, n) for n in range(40)] + [(n, 1) for n in range(2, 40)]
    ]
    assert len({(note.pitch, note.velocity) for note in drawn}) > 40


def test_pitches_come_as_often_as_their_probability() -> None:
    """Over 20,000 keys the frequencies are the softmax at that temperature."""
    logits = _logits(3)
    wanted = probabilities(logits, 1.3, 1.0, ALL)
    drawn = [
        int((sampling.weigh(logits, 1.3, 1.0, ALL) + sampling.noise((11, n)).pitch).argmax())
        for n in range(20_000)
    ]
    found = np.bincount(drawn, minlength=128) / len(drawn)
    # four standard deviations of a frequency
    assert (np.abs(found - wanted) < 4 * np.sqrt(wanted / len(drawn)) + 1e-3).all()


def test_temperature_divides_the_logits() -> None:
    """Twice the temperature, half the differences of log probability."""
    one = np.log(probabilities(_logits(), 1.0, 1.0, ALL))
    two = np.log(probabilities(_logits(), 2.0, 1.0, ALL))
    np.testing.assert_allclose(np.diff(one), 2 * np.diff(two), atol=1e-9)


@given(st.floats(0.05, 4.9), st.floats(0.01, 2))
def test_more_temperature_is_more_entropy(temperature: float, more: float) -> None:
    """Hotter is never more predictable."""

    def entropy(heat: float) -> float:
        chance = probabilities(_logits(), heat, 1.0, ALL)
        return float(-(chance * np.log(np.maximum(chance, 1e-300))).sum())

    assert entropy(temperature + more) >= entropy(temperature) - 1e-9


def test_a_turned_knob_bends_the_pitches_and_does_not_reroll_them() -> None:
    """A tenth more temperature leaves nearly all drawn pitches as they were."""
    same = sum(
        _draw(_logits(n), 0, 0, Params(temperature=1.0), (5, n)).pitch
        == _draw(_logits(n), 0, 0, Params(temperature=1.1), (5, n)).pitch
        for n in range(300)
    )
    assert same > 240  # independent draws agree in about 10


def test_a_pitch_still_in_range_is_kept_when_the_range_narrows() -> None:
    """Narrowing the range moves only the pitches it takes away."""
    for n in range(300):
        wide = _draw(_logits(n), 0, 0, Params(low=0, high=127), (5, n)).pitch
        narrow = _draw(_logits(n), 0, 0, Params(low=40, high=80), (5, n)).pitch
        assert narrow == wide if 40 <= wide <= 80 else 40 <= narrow <= 80


@given(st.floats(0.05, 0.999), st.integers(0, 20))
def test_top_p_keeps_the_fewest_pitches_that_hold_that_share(top_p: float, seed: int) -> None:
    """The kept pitches hold at least the share, and without the least of them they would not."""
    full = probabilities(_logits(seed), 1.0, 1.0, ALL)
    kept = probabilities(_logits(seed), 1.0, top_p, ALL) > 0
    assert full[kept].sum() >= top_p - 1e-9
    assert full[kept].sum() - full[kept].min() < top_p
    assert full[kept].min() >= full[~kept].max(initial=0.0)


def test_the_range_is_inside_the_distribution() -> None:
    """What is out of range gives its share to the rest; nothing is folded or clipped."""
    mask = sampling.pitch_range(50, 60)
    inside = probabilities(_logits(), 1.0, 1.0, mask)
    full = probabilities(_logits(), 1.0, 1.0, ALL)
    assert inside.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(inside[50:61], full[50:61] / full[50:61].sum())
    assert not inside[~mask].any()


def test_an_empty_mask_is_no_mask() -> None:
    """Forbidding everything must not end the music."""
    empty = np.zeros(128, np.bool_)
    np.testing.assert_allclose(
        probabilities(_logits(), 1.0, 1.0, empty),
        probabilities(_logits(), 1.0, 1.0, ALL),
    )


def test_velocity_stays_within_its_spread_and_reaches_both_sides() -> None:
    """Around the base, never further than the spread, and not always the same."""
    params = Params(velocity=80, velocity_spread=10)
    drawn = [_draw(_logits(), 0, 0, params, (2, n)).velocity for n in range(400)]
    assert 70 <= min(drawn) < 75
    assert 85 < max(drawn) <= 90
    flat = Params(velocity=1, velocity_spread=0)
    assert _draw(_logits(), 0, 0, flat, (2, 0)).velocity == 1


def test_bounds_condition_the_step_and_polyphony_is_one_of_them() -> None:
    """A mean outside its bounds is at the nearest; a single line never has two notes at once."""
    recent = Recent([Note(60, 64, 5.0, 2.0, Source.IMPROV)])

    def step(said: float, *, voices: int = 24, within: tuple[float, float] = ANY) -> float:
        params = Params(polyphony=voices)
        return sampling.draw(_logits(), said, 0.2, recent, params, (1, 1), within).step

    assert step(0.2) == 0.2
    assert step(0.2, within=(0.5, 9.0)) == 0.5
    assert step(0.2, within=(0.05, 0.1)) == 0.1
    assert step(0.0, voices=1) == pytest.approx(0.05)
    assert step(0.3, voices=1) == 0.3


def test_a_key_is_not_struck_twice_at_once() -> None:
    """A pitch that began less than 30 ms before is out, unless there is no other."""
    recent = Recent([Note(60, 64, 5.0, 0.2)])
    logits = np.where(np.arange(128) == 60, 50.0, 0.0)
    for step, again in ((0.01, False), (0.05, True)):
        note = sampling.draw(logits, step, 0.2, recent, Params(), (1, 1))
        assert (note.pitch == 60) is again
    alone = Params(low=60, high=60)
    assert sampling.draw(logits, 0.01, 0.2, recent, alone, (1, 1)).pitch == 60


@pytest.mark.parametrize(("guard", "stays"), [("off", True), ("gentle", False), ("strong", False)])
def test_the_guard_tires_of_a_pitch(guard: str, stays: bool) -> None:
    """Thirty times the same note: however likely, it is not the thirty-first but with it off."""
    recent = Recent(Note(60, 64, 0.2 * n, 0.2) for n in range(30))
    logits = np.where(np.arange(128) == 60, 8.0, 0.0)
    note = sampling.draw(logits, 0.2, 0.2, recent, Params(temperature=0.5, guard=guard), (1, 1))
    assert (note.pitch == 60) is stays
