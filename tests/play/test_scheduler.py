"""Due things come out in time order, offs first; plans can be dropped, offs can't."""

import pytest

from improv.music.event import Note
from improv.play.scheduler import End, Scheduler, Start


def note(start):
    return Note(60, 64, start, 0.5)


def test_offs_come_before_ons_at_one_time():
    """A repeated pitch is let go before it is struck again."""
    scheduler = Scheduler()
    scheduler.add([note(1.0)])
    scheduler.owe(7, 1.0)
    assert scheduler.pop_due(1.0) == [End(1.0, 7), Start(1.0, note(1.0))]


def test_nothing_is_due_early():
    """`due` names the next time and `pop_due` gives nothing before it."""
    scheduler = Scheduler()
    scheduler.add([note(1.0), note(2.0)])
    assert scheduler.due() == 1.0
    assert scheduler.pop_due(0.999) == []
    assert [item.due for item in scheduler.pop_due(3.0)] == [1.0, 2.0]
    assert scheduler.due() is None


def test_dropping_a_plan_keeps_the_owed_offs():
    """What sounds will end."""
    scheduler = Scheduler()
    scheduler.add([note(1.0), note(2.0), note(3.0)])
    scheduler.owe(1, 5.0)
    assert scheduler.drop_after(1.5) == 2
    assert scheduler.plan == (note(1.0),)
    assert scheduler.pop_due(9.0) == [Start(1.0, note(1.0)), End(5.0, 1)]


def test_a_plan_goes_forward():
    """Adding a note before the last one is a mistake of ours."""
    scheduler = Scheduler()
    scheduler.add([note(2.0)])
    with pytest.raises(ValueError, match="forward"):
        scheduler.add([note(1.0)])
