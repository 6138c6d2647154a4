"""Choosing ports and instruments from lists."""

from __future__ import annotations

from textual.widgets import OptionList

from improv.session.messages import SetInputs, SetOutputs, SetParam
from screen import SIZE, hear, text


async def test_enter_opens_and_closes_outputs(app, link, status) -> None:
    """All that should be open is sent, and the marks follow what the player says is open."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("o")
        await pilot.pause()
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert link.sent == [SetOutputs(("virtual:improv", "fluidsynth", "port:Microfreak"))]
        assert "opening…" in text(app)
        is_open = ("virtual:improv", "fluidsynth", "port:Microfreak")
        await hear(app, pilot, status(outputs=is_open))
        app.screen.advance()
        await pilot.pause()
        assert "opening…" not in text(app)
        await pilot.press("up", "space")
        await pilot.pause()
        assert link.sent[-1] == SetOutputs(("virtual:improv", "port:Microfreak"))
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.screen_stack[0]


async def test_a_click_opens_an_input(app, link) -> None:
    """The list takes the mouse too."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("i")
        await pilot.pause()
        await pilot.click(OptionList, offset=(5, 1))
        await pilot.pause()
        assert link.sent == [SetInputs(("port:KeyStep 37", "virtual:improv"))]


async def test_a_port_that_vanishes_leaves_the_list(app, link, status) -> None:
    """Plugging and unplugging shows while the list is up."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("o")
        await pilot.pause()
        await hear(app, pilot, status(outputs=(), output_choices=()))
        app.screen.advance()
        await pilot.pause()
        assert "none found yet" in text(app)
        await pilot.press("enter")
        assert link.sent == []


async def test_an_instrument_is_found_by_its_name(app, link) -> None:
    """Typing narrows the list, arrows move in it, Enter takes."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("g")
        await pilot.pause()
        await pilot.press(*"sax", "down", "enter")
        await pilot.pause()
        assert link.sent == [SetParam(1, "program", 65)]
        assert app.screen is app.screen_stack[0]


async def test_an_instrument_that_is_not_there_is_said(app, link) -> None:
    """Enter on nothing takes nothing; Esc leaves all as it was."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("g")
        await pilot.pause()
        await pilot.press(*"zzz", "enter")
        await pilot.pause()
        assert "no instrument holds these words" in text(app)
        await pilot.press("escape")
        assert link.sent == []
