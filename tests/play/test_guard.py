"""The repetition guard: what goes in circles is worn, other music is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from improv.music.event import Note
from improv.play.guard import LONGEST_ROUND
from improv.play.recent import Recent

STEP = 0.2


def played(pitches: list[int], step: float = STEP) -> Recent:
    return Recent(Note(pitch, 64, step * n, 0.1) for n, pitch in enumerate(pitches))


def first_worn(bar: list[int], guard: str) -> int:
    """Notes of a bar played round and round before the guard takes from the next one."""
    recent = Recent()
    for count in range(400):
        pitch = bar[count % len(bar)]
        if pitch in recent.worn(guard, STEP):
            return count
        recent.hear(pitch, STEP * count, own=True)
    raise AssertionError("never")


@pytest.mark.parametrize("period", range(1, LONGEST_ROUND + 1))
def test_every_round_is_tired_of_the_longer_the_later(period: int) -> None:
    """A bar of one note to sixteen: strong after one round more and six notes, gentle twelve."""
    bar = list(range(50, 50 + period))
    assert first_worn(bar, "strong") == 2 * period + 6 + 1
    assert first_worn(bar, "gentle") == 2 * period + 12 + 1


def test_off_is_off() -> None:
    """A hundred times one note."""
    assert played([60] * 100).worn("off", STEP) == {}


def test_it_takes_the_more_the_longer_it_goes_round() -> None:
    """More than any network can be sure of, and strong more than gentle."""
    nats = [played([60] * count).worn("gentle", STEP).get(60, 0.0) for count in (10, 20, 30, 60)]
    assert nats == sorted(nats)
    assert nats[0] == 0.0
    assert nats[-1] == pytest.approx(15.0)
    assert played([60] * 60).worn("strong", STEP)[60] == pytest.approx(30.0)


def test_only_what_would_go_on_is_worn() -> None:
    """Four notes round and round: the next of them, and no other."""
    recent = played([60, 64, 67, 72] * 10)
    assert set(recent.worn("gentle", STEP)) == {60}
    recent.follow(60, STEP)
    assert set(recent.worn("gentle", STEP)) == {64}


def test_a_wrong_note_now_and_then_does_not_hide_a_loop() -> None:
    """One note of twenty is another: it is still the same bar."""
    pitches = [60, 64, 67, 64] * 15
    pitches[19::20] = [65] * len(pitches[19::20])
    assert set(played(pitches).worn("gentle", STEP)) == {60}


def test_the_order_within_a_chord_hides_nothing() -> None:
    """The same two chords for ever, struck in any order: all notes of the next one are worn."""
    rng = np.random.default_rng(1)
    recent = Recent()
    for moment in range(24):
        chord = ([60, 64, 67], [59, 62, 67])[moment % 2]
        for place, pitch in enumerate(rng.permutation(chord).tolist()):
            recent.hear(pitch, 0.5 * moment + 0.004 * place, own=True)
    assert set(recent.worn("gentle", 0.5)) == {60, 64, 67}
    recent.follow(67, 0.5)
    assert {60, 64} <= set(recent.worn("gentle", 0.004))


def test_music_is_left_alone() -> None:
    """A scale up, a walk, a theme twice with its answer: nothing is worn."""
    walk = (60 + np.random.default_rng(3).integers(-7, 8, 64).cumsum() % 24).tolist()
    theme = [60, 62, 64, 60, 67, 65, 64, 62]
    for pitches in (list(range(40, 100)), walk, [*theme, *theme, 59, 57, 55, 59, *theme]):
        assert played(pitches).worn("gentle", STEP) == {}
    assert Recent().worn("strong", STEP) == {}


@pytest.mark.parametrize("size", [15, 16, 17, 18, 24, 40])
@pytest.mark.parametrize("guard", ["off", "gentle", "strong"])
def test_a_moment_of_more_notes_than_a_round_has_wears_nothing(size: int, guard: str) -> None:
    """A run so fast that each note begins together with the one before, after a long loop."""
    recent = played([60] * 60)
    for n in range(size):
        recent.hear(40 + n, 60 * STEP + 0.02 * n, own=True)
    begun = recent.worn(guard, 0.02)
    assert guard != "off" or begun == {}
    assert size < LONGEST_ROUND or begun == {}


def test_what_was_broken_is_forgotten() -> None:
    """After a bar played a hundred times and two lines of other music, it may come again."""
    other = (50 + np.arange(34) * 5 % 23).tolist()
    recent = played([60, 64, 67, 64] * 25 + other)
    assert recent.worn("gentle", STEP) == {}
