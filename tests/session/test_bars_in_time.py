"""Bars on the virtual clock: they land on the lines of the beat in force, whoever keeps it."""

import numpy as np
import pytest

from improv.model import bar_network
from improv.model.bar_improviser import BarImproviser
from improv.music.bar import HELD, REST
from improv.music.event import NoteOff, NoteOn, Source
from improv.music.timeline import Timeline
from improv.play.messages import Action, Follow, SetParam, Transport
from improv.session.render import Stage
from tests.support import onsets, sent, stage


@pytest.fixture(scope="module")
def model() -> BarImproviser:
    """It has learnt nothing, and plays some notes in each bar."""
    rng = np.random.default_rng(5)
    weights = {
        name: rng.normal(0, 0.5, shape).astype(np.float32)
        for name, shape in bar_network.shapes(16).items()
    }
    weights["out/bias"][HELD] = weights["out/bias"][REST] = 8.0
    return BarImproviser("bars", weights)


def played(made: Stage) -> list[tuple[float, int]]:
    return onsets(made.effects, Source.IMPROV)


def off_line(times: list[float], beat: Timeline) -> float:
    """How far the worst is from a sixteenth, in beats."""
    sixteenths = [4.0 * beat.beat_at(time) for time in times]
    return max(abs(at - round(at)) for at in sixteenths) / 4.0


def test_bars_are_on_the_lines_of_its_own_beat(model) -> None:
    """Every note on a sixteenth; the phrase begins with a bar; every note ends."""
    made = stage(model, sync="internal", tempo=90.0)
    made.run_until(30.0)
    times = [time for time, _ in played(made)]
    assert len(times) > 20
    assert off_line(times, Timeline(0.0, 0.0, 90.0)) < 1e-4
    made.do(made.engine.finish(30.0))
    heard = sent(made.effects, Source.IMPROV)
    for pitch in {data[0] for _, _, data in heard if len(data) == 2}:
        sounding = 0
        for _, status, data in heard:
            if status in {0x80, 0x90} and data[0] == pitch:
                sounding += 1 if status == 0x90 else -1
                assert sounding in {0, 1}
        assert sounding == 0
    assert made.engine.sounding == 0


def test_bars_follow_a_clock_and_move_with_it(model) -> None:
    """Where the clock jumps, what is planned is dropped and the next notes are on its lines."""
    first, then = Timeline(3.3, 17.25, 90.0), Timeline(12.07, 40.0, 132.0)
    made = stage(model, sync="clock")
    made.feed(Follow(first, runs=True), 3.3)
    made.run_until(6.0)
    made.feed(Follow(then, runs=True), 12.07)
    made.run_until(25.0)
    times = [time for time, _ in played(made)]
    before = [time for time in times if 4.5 < time < 12.0]
    after = [time for time in times if time > 12.2]
    assert len(before) > 5 < len(after)
    assert off_line(before, first) < 1e-4
    assert off_line(after, then) < 1e-4


def test_an_answer_begins_with_a_bar(model) -> None:
    """You play in one bar; the answer begins on the next bar line after your pause, or later."""
    made = stage(model, idle_start=None, mode="answer", sync="internal", answer="notes", notes=4)
    for place, pitch in enumerate((60, 64, 67)):
        made.feed(NoteOn(4.1 + 0.5 * place, pitch, 80), 4.1 + 0.5 * place)
        made.feed(NoteOff(4.4 + 0.5 * place, pitch), 4.4 + 0.5 * place)
    made.run_until(20.0)
    times = [time for time, _ in played(made)]
    assert len(times) == 4
    assert times[0] >= 6.0  # the pause is over at 6.0, which is a bar line
    assert off_line(times, Timeline(0.0, 0.0, 120.0)) < 1e-4


def test_without_a_beat_a_bar_begins_with_the_phrase(model) -> None:
    """At the knob's tempo; and bends with it from where it is."""
    made = stage(model, idle_start=1.37, tempo=100.0)
    made.run_until(10.0)
    first = [time for time, _ in played(made)]
    assert off_line(first, Timeline(1.37, 0.0, 100.0)) < 1e-4
    made.feed(SetParam(1, "tempo", 200.0), 10.0)
    made.run_until(20.0)
    later = [time for time, _ in played(made) if time > 10.1]
    turned = Timeline(1.37, 0.0, 100.0).at_tempo(10.0, 200.0)
    assert off_line(later, turned) < 1e-4


def test_a_knob_that_changes_nothing_changes_no_note_of_the_bar(model) -> None:
    """What is planned anew in the middle of a bar is the rest of that bar."""
    alone, turned = (stage(model, sync="internal", futures=1) for _ in range(2))
    alone.run_until(12.0)
    for number, at in enumerate(np.arange(1.03, 11.0, 0.31)):
        turned.feed(SetParam(number, "contrast", 0.1 * (number % 2)), float(at))
    turned.run_until(12.0)
    assert [n for n in played(turned) if n[0] < 11] == [n for n in played(alone) if n[0] < 11]


def test_bars_go_by_the_chord_in_force(model) -> None:
    """That of a chart too: from its first note on, a bar belongs to its own chord."""
    made = stage(model, sync="internal", chart="| C | F# |", lean=1.0, guard="off")
    made.run_until(40.0)
    inside = {0: {0, 4, 7}, 1: {6, 10, 1}}
    notes = [(int((time + 1e-6) / 2.0) % 2, pitch % 12) for time, pitch in played(made)]
    own = [pitch in inside[bar] for bar, pitch in notes]
    other = [pitch in inside[1 - bar] for bar, pitch in notes]
    assert sum(own) > 3 * sum(other)


def test_again_is_other_bars_on_the_lines(model) -> None:
    """From the next bar line on, and the same script is the same music."""

    def script() -> Stage:
        made = stage(model, sync="internal")
        made.run_until(5.3)
        made.feed(Transport(Action.AGAIN), 5.3)
        made.feed(Transport(Action.AGAIN), 9.7)
        made.run_until(20.0)
        return made

    made = script()
    times = [time for time, _ in played(made)]
    assert off_line(times, Timeline(0.0, 0.0, 120.0)) < 1e-4
    assert min(time for time in times if time > 5.32) >= 6.0
    assert sent(script().effects) == sent(made.effects)


@pytest.mark.parametrize("sync", ["internal", "off"])
def test_new_is_other_bars(model, sync: str) -> None:
    """The song begins anew, from the same opening; already its first bar is another one."""
    made = stage(model, sync=sync)
    for until in (10.0, 20.0, 30.0):
        made.run_until(until)
        made.feed(Transport(Action.NEW), until)
    bars = [
        [pitch for time, pitch in played(made) if start < time < start + 1.98]
        for start in (0.0, 10.0, 20.0)
    ]
    assert min(map(len, bars)) > 12
    assert len({tuple(bar) for bar in bars}) == 3
