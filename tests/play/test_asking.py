"""What the engine asks of the model: when the next note may begin, and what is remembered."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest

from improv.music.event import Note, NoteOff, NoteOn, ProposedNote, Source
from improv.play import asking
from improv.play.asking import SOON
from improv.play.effects import Ask
from improv.play.messages import ANY, Action, Bounds, Request, SetParam, Transport
from improv.play.params import Params
from improv.play.recent import MEMORY
from support import Metronome, onsets, stage


@dataclass
class Patient(Metronome):
    """Comes after `step` seconds, or as near to that as it may."""

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        note = super().draw(params, key)
        step = min(max(self.step, within[0]), within[1])
        return ProposedNote(note.pitch, note.velocity, step, note.duration)


def asked(made) -> list[Request]:
    return [e.request for _, e in made.effects if isinstance(e, Ask)]


def test_an_answer_begins_when_your_pause_is_over() -> None:
    """Its first note is asked for at that very moment, the next whenever the model hears it."""
    made = stage(Patient(), idle_start=None, pause=0.6)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.feed(NoteOff(1.3, 60), 1.3)
    made.run_until(4.0)
    first = asked(made)[0]
    assert first.begins == (pytest.approx(1.9), pytest.approx(1.9))
    (_, one), (_, two) = list(first.draws())
    assert one == (pytest.approx(0.9), pytest.approx(0.9))
    assert two == ANY
    assert onsets(made.effects, Source.IMPROV)[0][0] == pytest.approx(1.9)


def test_a_plan_drawn_anew_in_a_silence_begins_no_earlier_than_now() -> None:
    """A knob turned half a second after the last note: half a second of the step has passed."""
    made = stage(Patient(step=1.0))
    made.run_until(3.5)
    last = onsets(made.effects)[-1][0]
    made.feed(SetParam(1, "temperature", 1.5), 3.5)
    request = asked(made)[-1]
    assert request.begins == (pytest.approx(3.5 + SOON), math.inf)
    within = next(iter(request.draws()))[1]
    assert within[0] == pytest.approx(3.5 + SOON - last)
    made.run_until(6.0)
    after = [time for time, _ in onsets(made.effects) if time > 3.5]
    assert after[0] == pytest.approx(last + 1.0)


def test_behind_a_plan_there_is_no_bound() -> None:
    """What follows a note to come is measured from that."""
    made = stage(Patient())
    made.run_until(3.0)
    later = asked(made)[1:]
    assert [request.begins for request in later] == [ANY] * len(later)


def test_pressing_play_is_heard_at_once() -> None:
    """However long the silence was: not after a step of the model's."""
    made = stage(Patient(step=2.0))
    made.run_until(5.0)
    made.feed(Transport(Action.STOP), 5.0)
    made.feed(Transport(Action.PLAY), 60.0)
    made.run_until(63.0)
    after = [time for time, _ in onsets(made.effects) if time >= 60.0]
    assert after == [pytest.approx(60.0), pytest.approx(62.0)]


def test_a_knob_turned_before_the_answer_leaves_it_on_time() -> None:
    """The first note is drawn anew for the same moment."""
    made = stage(Patient(), idle_start=None, pause=0.6)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.feed(NoteOff(1.1, 60), 1.1)
    made.run_until(1.65)
    assert made.engine.planned
    made.feed(SetParam(1, "style", 1.0), 1.65)
    made.run_until(3.0)
    assert onsets(made.effects, Source.IMPROV)[0][0] == pytest.approx(1.7)


def test_the_model_hears_25_notes_and_the_guard_remembers_more() -> None:
    """What was before the context goes with it."""
    made = stage()
    made.run_until(30.0)
    request = asked(made)[-1]
    assert len(request.context) == 25
    assert len(request.before) >= MEMORY - 25
    starts = [note.start for note in (*request.before, *request.context)]
    assert starts == sorted(starts)
    assert made.engine.context_size == 25


def test_the_key_that_is_shown_is_the_scale_kept_to_or_else_yours() -> None:
    """By its name; nothing of improv's own, and nothing of too little."""
    mine = [Note(57 + d, 70, n, 0.5) for n, d in enumerate((0, 2, 3, 5, 7, 8, 11, 12, 0, 7))]
    its = [replace(note, pitch=note.pitch + 1, source=Source.IMPROV) for note in mine]
    assert asking.key_of(Params(), [*its, *mine]) == "A minor"
    assert asking.key_of(Params(scale="yours"), mine) == "A minor"
    assert asking.key_of(Params(scale="dorian", key=2), mine) == "D dorian"
    assert asking.key_of(Params(), its) == ""
