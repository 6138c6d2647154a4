"""The engine to a beat: the grid, bars, a clock's word and a tap; heard as it is recorded."""

from __future__ import annotations

import pytest

from improv.listen.tapping import Taps
from improv.music.event import NoteOff, NoteOn, Source
from improv.music.opening import phrase
from improv.music.timeline import Timeline
from improv.play.effects import Send
from improv.play.messages import Action, Beat, Follow, Phase, SetParam, Transport
from improv.play.params import Params
from improv.session.journal import About, about_line, read, step_line
from improv.session.recorded import RecordedEngine, act
from improv.session.render import Stage
from support import Metronome, onsets, stage


def off_line(time: float, begin: float, step: float) -> float:
    return abs((time - begin + step / 2) % step - step / 2)


def test_what_is_sent_and_what_it_hears_itself_is_on_the_grid() -> None:
    """A model that steps 0.23 s, eighths at 120 bpm: each onset and each context is on a line."""
    model = Metronome(step=0.23)
    made = stage(model, sync="internal", grid="1/8")
    made.run_until(6.0)
    times = [at for at, _ in onsets(made.effects, Source.IMPROV)]
    assert len(times) > 15
    assert max(off_line(at, 0.0, 0.25) for at in times) < 1e-6
    heard = [n.start for context in model.primed for n in context if n.source is Source.IMPROV]
    assert max(off_line(at, 0.0, 0.25) for at in heard) < 1e-6


def test_without_sync_a_grid_moves_nothing() -> None:
    """It is another's business, then."""
    loose, plain = (stage(Metronome(step=0.23), grid=grid) for grid in ("1/4", "off"))
    for made in (loose, plain):
        made.run_until(3.0)
    assert onsets(loose.effects) == onsets(plain.effects)


def test_a_turned_tempo_bends_where_it_is() -> None:
    """The beat does not leap: lines after the turn are of the new tempo, from there on."""
    made = stage(Metronome(step=0.23), sync="internal", grid="1/8", tempo=120.0)
    made.run_until(2.1)
    made.feed(SetParam(1, "tempo", 100.0), 2.1)
    made.run_until(6.0)
    late = [at for at, _ in onsets(made.effects, Source.IMPROV) if at > 2.3]
    begin = 2.1 - 4.2 * 0.6  # beat 4.2 then
    assert len(late) > 8
    assert max(off_line(at, begin, 0.3) for at in late) < 1e-6


def test_a_clocks_word_moves_the_plan_and_a_lost_clock_goes_on() -> None:
    """Until a clock comes its own beat stands in."""
    made = stage(Metronome(step=0.23), sync="clock", grid="1/8")
    assert made.engine.sync.word == "no clock"
    made.run_until(2.0)
    theirs = Timeline(2.0, 7.1, 150.0)
    made.feed(Follow(theirs, runs=True), 2.0)
    assert made.engine.sync.word == "clock"
    made.run_until(5.0)
    made.feed(Follow(theirs, runs=True, lost=True), 5.0)
    assert made.engine.sync.word == "lost"
    made.run_until(8.0)
    late = [at for at, _ in onsets(made.effects, Source.IMPROV) if at > 2.1]
    assert len(late) > 20
    assert max(off_line(at, theirs.time_of(7.0), 0.2) for at in late) < 1e-6


def test_an_answer_by_bars_begins_on_a_bar_line_and_lasts_its_bars() -> None:
    """Your phrase ends at 1.1 s, the pause at 1.7, the bar at 2: two bars of four beats follow."""
    made = stage(
        Metronome(step=0.2), idle_start=None, mode="answer", answer="bars", sync="internal"
    )
    made.feed(NoteOn(1.0, 60, 80), 1.0)
    made.feed(NoteOff(1.1, 60), 1.1)
    made.run_until(12.0)
    times = [at for at, _ in onsets(made.effects, Source.IMPROV)]
    assert times[0] == pytest.approx(2.0)
    assert 5.7 < times[-1] < 6.0
    assert made.engine.phase.value == "waiting"


