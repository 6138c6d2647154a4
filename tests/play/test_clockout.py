"""The clock for others, and the clicks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.music.timeline import Timeline
from improv.play.clockout import BEFORE, PULSE, ClockOut, Metronome

BEAT = Timeline(0.0, 0.0, 125.0)  # a pulse each 20 ms
START, CONTINUE, STOP = b"\xfa", b"\xfb", b"\xfc"


def test_a_song_starts_with_a_start_and_pulses_at_their_moments() -> None:
    """The start comes just before pulse 0, then one each 20 ms."""
    out = ClockOut()
    sent = out.pop(-0.01, BEAT, runs=True)
    assert out.due(BEAT) == pytest.approx(-BEFORE)
    sent += out.pop(0.1, BEAT, runs=True)
    assert sent[0] == (pytest.approx(-BEFORE), START)
    assert sent[1:] == [(pytest.approx(k * 0.02), PULSE) for k in range(6)]


def test_who_joins_later_is_told_the_place() -> None:
    """Song position and continue, on a sixteenth; the clock before it ticks already."""
    out = ClockOut()
    sent = out.pop(1.0, BEAT, runs=True) + out.pop(1.2, BEAT, runs=True)
    told = [each for each in sent if each[1] != PULSE]
    assert told == [
        (pytest.approx(1.08 - BEFORE), b"\xf2\x09\x00"),
        (pytest.approx(1.08 - BEFORE), CONTINUE),
    ]
    assert sent[0] == (pytest.approx(1.0), PULSE)
    assert out.pop(1.21, BEAT, runs=False)[0] == (1.21, STOP)
    assert [each for _, each in out.pop(1.29, BEAT, runs=False)] == [PULSE] * 4


def test_a_late_wake_leaves_no_pulse_out_and_a_leap_is_told() -> None:
    """150 ms late: all that were due, each with its moment; a leap is a stop and a new place."""
    out = ClockOut()
    out.pop(-0.01, BEAT, runs=True)
    out.pop(0.0, BEAT, runs=True)
    assert [at for at, _ in out.pop(0.15, BEAT, runs=True)] == pytest.approx(
        [0.02 * k for k in range(1, 8)]
    )
    elsewhere = Timeline(0.15, 64.0, 125.0)
    sent = out.pop(0.3, elsewhere, runs=True) + out.pop(0.4, elsewhere, runs=True)
    words = [each for _, each in sent if each != PULSE]
    assert words == [STOP, bytes((0xF2, 0x02, 0x02)), CONTINUE]


def test_a_start_that_comes_in_is_passed_on_at_once_and_its_pulses_follow() -> None:
    """Nothing between the start and the pulse it is about, whatever the old beat says."""
    out = ClockOut()
    out.pop(1.0, BEAT, runs=False)
    assert out.pass_on(START, 1.03) == [(1.03, START)]
    assert out.pop(1.2, BEAT, runs=True) == []
    theirs = Timeline(1.25, 0.0, 125.0)
    out.release(theirs)
    sent = out.pop(1.25, theirs, runs=True) + out.pop(1.30, theirs, runs=True)
    assert sent == [(pytest.approx(1.25 + 0.02 * k), PULSE) for k in range(3)]
    assert out.pass_on(PULSE, 1.31) == []
    assert out.pass_on(STOP, 1.31) == [(1.31, STOP)]


@given(
    wakes=st.lists(st.floats(0.0001, 0.2), min_size=5, max_size=60),
    bpm=st.floats(20, 300),
)
@settings(max_examples=100, deadline=None)
def test_whenever_it_wakes_the_pulses_are_those_of_the_beat(wakes, bpm) -> None:
    """In order, each once, at its time."""
    out, now, timeline = ClockOut(), -0.001, Timeline(0.0, 0.0, bpm)
    sent = out.pop(now, timeline, runs=True)
    for wait in wakes:
        now += wait
        sent += out.pop(now, timeline, runs=True)
    times = [at for at, each in sent if each == PULSE]
    assert times == pytest.approx([k * 2.5 / bpm for k in range(len(times))])
    assert sum(each == START for _, each in sent) <= 1
    assert out.due(timeline) > now


def test_the_metronome_accents_the_first_of_a_bar_and_catches_up_on_nothing() -> None:
    """High, low, low in three; each click ends; after a leap it goes on with the next beat."""
    made, now, sent = Metronome(), -0.01, []
    while now < 1.5:
        sent += made.pop(now, BEAT, beats=3, velocity=90)
        now += 0.05
    ons = [(at, data[1]) for at, data in sent if data[0] == 0x99]
    assert ons == [(pytest.approx(0.48 * k), 77 if k % 3 else 76) for k in range(4)]
    assert sum(data[0] == 0x89 for _, data in sent) == len(ons)
    assert made.pop(60.1, BEAT, beats=3, velocity=90) == []
    assert made.due(BEAT) == pytest.approx(60.48)
    assert Metronome().pop(0.0, BEAT, beats=3, velocity=0) == []
