"""Chords on real ports: a melody played in to a clock, its chords out with the beat, none hung."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rig.performance import BEATS, as_messages, melody
from rig.playing import cabled, pairs, setup
from rig.support import FarEnd, soon, wait_until
from rig.test_clock_on_jack import p, pulses

from improv.music import chart, chord
from improv.music.comping import bass
from improv.play.params import Params
from improv.session.messages import Chorded
from improv.session.terminal import PlayerProcess

BPM = 120.0


@pytest.mark.parametrize("typed", ["off", "| Dm7 G7 | Cmaj7 |"])
def test_a_melody_gets_its_chords_with_the_clock(far: FarEnd, typed: str) -> None:
    """By the network from the second half bar on, by a chart from the first; none left hanging.

    How late chords are is reported, against the clock's own beat.
    """
    params = Params(pause=10.0, sync="clock", accompany="chords, channel 3", chart=typed)
    playing = cabled(PlayerProcess(setup(params=params)), far)
    start, beat = soon(), 60.0 / BPM
    tune = [
        replace(note, start=note.start * beat, duration=note.duration * beat) for note in melody()
    ]
    keys = as_messages(tune, start)
    clock = pulses(start, BPM, 24 * BEATS, 0.0)
    far.play(sorted([*clock, *keys], key=lambda event: event[0]))
    wait_until(start + BEATS * beat - 0.4)
    state = playing.state()
    told = [report for report in playing.reports if isinstance(report, Chorded)]
    goodbye = playing.end()
    heard = [message for message in far.heard() if message.data[0] & 0xE0 == 0x80]
    chords = [m for m in heard if m.is_on and m.data[0] & 0x0F == 2]
    assert state is not None
    assert state.chord == told[-1].name != chord.NONE
    halves = sorted({round((m.at - start) / beat / 2) for m in chords})
    assert len(halves) >= BEATS // 2 - 2
    late = sorted(  # at the first key the clock's place may not be known yet
        m.at - start - 2 * beat * half
        for m in chords
        if (half := round((m.at - start) / beat / 2)) != halves[0]
    )
    print(
        f"\n{len(chords)} notes, {[each.name for each in told]}: against the clock's beat "
        f"p50 {p(late, 0.5):.2f}, p99 {p([abs(x) for x in late], 0.99):.2f} ms"
    )
    assert p([abs(x) for x in late], 0.9) < 15.0
    if typed != "off":
        for half in halves[1:]:
            low = min(m.data[1] for m in chords if abs(m.at - start - half * 2 * beat) < 0.1)
            assert low == bass(chart.read(typed)[half % 4])
    assert goodbye.sounding == 0
    assert pairs(heard) >= len(chords)
