"""Drawing a note factor by factor: knobs bend it, constraints condition it, chance is the key's."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from improv.music.event import Note, Source
from improv.music.hearing import time_bin, time_in
from improv.play import factors
from improv.play.factors import draw, noise
from improv.play.params import Params
from improv.play.recent import Recent


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


def heard(pitches: list[int], onsets: list[float], source: Source = Source.YOU) -> Recent:
    return Recent(Note(p, 64, t, 0.2, source) for p, t in zip(pitches, onsets, strict=True))


RECENT = heard([60], [0.0])


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
    drawn = Counter(draw(listener, Recent(), Params(), (1, index)).pitch for index in range(2000))
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
    chord = list(range(60, 70))
    assert draw(listener, heard(chord, [0.0] * 10), Params(), (1, 1)).step >= 0.03
    assert draw(listener, heard(chord[1:], [0.0] * 9), Params(), (1, 1)).step < 0.005


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


@pytest.mark.parametrize(("guard", "longest"), [("gentle", 25), ("strong", 14), ("off", 200)])
def test_a_network_in_love_with_one_note_leaves_it(guard: str, longest: int) -> None:
    """Five nats for one pitch, drawn coldly: with the guard off it is that pitch for ever."""
    listener = Fixed()
    listener.logits["pitch"] = np.zeros(128)
    listener.logits["pitch"][60] = 5.0
    listener.logits["step"] = np.where(np.arange(64) == 30, 50.0, 0.0)
    recent, run, most = heard([60], [0.0]), 0, 0
    for index in range(200):
        note = draw(listener, recent, Params(temperature=0.3, guard=guard), (1, index))
        recent.follow(note.pitch, note.step)
        run = run + 1 if note.pitch == 60 else 0
        most = max(most, run)
    assert most <= longest
    assert guard != "off" or most == longest


def test_time_has_a_temperature_of_its_own_or_follows() -> None:
    """At 0 the cube root of temperature; set, each moves its own alone."""

    def phrase(**knobs: float) -> list[tuple[float, float, int]]:
        params = Params(velocity_spread=0, guard="off", **knobs)
        notes = [draw(Fixed(), RECENT, params, (6, index)) for index in range(60)]
        return [(note.step, note.duration, note.pitch) for note in notes]

    plain, own = phrase(temperature=0.5), phrase(temperature=0.5, time_temperature=0.5 ** (1 / 3))
    assert plain == own
    hot = phrase(temperature=3.0, time_temperature=0.5 ** (1 / 3))
    assert [times[:2] for times in hot] == [times[:2] for times in own]
    assert [times[2] for times in hot] != [times[2] for times in own]
    strict = phrase(temperature=0.5, time_temperature=0.05)
    assert len(set(time_bin([step for step, _, _ in strict]).tolist())) < 4
    assert len(set(time_bin([step for step, _, _ in own]).tolist())) > 10


def test_a_single_line_has_no_chords_and_waits_for_no_long_note() -> None:
    """A network that says "together" half the time: at one voice each step is 50 ms or more."""
    listener = Fixed()
    listener.logits["step"] = np.full(64, -50.0)
    listener.logits["step"][[0, 40]] = 0.0  # together, or some 0.7 s later
    listener.logits["duration"] = np.where(np.arange(64) == 60, 50.0, 0.0)  # 9 s
    for voices, chords in ((1, False), (2, True)):
        recent = heard([60], [0.0], Source.IMPROV)
        steps = []
        for index in range(60):
            note = draw(listener, recent, Params(polyphony=voices), (3, index))
            recent.follow(note.pitch, note.step)
            steps.append(note.step)
        assert (min(steps) < 0.03) is chords
        assert max(steps) < 1.0
        onsets = recent.own
        assert all(b - a >= 0.05 for a, b in zip(onsets, onsets[voices:], strict=False))


def test_your_notes_take_none_of_its_voices() -> None:
    """A single line may begin with your chord."""
    listener = Fixed()
    listener.logits["step"][0] = 50.0
    assert draw(listener, RECENT, Params(polyphony=1), (1, 1)).step < 0.005


def test_a_note_that_must_begin_at_one_moment_does() -> None:
    """And the network is not asked when; the rest is drawn for that moment."""

    class Rhythmless(Fixed):
        def step(self, velocity: int) -> np.ndarray:
            raise AssertionError("there is nothing to choose")

        def pitch(self, velocity: int, step: float) -> np.ndarray:
            assert step == 0.7
            return super().pitch(velocity, step)

    assert draw(Rhythmless(), RECENT, Params(), (1, 1), (0.7, 0.7)).step == 0.7
    assert draw(Fixed(), RECENT, Params(), (1, 1), (60.0, 60.0)).step == 4.0
