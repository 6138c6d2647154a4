"""Turning knobs with the mouse."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from improv.play.params import Params
from improv.session.messages import SetParam
from improv.ui.slider import NAME_WIDTH
from screen import SIZE, line


async def test_a_click_on_the_track_sets_the_value(app, link) -> None:
    """Its right end is the highest."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("velocity")
        await pilot.pause()
        end = line(app, "velocity")._track()[-1]
        await pilot.click("#knob-velocity", offset=(end, 0))
        assert link.sent == [SetParam(1, "velocity", 127)]
        assert app.focused is line(app, "velocity")


async def test_a_drag_turns_until_the_button_is_let_go(app, link) -> None:
    """It follows the pointer even off the line, and stops at the end of the track."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.mouse_down("#knob-top_p", offset=(NAME_WIDTH + 3, 0))
        await pilot.hover("#knob-top_p", offset=(NAME_WIDTH + 5, 0))
        await pilot.hover("#roll", offset=(1, 1))
        await pilot.mouse_up("#roll", offset=(1, 1))
        values = [c.value for c in link.sent]
        assert values[0] < values[1]
        assert values[-1] == 0.05
        sent = len(link.sent)
        await pilot.hover("#knob-top_p", offset=(NAME_WIDTH + 8, 0))
        assert len(link.sent) == sent


@pytest.mark.parametrize(
    ("wheel", "shift", "value"),
    [
        (events.MouseScrollUp, False, 84),
        (events.MouseScrollDown, False, 76),
        (events.MouseScrollUp, True, 81),
    ],
)
async def test_the_wheel_turns(app, link, wheel, shift: bool, value: int) -> None:
    """Up is more; with Shift finely."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("velocity")
        await pilot.pause()
        at = line(app, "velocity").region
        app.post_message(wheel(None, at.x + 3, at.y, 0, 0, 0, shift, False, False, at.x + 3, at.y))
        await pilot.pause()
        await pilot.pause()
        assert link.sent == [SetParam(1, "velocity", value)]


async def test_a_double_click_is_the_default(app, link, status) -> None:
    """As on any mixing desk."""
    link.to_say = [status(params=Params(velocity=10))]
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("velocity")
        await pilot.pause()
        await pilot.double_click("#knob-velocity", offset=(2, 0))
        assert link.sent == [SetParam(1, "velocity", 80)]


async def test_a_click_switches_thru(app, link) -> None:
    """The switch is its own button."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("thru")
        await pilot.pause()
        await pilot.click("#knob-thru", offset=(NAME_WIDTH + 1, 0))
        assert link.sent == [SetParam(1, "thru", False)]


async def test_clicks_on_the_instrument_step_or_open_the_list(app, link) -> None:
    """The arrows step, the name opens."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("program")
        await pilot.pause()
        width = line(app, "program").size.width
        await pilot.click("#knob-program", offset=(width - 2, 0))
        assert link.sent == [SetParam(1, "program", 1)]
        await pilot.click("#knob-program", offset=(NAME_WIDTH, 0))
        assert link.sent[-1] == SetParam(2, "program", 0)
        await pilot.click("#knob-program", offset=(NAME_WIDTH + 5, 0))
        await pilot.pause()
        assert app.screen.query(Input)


async def test_clicks_on_a_knob_of_words_step_or_go_to_the_next(app, link) -> None:
    """The arrows step, the word goes on, a double click is no default."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click("#knob-guard", offset=(NAME_WIDTH, 0))
        await pilot.click("#knob-guard", offset=(NAME_WIDTH + 4, 0))
        await pilot.click("#knob-guard", offset=(line(app, "guard").size.width - 2, 0))
        assert [command.value for command in link.sent] == ["off", "gentle", "strong"]
