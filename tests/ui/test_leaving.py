"""Leaving the screen: by key, by signal, by the player, and without one."""

from __future__ import annotations

import os
import signal

import pytest
from textual.pilot import Pilot

from improv.music.event import Source
from improv.session.messages import Goodbye, Quit, Sounded
from improv.ui.app import ImprovApp
from screen import SIZE, hear, text


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quit_waits_for_the_player_s_goodbye(app, link, status, key: str) -> None:
    """The player is told; its last word ends the screen, with exit code 0."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        assert link.sent == [Quit()]
        assert app.return_code is None
        await hear(app, pilot, Goodbye(status(), 0, "quit"))
        assert app.return_value == 0
    assert app.farewell.sounding == 0


async def test_a_player_that_hangs_is_not_waited_for_longer(link, clock) -> None:
    """After the time it has, the screen goes without its goodbye."""
    app = ImprovApp(link, clock, goodbye_s=0.05)

    async def leave(pilot: Pilot[int]) -> None:
        await pilot.press("q")

    assert await app.run_async(headless=True, size=SIZE, auto_pilot=leave) == 0
    assert app.farewell is None


async def test_a_second_quit_goes_at_once(app, link) -> None:
    """Impatience is understood."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("q", "q")
        await pilot.pause()
        assert app.return_value == 0
        assert link.sent == [Quit()]


async def test_the_player_s_own_goodbye_ends_the_screen_with_its_code(app, status) -> None:
    """Time is up, or the model was refused: the reason is left for the command line to say."""
    async with app.run_test(size=SIZE) as pilot:
        await hear(app, pilot, Goodbye(status(), 0, "the model folder lacks a file", 4))
        assert app.return_value == 4
    assert app.farewell.reason == "the model folder lacks a file"


async def test_a_dead_player_is_said_and_quitting_then_gives_3(app, link) -> None:
    """No note stays lit, no command is sent into the void, and the exit code tells."""
    async with app.run_test(size=SIZE) as pilot:
        await hear(app, pilot, Sounded(1, 60, 80, 999.0, Source.IMPROV))
        link.ended = True
        await hear(app, pilot)
        words = text(app)
        assert "✗ player stopped" in words
        assert app.state.sounding() == {}
        await pilot.press("space", "right")
        assert link.sent == []
        await pilot.press("q")
        await pilot.pause()
        assert app.return_value == 3
        assert app.return_code == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
async def test_a_signal_quits_with_its_exit_code(app, link, status, number: str, code: int) -> None:
    """The player is told to finish, and the shell learns which signal it was."""

    async def interrupt(pilot: Pilot[int]) -> None:
        os.kill(os.getpid(), getattr(signal, number))
        link.answer = Goodbye(status(), 0, "quit")

    assert await app.run_async(headless=True, size=SIZE, auto_pilot=interrupt) == code
    assert link.sent == [Quit()]
    assert app.return_code == code
