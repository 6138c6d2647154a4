"""Drawing a note factor by factor: knobs bend it, constraints condition it, chance is the key's."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from improv.music.hearing import time_bin, time_in
from improv.play import factors
from improv.play.factors import Recent, draw, noise
from improv.play.params import Params


class Fixed:
    """A listener whose distributions are the same whatever it has heard."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        sizes = {"step": 64, "pitch": 128, "duration": 64, "velocity": 32}
        self.logits = {name: rng.normal(0, 2, size) for name, size in sizes.items()}

    def velocity(self) -> np.ndarray:
        return self.logits["velocity"]

    def step(self, velocity: int) -> np.ndarray:
        return self.logits["step"]

    def pitch(self, velocity: int, step: float) -> np.ndarray:
        return self.logits["pitch"]

    def duration(self, velocity: int, step: float, pitch: int) -> np.ndarray:
        return self.logits["duration"]


RECENT = Recent([60], [0.0])


def test_the_same_key_gives_the_same_note() -> None:
    """Whatever was drawn between."""
    first = draw(Fixed(), RECENT, Params(), (3, 4))
    assert draw(Fixed(), RECENT, Params(), (3, 5)) != first
    assert draw(Fixed(), RECENT, Params(), (3, 4)) == first


def test_pitches_come_as_often_as_their_probability() -> None:
    """The Gumbel noise of successive keys draws from the softmax."""
    listener = Fixed()
    listener.logits["pitch"] = np.full(128, -50.0)
    listener.logits["pitch"][[48, 60, 72]] = np.log([0.5, 0.3, 0.2])
    drawn = Counter(
        draw(listener, Recent([], []), Params(), (1, index)).pitch for index in range(2000)
    )
    assert drawn[48] / 2000 == pytest.approx(0.5, abs=0.04)
    assert drawn[72] / 2000 == pytest.approx(0.2, abs=0.04)


def test_what_the_range_forbids_is_taken_out_before() -> None:
    """Every note is in the range, and those drawn in it already stay as they are."""
    wide = [draw(Fixed(), RECENT, Params(), (5, i)) for i in range(300)]
    narrow = [draw(Fixed(), RECENT, Params(low=50, high=70), (5, i)) for i in range(300)]
    assert all(50 <= note.pitch <= 70 for note in narrow)
    assert all(one == two for one, two in zip(wide, narrow, strict=True) if 50 <= one.pitch <= 70)


def test_a_key_is_not_struck_twice_at_once() -> None:
    """A pitch that began less than 30 ms before is out of the question; later it is not."""
    listener = Fixed()
    listener.logits["pitch"][60] = 50.0
    for step, again in ((0.01, False), (0.05, True)):
        listener.logits["step"] = np.full(64, -50.0)
        listener.logits["step"][time_bin(step)] = 0.0
        assert (draw(listener, RECENT, Params(), (1, 1)).pitch == 60) is again


def test_no_eleventh_note_begins_with_ten_others() -> None:
    """After ten at one moment the next comes later, though the network says together."""
    listener = Fixed()
    listener.logits["step"][0] = 50.0
    chord = Recent(list(range(60, 70)), [0.0] * 10)
    assert draw(listener, chord, Params(), (1, 1)).step >= 0.03
    assert draw(listener, Recent(chord.pitch[1:], chord.onset[1:]), Params(), (1, 1)).step < 0.005


def test_times_are_drawn_within_their_bin_and_can_be_played() -> None:
    """Over many keys and temperatures: steps up to 4 s, durations from 30 ms to 10 s."""
    for temperature in (0.05, 1.0, 5.0):
        params = Params(temperature=temperature)
        for index in range(100):
            note = draw(Fixed(index), RECENT, params, (2, index))
            assert 0.0 <= note.step <= 4.0
            assert 0.03 <= note.duration <= 10.0
    inside = time_in(np.arange(64), 0.37)
    assert (time_bin(inside) == np.arange(64)).all()


def test_the_velocity_knob_moves_what_the_model_plays() -> None:
    """At 80 and 10 as it plays; 20 more is 20 louder; at a spread of 0 chance has no say."""
    plain, loud, flat = (
        [draw(Fixed(), RECENT, params, (9, i)).velocity for i in range(50)]
        for params in (Params(), Params(velocity=90), Params(velocity_spread=0))
    )
    assert all(b == min(127, a + 10) for a, b in zip(plain, loud, strict=True))
    assert len(set(flat)) == 1
    assert len(set(plain)) > 5
    assert np.mean(plain) == pytest.approx(flat[0], abs=6)
    assert factors.unbent(100, Params(velocity=90)) == 90


def test_noise_is_finite_and_of_the_key() -> None:
    """Any two integers are a key."""
    for key in ((0, 0), (-1, 2**70), (5, 5)):
        one, two = noise(key), noise(key)
        assert np.isfinite(one.pitch).all()
        np.testing.assert_array_equal(one.step, two.step)


def test_what_goes_round_too_long_grows_unlikely() -> None:
    """One note again and again, or four: the one that would go on is worn; other music is not."""
    onsets = [0.2 * n for n in range(25)]
    assert factors.weariness(Recent([60] * 25, onsets))[60] == pytest.approx(13.0)
    round_of_four = ([60, 64, 67, 64] * 7)[:25]
    worn = factors.weariness(Recent(round_of_four, onsets))
    assert worn[64] == pytest.approx(10.0)
    assert worn.sum() == worn[64]
    assert not factors.weariness(Recent(list(range(50, 75)), onsets)).any()
    assert not factors.weariness(Recent([60] * 12, onsets[:12])).any()
    assert not factors.weariness(Recent([], [])).any()


def test_a_network_in_love_with_one_note_leaves_it() -> None:
    """Five nats for one pitch, drawn coldly, still is not that pitch for ever."""
    listener = Fixed()
    listener.logits["pitch"] = np.zeros(128)
    listener.logits["pitch"][60] = 5.0
    pitches, onsets = [60], [0.0]
    for index in range(200):
        recent = Recent(pitches[-25:], onsets[-25:])
        note = draw(listener, recent, Params(temperature=0.3), (1, index))
        pitches.append(note.pitch)
        onsets.append(onsets[-1] + 0.2)
    others = sum(pitch != 60 for pitch in pitches)
    assert others >= 5
