"""Transport by key and click, panic from everywhere, and the typed piano."""

from __future__ import annotations

import pytest
from textual import events

from improv.play.params import Params
from improv.session.messages import (
    Action,
    Notice,
    Phase,
    SaveTake,
    SetParam,
    Strike,
    Transport,
)
from screen import SIZE, hear, text


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("full_stop", Action.STOP),
        ("r", Action.NEW),
        ("exclamation_mark", Action.PANIC),
        ("a", Action.AGAIN),
        ("x", Action.LESS),
    ],
)
async def test_a_key_for_each_action(app, link, key: str, action: Action) -> None:
    """Stop, new, panic, again and less like this send what they say."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        assert link.sent == [Transport(action)]


async def test_which_version_sounds_is_shown_from_the_second_on(app, link, status) -> None:
    """The first needs no number: it is what it plays."""
    link.to_say = [status(version=(1, 8))]
    async with app.run_test(size=SIZE) as pilot:
        assert "version" not in text(app)
        await hear(app, pilot, status(version=(3, 8)))
        assert "version 3 of 8" in text(app)


async def test_s_saves_the_take_and_its_place_is_shown(app, link) -> None:
    """The player says where; with the typed piano on, the key is a note."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("s")
        assert link.sent == [SaveTake()]
        await hear(app, pilot, Notice("saved: takes/2026-11-23-201500.mid"))
        assert "saved: takes/2026-11-23-201500.mid" in text(app)
        await pilot.press("m", "s")
        assert isinstance(link.sent[-1], Strike)


@pytest.mark.parametrize(
    ("phase", "action"),
    [
        (Phase.PLAYING, Action.PAUSE),
        (Phase.LISTENING, Action.PAUSE),
        (Phase.PAUSED, Action.PLAY),
        (Phase.STOPPED, Action.PLAY),
        (Phase.WAITING, Action.PLAY),
    ],
)
async def test_space_plays_and_pauses(app, link, status, phase: Phase, action: Action) -> None:
    """What Space does depends on what the player says it is doing."""
    link.to_say = [status(phase=phase)]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space")
        assert link.sent == [Transport(action)]
        assert phase.value in text(app)


async def test_space_hands_over_where_a_key_ends_your_phrase(app, link, status) -> None:
    """Else nothing would; while improv plays it pauses as ever."""
    link.to_say = [status(phase=Phase.LISTENING, params=Params(hand_over="key"))]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space")
        await hear(app, pilot, status(phase=Phase.PLAYING, params=Params(hand_over="key")))
        await pilot.press("space")
        assert link.sent == [Transport(Action.PLAY), Transport(Action.PAUSE)]


async def test_the_footer_can_be_clicked(app, link) -> None:
    """Its keys are buttons too."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(
            "FooterKey.-panic" if app.query("FooterKey.-panic") else "Footer", offset=(12, 0)
        )
        await pilot.pause()
        assert link.sent == [Transport(Action.STOP)]


@pytest.mark.parametrize(
    "opening",
    [["o"], ["i"], ["g"], ["g", "s", "a"], ["l"], ["question_mark"], ["ctrl+p"], ["m"], ["7"]],
)
async def test_panic_works_from_everywhere(app, link, opening: list[str]) -> None:
    """Ports, instruments, a search being typed, log, help, palette, piano, a value being typed."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*opening)
        await pilot.pause()
        await pilot.press("exclamation_mark")
        assert link.sent == [Transport(Action.PANIC)]


async def test_the_typed_piano_plays_while_it_is_on(app, link, clock) -> None:
    """Before m the keys are commands, after it notes, after Esc commands again."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f")
        assert link.sent == []
        await pilot.press("m", "a", "x", "o", "z", "z", "D")
        assert [(c.pitch, type(c)) for c in link.sent] == [(60, Strike), (85, Strike), (52, Strike)]
        app.advance()
        await pilot.pause()
        assert "PIANO" in text(app)
        await pilot.press("escape", "f")
        app.advance()
        await pilot.pause()
        assert len(link.sent) == 3
        assert "PIANO" not in text(app)


async def test_notes_in_haste_do_not_overtake_the_key_that_turns_the_piano_on(app, link) -> None:
    """All in one burst, as a terminal under load hands them over."""
    async with app.run_test(size=SIZE) as pilot:
        for key in "masg":
            app.post_message(events.Key(key, key))
        await pilot.pause()
        assert [c.pitch for c in link.sent] == [60, 62, 67]


async def test_letters_are_text_where_text_is_typed(app, link) -> None:
    """In a search and in a value the piano and its key give way."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("m")
        app.action_instrument()
        await pilot.pause()
        await pilot.press(*"alto", "enter")
        await pilot.pause()
        assert link.sent == [SetParam(1, "program", 65)]


async def test_transport_and_knobs_work_while_the_piano_is_on(app, link) -> None:
    """Its keys are its own; Space, point and arrows are not among them."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("m", "space", "full_stop", "right")
        assert link.sent == [
            Transport(Action.PAUSE),
            Transport(Action.STOP),
            SetParam(1, "temperature", 1.1),
        ]
