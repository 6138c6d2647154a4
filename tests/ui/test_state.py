"""From the player's reports to what is drawn, with no screen in sight."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.music.event import Note, Source
from improv.play.params import Params
from improv.session.messages import Ended, Goodbye, Level, Notice, Phase, Planned, SetParam, Sounded
from improv.ui.state import KEPT_S, PATIENCE_S, State


@pytest.fixture
def state(status) -> State:
    """A state that has heard one Status."""
    made = State()
    made.take(status(), 1000.0)
    return made


def test_a_note_is_a_bar_from_its_start_to_its_end(state: State) -> None:
    """The bar is open while the note sounds, and keeps the player's own times."""
    state.take(Sounded(4, 60, 90, 999.5, Source.YOU), 1000.0)
    assert (state.bars[0].start, state.bars[0].end) == (999.5, None)
    assert state.sounding() == {60: Source.YOU}
    state.take(Ended(4, 999.9), 1000.0)
    assert state.bars[0].end == 999.9
    assert state.sounding() == {}


def test_an_end_belongs_to_one_note_and_not_to_a_pitch(state: State) -> None:
    """A key struck again while it sounds stays lit until its last note ends."""
    state.take(Sounded(1, 60, 90, 999.0, Source.IMPROV), 1000.0)
    state.take(Sounded(2, 60, 90, 999.5, Source.YOU), 1000.0)
    assert state.sounding() == {60: Source.YOU}
    state.take(Ended(2, 999.8), 1000.0)
    assert state.sounding() == {60: Source.IMPROV}
    state.take(Ended(7, 999.9), 1000.0)  # never heard of: no harm
    assert state.sounding() == {60: Source.IMPROV}


def test_a_plan_replaces_the_plan_before_it(state: State) -> None:
    """Dropped proposals leave the screen with the next Planned."""
    first = Note(60, 80, 1001.0, 0.5, Source.IMPROV)
    second = Note(62, 80, 1001.0, 0.5, Source.IMPROV)
    state.take(Planned((first,)), 1000.0)
    state.take(Planned((second,)), 1000.0)
    assert state.planned == (second,)


def test_what_is_asked_for_is_not_shown_as_in_force(state: State, status) -> None:
    """The value in force changes only when the player says so."""
    assert state.ask("temperature", 1.5, 1000.0) == SetParam(1, "temperature", 1.5)
    assert state.status.params.temperature == 1.0
    assert state.asked("temperature") == 1.5
    state.take(status(serial=1, params=Params(temperature=1.5)), 1000.1)
    assert state.status.params.temperature == 1.5
    assert state.asked("temperature") is None


def test_a_later_change_stays_asked_when_an_earlier_one_is_in_force(state: State, status) -> None:
    """Serial numbers tell which of two changes of one knob the player has reached."""
    state.ask("velocity", 84, 1000.0)
    state.ask("velocity", 88, 1000.0)
    state.take(status(serial=1, params=Params(velocity=84)), 1000.1)
    assert state.asked("velocity") == 88


@pytest.mark.parametrize("value", [0, -1, 1e9, float("nan"), "loud"])
def test_a_value_out_of_range_changes_nothing(state: State, value: object) -> None:
    """It is refused here, with Params' own words, and never sent."""
    with pytest.raises(UsageError, match="temperature must be from"):
        state.ask("temperature", value, 1000.0)
    assert state.asked("temperature") is None
    assert state.ask("velocity", 84, 1000.0).serial == 1


def test_a_range_is_checked_against_what_was_asked_before(state: State) -> None:
    """Lowest above highest is refused although neither is in force yet."""
    state.ask("high", 60, 1000.0)
    with pytest.raises(UsageError, match="lowest pitch must not be above"):
        state.ask("low", 61, 1000.0)


def test_nothing_can_be_asked_before_the_player_speaks() -> None:
    """Without a Status there is no value to change."""
    with pytest.raises(UsageError, match="no player to tell yet"):
        State().ask("temperature", 1.2, 1000.0)


def test_a_change_never_taken_up_is_dropped_with_a_word(state: State) -> None:
    """A mark that stays for ever would be a lie."""
    state.ask("temperature", 1.5, 1000.0)
    state.pass_time(1000.0 + PATIENCE_S)
    assert state.asked("temperature") == 1.5
    state.pass_time(1000.1 + PATIENCE_S)
    assert state.asked("temperature") is None
    assert state.log[-1].notice.level is Level.WARNING
    assert "temperature" in state.log[-1].notice.text


def test_bars_that_left_the_roll_are_forgotten(state: State) -> None:
    """Memory does not grow with the music; what sounds is kept."""
    state.take(Sounded(1, 60, 90, 1000.0, Source.IMPROV), 1000.0)
    state.take(Ended(1, 1001.0), 1001.0)
    state.take(Sounded(2, 62, 90, 1001.0, Source.IMPROV), 1001.0)
    state.pass_time(1001.5 + KEPT_S)
    assert [bar.pitch for bar in state.bars] == [62]


def test_a_goodbye_ends_everything_in_the_player_s_words(state: State, status) -> None:
    """The last status is shown, nothing sounds, nothing is planned."""
    state.take(Sounded(1, 60, 90, 999.0, Source.IMPROV), 1000.0)
    state.take(Goodbye(status(phase=Phase.STOPPED), 0, "time is up"), 1000.0)
    assert state.farewell.reason == "time is up"
    assert state.phase is Phase.STOPPED
    assert state.sounding() == {}


def test_a_lost_player_is_said_once_and_leaves_no_note_lit(state: State) -> None:
    """The bars end where the player was lost, and no knob waits for it."""
    state.take(Sounded(1, 60, 90, 999.0, Source.IMPROV), 1000.0)
    state.ask("temperature", 1.5, 1000.0)
    state.lose_player(1000.2)
    state.lose_player(1000.3)
    assert state.bars[0].end == 1000.2
    assert state.asked("temperature") is None
    assert [logged.notice.level for logged in state.log] == [Level.ERROR]
    with pytest.raises(UsageError):
        state.ask("temperature", 1.2, 1000.3)


def test_the_log_keeps_the_last_notices_in_order(state: State) -> None:
    """The banner is its last line."""
    for number in range(300):
        state.take(Notice(f"notice {number}"), 1000.0 + number)
    assert len(state.log) == 200
    assert state.log[-1].notice.text == "notice 299"
    assert state.log[-1].at == 1299.0


def test_a_missed_end_is_made_up_for(state: State, status) -> None:
    """A terminal that was stopped lost the end of a note: the next status says it is over."""
    state.take(Sounded(4, 60, 90, 999.5, Source.YOU), 1000.0)
    state.take(Sounded(5, 64, 90, 999.6, Source.IMPROV), 1000.0)
    state.take(status(sounding=frozenset({5})), 1000.2)
    assert state.sounding() == {64: Source.IMPROV}
    assert state.bars[0].end == 1000.2
