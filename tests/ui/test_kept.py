"""The take and the way back, always in view."""

from __future__ import annotations

import pytest

from improv.session.messages import TakeState
from improv.ui.kept import kept

LONG = TakeState(63 * 60 + 12.9, 62 * 60 + 10.0)


def words(status, width: int, take: TakeState, undo: tuple[int, int] = (3, 1)) -> str:
    return "".join(text for text, _ in kept(status(take=take, undo=undo), width)).strip()


@pytest.mark.parametrize(
    ("take", "shown"),
    [
        (TakeState(), "○ no take yet   undo 3 redo 1"),
        (TakeState(192.7), "● take 3:12  not saved   undo 3 redo 1"),
        (TakeState(192.7, 130.0), "● take 3:12  saved 2:10   undo 3 redo 1"),
        (TakeState(192.7, None, trouble=True), "✗ only in memory 3:12  not saved   undo 3 redo 1"),
    ],
)
def test_it_is_said_how_the_take_stands(status, take, shown) -> None:
    """In words where there is room."""
    assert words(status, 60, take) == shown


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (36, "● 63:12 saved 62:10  undo 3 redo 1"),
        (32, "● 63:12 saved 62:10  ↶3 ↷1"),
        (16, "● 63:12  ↶3 ↷1"),
        (13, "● 63:12  ↶3"),
        (8, "● 63:12"),
    ],
)
def test_what_is_said_gives_way_word_by_word(status, width: int, shown: str) -> None:
    """First the words, then where it was saved, then redo; how long the take is stays."""
    assert words(status, width, LONG) == shown


@pytest.mark.parametrize(("size", "width"), [((80, 24), 32), ((120, 40), 72), ((60, 20), 12)])
async def test_it_has_its_place_in_every_terminal(app, size, width: int) -> None:
    """At 80 by 24 undo, redo, the take's length and the word saved fit for an hour and more."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app._knobs.kept.size.width - 1 == width
