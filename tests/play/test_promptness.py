"""From a turned knob and from a phrase's end to the music, in virtual time."""

import pytest

from improv.music.event import NoteOff, NoteOn
from improv.play.messages import SetParam
from improv.play.promptness import Promptness
from support import stage


def test_a_turned_knob_is_heard_with_the_first_note_drawn_with_it():
    """Decided when the new note has a time, heard when it sounds."""
    made = stage()
    made.run_until(2.1)  # notes every quarter of a second, the next at 2.25
    made.feed(SetParam(1, "velocity", 33), 2.1)
    made.run_until(3.0)
    prompt = made.engine.promptness
    assert prompt.decided.at(0.5) == [0.0]  # the model of the test answers at once
    assert prompt.last_heard == pytest.approx(0.15)


def test_a_note_too_near_to_change_does_not_count_as_heard():
    """A note within the commit horizon is drawn with the old value; the one after is measured."""
    made = stage()
    made.run_until(2.24)
    made.feed(SetParam(1, "velocity", 33), 2.24)
    made.run_until(3.0)
    assert made.engine.promptness.last_heard == pytest.approx(0.26)


def test_an_answer_on_time_is_not_late():
    """Your pause and the model's own step are not lateness."""
    made = stage(idle_start=None, pause=0.5)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.feed(NoteOff(1.1, 60), 1.1)
    made.run_until(3.0)
    assert made.engine.promptness.answer.at(0.5) == [0.0]


def test_an_answer_that_waited_for_the_model_is_late_by_that():
    """Measured from when it could have sounded."""
    prompt = Promptness()
    prompt.answering()
    prompt.planned(due=2.3, wanted=2.0, now=2.3)
    prompt.sounded(due=2.3, now=2.31)
    assert prompt.answer.at(0.5) == [pytest.approx(0.31)]


def test_an_interrupted_answer_is_not_waited_for():
    """You play again: nothing is measured until the next phrase."""
    prompt = Promptness()
    prompt.turned(1.0)
    prompt.answering()
    prompt.interrupted()
    prompt.planned(due=2.0, wanted=2.0, now=1.5)
    prompt.sounded(due=2.0, now=2.0)
    assert len(prompt.answer) == len(prompt.heard) == 0
