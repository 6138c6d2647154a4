"""The last net: no note of improv's sounds longer than `longest`, whatever was to end it."""

from __future__ import annotations

import pytest

from improv.music.event import NoteOn, Source
from improv.play.ledger import Ledger
from improv.play.messages import Action, SetParam, Strike, Transport
from improv.play.scheduler import Scheduler
from improv.session.render import Stage
from support import Metronome, sent, stage


def lengths(made: Stage, source: Source = Source.IMPROV) -> list[float]:
    """How long each note that has ended has sounded."""
    began: dict[int, float] = {}
    ended = []
    for at, status, data in sent(made.effects, source):
        if status == 0x90:
            began[data[0]] = at
        elif status == 0x80:
            ended.append(round(at - began.pop(data[0]), 6))
    return ended


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that owes no note-off to anybody: what was to end notes has failed."""
    monkeypatch.setattr(Scheduler, "owe", lambda *_: None)


def played(**params: float) -> Stage:
    """Eight notes of a model, one a second, and half a minute after them."""
    made = stage(Metronome(step=1.0, duration=0.5), idle_start=None, notes=8, futures=1, **params)
    made.feed(Transport(Action.PLAY), 1.0)
    made.run_until(40.0)
    return made


@pytest.mark.parametrize("longest", [10.0, 2.5])
def test_a_note_that_nobody_ends_ends_by_itself(forgetful: None, longest: float) -> None:
    """After ten seconds, unless the knob says otherwise."""
    made = played() if longest == 10.0 else played(longest=longest)
    assert lengths(made) == [longest] * 8
    assert made.engine.sounding == 0


def test_without_the_net_it_rings_on(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without anybody looking at what is overdue."""
    monkeypatch.setattr(Ledger, "due", None)
    monkeypatch.setattr(Ledger, "overdue", lambda *_: [])
    made = played()
    assert lengths(made) == []
    assert made.engine.sounding == 8


def test_what_ends_in_time_is_left_alone() -> None:
    """The net is no knob of how long notes are."""
    assert lengths(played()) == [0.5] * 8


def test_a_chord_ends_too() -> None:
    """Two beats at 20 a minute are six seconds."""
    slow = {"mode": "chords", "chart": "| C |", "sync": "internal", "tempo": 20.0}
    made = stage(idle_start=None, longest=4.0, **slow)
    made.feed(Transport(Action.PLAY), 1.0)
    made.run_until(30.0)
    assert lengths(made)
    assert max(lengths(made)) == pytest.approx(4.0)


def test_a_companion_of_a_key_that_is_never_let_go_ends() -> None:
    """And the key, which is yours to hold, sounds on."""
    made = stage(idle_start=None, mode="harmonise", companions=2)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.run_until(60.0)
    assert lengths(made) == [10.0, 10.0]
    assert lengths(made, Source.YOU) == []
    assert made.engine.sounding == 1


def test_a_typed_key_has_its_length_and_the_net(forgetful: None) -> None:
    """No terminal says that it was let go."""
    made = stage(idle_start=None)
    made.feed(Strike(60, 70, 0.3), 1.0)
    made.run_until(30.0)
    assert lengths(made, Source.YOU) == [10.0]


def test_the_net_looks_as_far_ahead_as_the_slowest_output_needs(forgetful: None) -> None:
    """A note that was given out early is ended as much earlier."""
    made = stage(Metronome(step=1.0), idle_start=None, notes=1, futures=1)
    made.do(made.engine.lead_by(0.2, 0.0))
    made.feed(Transport(Action.PLAY), 1.0)
    made.run_until(40.0)
    (begun, _, _), (ended, _, _) = sent(made.effects, Source.IMPROV)
    assert ended - begun == pytest.approx(10.0)


def test_a_turned_knob_is_for_the_notes_after_it(forgetful: None) -> None:
    """What sounds ends when it was going to."""
    made = stage(Metronome(step=1.0), idle_start=None, notes=2, futures=1)
    made.feed(Transport(Action.PLAY), 1.0)
    made.run_until(2.0)
    before = len([m for m in sent(made.effects, Source.IMPROV) if m[1] == 0x90])
    made.feed(SetParam(1, "longest", 3.0), 2.0)
    made.run_until(40.0)
    assert sorted(lengths(made)) == [3.0] * (2 - before) + [10.0] * before