def test_bars_without_a_beat_are_counted_from_your_phrases_end() -> None:
    """At its own tempo: one bar of three at 60 bpm is 3 s."""
    knobs = {"answer_bars": 1, "beats_per_bar": 3, "tempo": 60.0}
    made = stage(Metronome(step=0.2), idle_start=None, mode="answer", answer="bars", **knobs)
    made.feed(NoteOn(1.0, 60, 80), 1.0)
    made.feed(NoteOff(1.1, 60), 1.1)
    made.run_until(12.0)
    times = [at for at, _ in onsets(made.effects, Source.IMPROV)]
    assert times[0] == pytest.approx(1.7)
    assert 4.4 < times[-1] < 4.71


def test_a_beat_falls_where_you_tap_and_new_begins_the_song_anew() -> None:
    """The tempo stands, the lines move; New is bar 1, beat 1, in 20 ms."""
    made = stage(sync="internal", tempo=60.0)
    made.feed(Beat(3.3), 3.35)
    assert made.engine.sync.timeline.beat_at(3.3) == pytest.approx(3.0)
    made.feed(Transport(Action.NEW), 5.0)
    assert made.engine.sync.timeline.beat_at(5.02) == pytest.approx(0.0)


def test_it_stands_and_goes_on_with_the_song_of_a_clock() -> None:
    """Stop in the DAW silences it, play there goes on; what you stopped yourself stays stopped."""
    made = stage(Metronome(step=0.23), sync="clock")
    beat = Timeline(1.0, 0.0, 120.0)
    made.feed(Follow(beat), 1.0)  # a clock that ticks before the song has begun stops nothing
    assert made.engine.phase is Phase.PLAYING
    made.feed(Follow(beat, runs=True), 2.0)
    made.run_until(4.0)
    made.feed(Follow(beat), 4.0)
    assert made.engine.phase is Phase.PAUSED
    assert made.engine.sounding == 0
    made.run_until(6.0)
    assert not [at for at, _ in onsets(made.effects) if at > 4.0]
    made.feed(Follow(beat, runs=True), 6.0)
    made.run_until(7.0)
    assert [at for at, _ in onsets(made.effects) if at > 6.0]
    made.feed(Transport(Action.STOP), 7.0)
    made.feed(Follow(beat), 7.5)
    made.feed(Follow(beat, runs=True), 8.0)
    made.run_until(9.0)
    assert made.engine.phase is Phase.STOPPED


def test_a_take_of_it_plays_again_as_it_was() -> None:
    """Word of a clock and taps are in the journal; the same messages leave at the same times."""
    about = About(Params(sync="clock", grid="1/16", swing=0.3, humanise=9.0), 5, phrase(), 0.0)
    steps = []
    made = Stage(RecordedEngine(about, steps.append), Metronome(step=0.23))
    made.do([*made.engine.greeting(0.5)])
    made.do(made.engine.model_ready(0.5))
    made.now = 0.5
    made.feed(Follow(Timeline(1.0, 0.25, 97.3), runs=True), 1.0)
    made.feed(SetParam(1, "sync", "internal"), 3.0)
    made.feed(SetParam(2, "tempo", 133.0), 4.0)
    made.feed(Beat(4.11), 4.2)
    made.run_until(7.0)
    lines = about_line(about) + b"".join(step_line(step) for step in steps)
    again = RecordedEngine(read(lines).about, lambda _: None)
    sent = [e for step in read(lines).steps for e in act(again, step) if isinstance(e, Send)]
    assert sent == [e for _, e in made.effects if isinstance(e, Send)]
    assert len(sent) > 30


def test_taps_are_a_tempo_and_a_pause_begins_anew() -> None:
    """The mean of up to eight, to a tenth; the first says nothing."""
    taps = Taps()
    assert [taps.take(at) for at in (0.0, 0.5, 1.0, 1.52)] == [None, 120.0, 120.0, 118.4]
    assert taps.take(9.0) is None
    assert taps.take(9.05) == 300.0
