"""Where a note is drawn: lanes, columns and the range of pitches shown."""

from __future__ import annotations

import pytest

from improv.ui.roll import COLUMN_S, ITS, LEVELS, PLANNED, YOURS, Mark, fit, lane_of, marks, paint
from improv.ui.state import State


def note(pitch: int, start: float, end: float, kind: int = ITS) -> Mark:
    """A note by columns."""
    return Mark(kind, 1, pitch, start * COLUMN_S + 1e-6, end * COLUMN_S + 1e-6)


def drawn(lane: bytearray) -> str:
    """A lane as text: a digit for the kind of each note, a dot where nothing is."""
    return "".join(str(code // LEVELS) if code else "." for code in lane)


def test_a_note_fills_the_columns_it_sounds_in() -> None:
    """From its start to its end, cut at both edges of the roll."""
    [lane] = paint([note(60, 12, 15), note(60, 5, 11), note(60, 18, 40)], 10, 10, 1, (60, 60))
    assert drawn(lane) == "3.333...33"


def test_a_note_shorter_than_a_column_is_still_seen() -> None:
    """A staccato note has one column."""
    [lane] = paint([note(60, 3.2, 3.4)], 0, 6, 1, (60, 60))
    assert drawn(lane) == "...3.."


def test_a_key_struck_again_at_once_is_two_notes_to_the_eye() -> None:
    """The column before the second stays empty."""
    [lane] = paint([note(60, 0, 4), note(60, 4, 8)], 0, 8, 1, (60, 60))
    assert drawn(lane) == "333.3333"


def test_what_sounds_is_painted_over_what_was_planned(status, scene) -> None:
    """Marks come plan first; yours, its and planned have kinds of their own."""
    state = State()
    for report in scene:
        state.take(report, 1000.0)
    kinds = [mark.kind for mark in marks(state, 1000.0)]
    assert kinds == sorted(kinds, key=lambda kind: kind != PLANNED)
    assert set(kinds) == {PLANNED, YOURS, ITS}


def test_a_plan_whose_time_has_gone_is_not_drawn() -> None:
    """While it is paused nothing planned drifts into the past."""
    state = State()
    assert marks(state, 5.0) == []


@pytest.mark.parametrize("lanes", [12, 18, 48, 80])
@pytest.mark.parametrize("pitches", [[60], [0, 127], [21, 108], [59, 64, 72], [0], [127]])
def test_every_pitch_in_view_has_a_lane(pitches: list[int], lanes: int) -> None:
    """Higher is never lower, nothing falls off, and the range stays within MIDI's."""
    low, high = fit(pitches, lanes, (48, 72))
    assert 0 <= low <= min(pitches)
    assert max(pitches) <= high <= 127
    rows = [lane_of(pitch, low, high, lanes) for pitch in range(low, high + 1)]
    assert rows == sorted(rows, reverse=True)
    assert all(0 <= row < lanes for row in rows)


def test_each_pitch_has_its_own_lane_where_there_are_enough() -> None:
    """Two octaves on 48 lanes: no two pitches share one."""
    low, high = fit([48, 72], 48, (60, 60))
    assert len({lane_of(pitch, low, high, 48) for pitch in range(low, high + 1)}) == high - low + 1


def test_the_range_is_calm() -> None:
    """It stays as it is while the notes fit, opens at once, and closes when it is far too wide."""
    before = fit([55, 70], 18, (48, 72))
    assert fit([58, 68], 18, before) == before
    wider = fit([55, 90], 18, before)
    assert wider[1] >= 90
    assert fit([58, 68], 18, wider) != wider
