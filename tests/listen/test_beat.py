"""The loop that follows a MIDI clock: what it makes of late, lost and silent pulses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.listen.beat import PulseLoop
from improv.music.event import Pulse
from improv.play.chance import uniform

START, CONTINUE, STOP = b"\xfa", b"\xfb", b"\xfc"
PULSES_OF_4_BARS = 4 * 4 * 24


def pulses(bpm: float, count: int, *, start: float = 1.0, jitter: float = 0.0, seed: int = 0):
    """(true time, pulse) of each, early or late by up to `jitter` seconds."""
    for k in range(count):
        true = start + k * 60.0 / (24 * bpm)
        stray = jitter * (2 * uniform(seed, k) - 1)
        yield true, Pulse(true + stray, b"\xf8")


def follow(loop: PulseLoop, played) -> list[float]:
    """The phase error after each pulse, in seconds; the song was at 0 at the first."""
    errors = []
    for k, (true, pulse) in enumerate(played):
        loop.take(pulse)
        if loop.timeline is not None:
            errors.append(loop.timeline.time_of(k / 24) - true)
    return errors


@given(bpm=st.floats(40, 240), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_jitter_of_3_ms_leaves_a_beat_within_2_ms(bpm: float, seed: int) -> None:
    """After four bars, at 99 of 100 pulses, at any tempo; the song's place is never off."""
    loop = PulseLoop()
    loop.take(Pulse(0.9, START))
    played = pulses(bpm, PULSES_OF_4_BARS + 960, jitter=0.003, seed=seed)
    errors = sorted(abs(e) for e in follow(loop, played)[PULSES_OF_4_BARS:])
    assert errors[int(0.99 * len(errors))] <= 0.002
    assert errors[-1] <= 0.003
    assert loop.timeline.bpm == pytest.approx(bpm, rel=0.002)


@given(
    bpm=st.floats(60, 180),
    lost=st.sets(st.integers(400, 900), max_size=250),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None)
def test_lost_pulses_are_counted_all_the_same(bpm: float, lost: set[int], seed: int) -> None:
    """However many, singly or in rows, the song's place stands."""
    loop = PulseLoop()
    loop.take(Pulse(0.9, START))
    for k, (_, pulse) in enumerate(pulses(bpm, 1100, jitter=0.002, seed=seed)):
        if k not in lost:
            loop.take(pulse)
    true = 1.0 + 1099 * 60.0 / (24 * bpm)
    assert loop.timeline.time_of(1099 / 24) == pytest.approx(true, abs=0.002)


@pytest.mark.parametrize("silence", [1.0, 4.0, 8.0])
def test_silence_of_seconds_is_bridged_and_said(silence: float) -> None:
    """The last tempo goes on; when the clock returns the place is the same."""
    loop = PulseLoop()
    loop.take(Pulse(0.9, START))
    gap = range(480, 480 + round(silence * 48))
    for k, (true, pulse) in enumerate(pulses(120.0, 1400, jitter=0.003)):
        if k in gap:
            assert loop.timeline.time_of(k / 24) == pytest.approx(true, abs=0.006)
            assert loop.is_lost(true) or k < 480 + 25
            continue
        loop.take(pulse)
        assert not loop.is_lost(pulse.at)
    assert loop.timeline.time_of(1399 / 24) == pytest.approx(1.0 + 1399 / 48, abs=0.002)


def test_pulses_held_up_together_are_not_counted_twice() -> None:
    """Five that come at once, 100 ms late, are those that were missing."""
    loop = PulseLoop()
    loop.take(Pulse(0.9, START))
    for k, (true, pulse) in enumerate(pulses(120.0, 600)):  # noqa: B007  # read behind the loop
        held = 300 <= k < 305
        loop.take(Pulse(1.0 + 305 / 48 - 0.001 + 1e-4 * (k - 300), b"\xf8") if held else pulse)
    assert loop.timeline.time_of(599 / 24) == pytest.approx(true, abs=0.002)


@pytest.mark.parametrize(("before", "after"), [(120.0, 121.0), (120.0, 90.0), (90.0, 140.0)])
def test_a_new_tempo_is_followed_within_two_beats(before: float, after: float) -> None:
    """And the pulses' places go on."""
    loop = PulseLoop()
    follow(loop, pulses(before, 480))
    turn = 1.0 + 480 * 60.0 / (24 * before)
    for _, pulse in pulses(after, 96, start=turn, jitter=0.001):
        loop.take(pulse)
    assert loop.timeline.bpm == pytest.approx(after, rel=0.01)
    true = turn + 95 * 60.0 / (24 * after)
    assert loop.timeline.time_of(575 / 24) == pytest.approx(true, abs=0.003)


def test_start_stop_continue_and_song_position() -> None:
    """A start is beat 0 at the next pulse; a stop keeps the place; a position moves it."""
    loop = PulseLoop()
    steady = [pulse for _, pulse in pulses(120.0, 800)]
    for pulse in steady[:50]:
        loop.take(pulse)
    loop.take(Pulse(steady[49].at + 0.005, START))
    assert loop.waits
    for pulse in steady[50:98]:
        loop.take(pulse)
    assert loop.timeline.beat == pytest.approx(47 / 24)
    loop.take(Pulse(steady[97].at + 0.005, STOP))
    assert not loop.runs
    for pulse in steady[98:150]:  # a clock that goes on while its song stands
        loop.take(pulse)
    loop.take(Pulse(steady[149].at + 0.005, CONTINUE))
    loop.take(steady[150])
    assert loop.timeline.beat == pytest.approx(48 / 24)
    loop.take(Pulse(steady[150].at + 0.003, STOP))
    loop.take(Pulse(steady[150].at + 0.004, b"\xf2\x10\x01"))
    loop.take(Pulse(steady[150].at + 0.005, CONTINUE))
    loop.take(steady[151])
    assert loop.timeline.beat == pytest.approx((16 + 128) / 4)
    assert loop.runs


def test_a_start_after_a_silence_takes_its_phase_from_its_own_pulse() -> None:
    """A sequencer that sends nothing while it stands begins at any moment."""
    loop = PulseLoop()
    follow(loop, pulses(120.0, 480))
    loop.take(Pulse(11.01, STOP))
    loop.take(Pulse(15.003, START))
    for _, pulse in pulses(120.0, 24, start=15.007):
        loop.take(pulse)
    assert loop.timeline.time_of(0.0) == pytest.approx(15.007, abs=0.001)
    assert loop.timeline.bpm == pytest.approx(120.0, rel=0.01)


@given(st.lists(st.tuples(st.floats(0, 0.2), st.binary(min_size=1, max_size=3)), max_size=200))
def test_whatever_comes_it_lives_and_its_tempo_is_one(script) -> None:
    """Bytes of any kind at any distance."""
    loop, now = PulseLoop(), 0.0
    for wait, data in script:
        now += wait
        loop.take(Pulse(now, data if data[0] % 3 else b"\xf8"))
        if loop.timeline is not None:
            assert 14.0 < loop.timeline.bpm < 330.0
