"""Outputs of different latency under one engine sound together, whatever happens."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from ensemble import Ensemble, Recorder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from improv.music.event import NoteOff, NoteOn, Other, ProposedNote, Source
from improv.play.messages import Action, SetParam, Strike, Transport
from improv.session.plugs import Moved
from support import Metronome

ON, OFF = 0x90, 0x80


def times(recorder: Recorder, kind: int, source: Source | None = Source.IMPROV) -> list[float]:
    return [at for at, _ in recorder.of(kind, source)]


def test_all_outputs_sound_together():
    """With 0 and 30 ms, the slow one gets each message 30 ms before the other, offs as ons."""
    made = Ensemble({"a": 0, "b": 30})
    made.run_until(3.0)
    a, b = made.outputs["a"], made.outputs["b"]
    for kind in (ON, OFF):
        fast, slow = times(a, kind), times(b, kind)
        assert len(fast) > 5
        assert [round(t - 0.030, 6) for t in fast] == slow[: len(fast)]
    assert [pitch for _, pitch in b.of(ON)][: len(a.of(ON))] == [pitch for _, pitch in a.of(ON)]


def test_a_lone_slow_output_is_compensated_too():
    """Notes are heard when they are due: sent 30 ms before."""
    plain, slow = (Ensemble({"a": late}, idle_start=None) for late in (0, 30))
    for made in (plain, slow):
        made.feed(NoteOn(0.0, 60, 80))
        made.run_until(0.5)
        made.feed(NoteOff(0.5, 60))
        made.run_until(3.0)
    direct, early = (times(made.outputs["a"], ON) for made in (plain, slow))
    assert direct[0] == pytest.approx(0.5 + 0.6)  # your pause is over
    assert [round(t - 0.030, 6) for t in direct] == early[: len(direct)]


def test_what_you_play_is_sent_at_once_everywhere():
    """Thru is never held back, and neither is its end."""
    made = Ensemble({"a": 0, "b": 30}, idle_start=None)
    made.run_until(1.0)
    made.feed(NoteOn(1.0, 60, 80))
    made.run_until(1.1)
    made.feed(NoteOff(1.1, 60))
    made.run_until(1.2)
    made.feed(Strike(62, 80, 0.2))
    made.run_until(1.5)
    for output in made.outputs.values():
        assert output.of(ON, Source.YOU) == [(1.0, 60), (1.2, 62)]
        assert output.of(OFF, Source.YOU) == [(1.1, 60), (1.4, 62)]


@pytest.mark.parametrize("action", [Action.STOP, Action.PAUSE, Action.PANIC])
def test_what_waits_is_not_heard_after_a_stop(action):
    """The slow output has the note and is told its end; the other never gets it."""
    made = Ensemble({"a": 0, "b": 30}, Metronome(step=0.5, duration=0.2))
    made.run_until(2.0)
    first = times(made.outputs["b"], ON)[-1] + 0.5
    made.run_until(first + 0.010)
    assert times(made.outputs["b"], ON)[-1] == pytest.approx(first)
    made.feed(Transport(action))
    now = made.now
    made.run_until(now + 1.0)
    assert max(times(made.outputs["a"], ON)) < first
    assert max(times(made.outputs["b"], OFF)) == pytest.approx(now)
    for output in made.outputs.values():
        assert max(at for at, _, _ in output.sent) <= now
        assert not output.held()


def test_an_off_that_waits_is_sent_when_the_port_is_closed():
    """Its note sounds there: closing must not forget it because the engine has ended it."""
    made = Ensemble({"a": 0, "b": 100}, Metronome(step=0.5, duration=0.2))
    made.run_until(2.0)
    ends = times(made.outputs["b"], OFF)[-1] + 0.5  # the engine ends it; `a` is 100 ms behind
    made.run_until(ends + 0.05)
    assert made.outputs["a"].held()
    made.close("a")
    assert not made.outputs["a"].held()
    made.apply(made.engine.finish(made.now))
    assert not made.outputs["b"].held()


def test_a_port_that_goes_takes_nothing_from_the_others():
    """What waits for the others still comes, at their own time."""
    made = Ensemble({"a": 0, "b": 30}, Metronome(step=0.5, duration=0.2))
    made.run_until(2.0)
    before = len(made.outputs["a"].of(ON))
    start = times(made.outputs["b"], ON)[-1]
    made.outputs["b"].broken = True
    made.run_until(start + 1.1)
    assert made.lost == ["b"]
    after = times(made.outputs["a"], ON)[before:]
    assert after[0] == pytest.approx(start + 0.530)
    assert after[1] == pytest.approx(start + 1.030)  # musical time has not moved
    made.apply(made.engine.finish(made.now))
    assert not made.outputs["a"].held()


def test_a_slow_output_that_opens_while_it_plays_costs_no_note():
    """The plan is drawn anew, far enough ahead for it; nothing is dropped."""
    made = Ensemble({"a": 0, "b": 200}, Metronome(step=0.1, duration=0.05), opened=("a",))
    made.run_until(2.0)
    slow = made.open("b")
    made.run_until(4.0)
    assert made.engine.dropped == made.outgoing.boxes.dropped == 0
    fast = [t for t in times(made.outputs["a"], ON) if t > 2.3]
    assert [round(t - 0.2, 6) for t in fast] == times(slow, ON)[-len(fast) - 2 : -2]


def test_a_take_records_when_notes_were_due():
    """Whatever latency an output has, a take is in time, and has no part of a note not heard."""
    made = Ensemble({"b": 30}, Metronome(step=0.5, duration=0.2))
    take = made.open("file:take.mid", is_take=True)
    made.run_until(3.0)
    assert times(take, ON) == [
        round(t + 0.030, 6) for t in times(made.outputs["b"], ON)[-len(times(take, ON)) :]
    ]


def test_lateness_is_against_each_outputs_own_time():
    """A loop that looks 4 ms late is 4 ms late at both outputs, not 30 ms early at one."""
    made = Ensemble({"a": 0, "b": 30}, Metronome(step=0.5, duration=0.2))
    made.run_until(2.0)
    made.meter.log.clear()
    start = times(made.outputs["b"], ON)[-1] + 0.5
    made.run_until(start - 0.001)
    made.wake_at(start + 0.004)
    made.wake_at(start + 0.034)
    assert [(round(due, 6), round(late, 6)) for due, late in made.meter.log] == [
        (pytest.approx(start + 0.030), 0.004),
        (pytest.approx(start + 0.030), 0.004),
    ]


class Hostile(Metronome):
    """Proposes whatever a script says, valid or not."""

    def __init__(self, notes):
        super().__init__()
        self.notes = notes

    def draw(self, params, key, within):
        return self.notes[key[1] % len(self.notes)]


wild = st.builds(
    ProposedNote,
    pitch=st.one_of(st.integers(55, 64), st.integers(-300, 300)),
    velocity=st.integers(-200, 300),
    step=st.one_of(st.floats(0, 0.2), st.sampled_from([math.nan, 0.0, 1e300, -5.0])),
    duration=st.one_of(st.floats(0, 0.3), st.sampled_from([math.inf, 2.0])),
)
happenings = st.one_of(
    st.tuples(st.just("on"), st.integers(55, 64)),
    st.tuples(st.just("off"), st.integers(55, 64)),
    st.tuples(st.just("strike"), st.integers(55, 64)),
    st.tuples(st.just("do"), st.sampled_from(list(Action))),
    st.tuples(st.just("turn"), st.sampled_from([
        ("notes", 3), ("channel", 2), ("thru", False), ("thru", True), ("polyphony", 2),
    ])),
    st.tuples(st.just("control"), st.tuples(
        st.just(0xB0), st.sampled_from([64, 120, 123]), st.integers(0, 127)
    )),
    st.tuples(st.just("stall"), st.floats(0, 0.12)),
    st.tuples(st.just("open"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("close"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("break"), st.sampled_from(["a", "b", "c"])),
)  # fmt: skip
scripts = st.lists(st.tuples(st.floats(0, 0.4), happenings), max_size=30)
LATENCIES = {"a": 0, "b": 30, "c": 90}


def play(script, notes):
    """Play a script; every output that there was, after it has finished."""
    made = Ensemble(LATENCIES, Hostile(notes))
    take = made.open("file:take.mid", is_take=True)
    gone = []
    for wait, (kind, what) in script:
        made.run_until(made.now + wait)
        now, output = made.now, made.outgoing.outputs.get(what if isinstance(what, str) else "")
        match kind:
            case "on":
                made.feed(NoteOn(now, what, 64))
            case "off":
                made.feed(NoteOff(now, what))
            case "strike":
                made.feed(Strike(what, 64, 0.05))
            case "do":
                made.feed(Transport(what))
            case "turn":
                made.feed(SetParam(1, *what))
            case "control":
                made.feed(Other(now, bytes(what)))
            case "stall":
                made.wake_at(now + what)
            case "open" if output is None:
                gone.append(made.outputs[what])
                made.outputs[what] = made.open(what)
            case "close" if output is not None:
                made.close(what)
            case "break" if output is not None:
                output.broken = True
    made.run_until(made.now + 0.5)
    made.apply(made.engine.finish(made.now))
    return made, [*gone, *made.outputs.values(), take]


# a port that goes while the engine's effects are on their way: they keep their order
@example(
    script=[(0.25, ("break", "a"))],
    notes=[ProposedNote(55, 0, *times) for times in (
        *[(0.0, 0.0)] * 4, (0.125, 0.0), (0.0, math.inf), (0.0, 0.0), (1e300, 0.0)
    )],
)  # fmt: skip
# a note struck again when the loop wakes late: in a take, too, the first ends before the second
@example(
    script=[(0.0, ("on", 55)), (0.0, ("close", "c")), (0.0, ("do", Action.PLAY)),
            (0.0, ("stall", 0.0625))],
    notes=[ProposedNote(55, 0, 0.0, 0.0), ProposedNote(55, 0, 0.015625, 0.0)],
)  # fmt: skip
@given(script=scripts, notes=st.lists(wild, min_size=1, max_size=8))
@settings(deadline=None)
def test_at_every_output_each_note_has_its_off_whatever_happens(script, notes):
    """Any script: time goes forward, one off per on, nothing hangs, nothing is to come."""
    made, outputs = play(script, notes)
    for output in outputs:
        if not output.is_take:
            assert output.sent == sorted(output.sent, key=lambda sent: sent[0])
        # A take is written in the order of time, you and improv on tracks of their own.
        tracks = list(Source) if output.is_take else [None]
        for track in tracks:
            down: Counter[tuple[int, int]] = Counter()
            for _, message, source in sorted(output.sent, key=lambda sent: sent[0]):
                held = (message[0] & 0x0F, message[1])
                if track in {None, source} and message[0] & 0xF0 == ON:
                    down[held] += 1
                    assert down[held] == 1
                elif track in {None, source} and message[0] & 0xF0 == OFF:
                    assert down[held] == 1
                    down[held] -= 1
            assert output.broken or not +down
    assert made.outgoing.boxes.due() is None  # nothing is to come


@given(script=scripts, notes=st.lists(wild, min_size=1, max_size=8))
@settings(deadline=None, max_examples=30)
def test_the_same_is_heard_everywhere_at_the_same_time(script, notes):
    """Yours is sent to all at once; of its notes a slow output has each, that much earlier."""
    gone = {"open", "close", "break", "stall"}
    made, _ = play([(wait, what) for wait, what in script if what[0] not in gone], notes)
    yours = [made.outputs[name].of(ON, Source.YOU) for name in LATENCIES]
    assert yours[0] == yours[1] == yours[2]
    fast, middle, slow = (made.outputs[name].of(ON, Source.IMPROV) for name in LATENCIES)
    assert all(_is_there(at - 0.030, pitch, middle) for at, pitch in fast)
    assert all(_is_there(at - 0.060, pitch, slow) for at, pitch in middle)


def _is_there(at: float, pitch: int, ons: list[tuple[float, int]]) -> bool:
    return any(abs(at - other) < 1e-5 and pitch == one for other, one in ons)


@pytest.mark.parametrize(("left", "came"), [("gone", "back"), ("pulled", "new")])
def test_what_rang_with_a_listener_that_left_is_let_go_when_it_is_back(left, came):
    """Its offs went to nobody; what still sounds is not cut, and gets its own off in time."""
    made = Ensemble({"a": 0}, idle_start=None)
    made.feed(NoteOn(0.0, 60, 80))
    made.feed(NoteOn(0.0, 64, 80))
    made.outgoing.move("a", Moved(**{left: ("bridge",)}))
    made.run_until(1.0)
    made.feed(NoteOff(1.0, 60))
    made.run_until(2.0)
    offs = made.outputs["a"].of(OFF)
    assert [pitch for _, pitch in offs] == [60]
    made.outgoing.move("a", Moved(**{came: ("bridge",)}))
    assert [pitch for _, pitch in made.outputs["a"].of(OFF)] == [60, 60]
    made.outgoing.move("a", Moved(**{came: ("bridge",)}))
    made.feed(NoteOff(2.0, 64))
    assert [pitch for _, pitch in made.outputs["a"].of(OFF)] == [60, 60, 64]
