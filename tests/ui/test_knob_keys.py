"""Turning knobs by key and typing values, and what is shown until they are in force."""

from __future__ import annotations

import pytest

from improv.play.params import KNOBS, Params
from improv.session.messages import Level, SetParam
from screen import SIZE, banner, hear, line, text


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("temperature", "right", 1.1),
        ("temperature", "left", 0.9),
        ("temperature", "shift+right", 1.01),
        ("temperature", "shift+left", 0.99),
        ("temperature", "pageup", 2.0),
        ("temperature", "end", 5.0),
        ("temperature", "home", 0.05),
        ("time_temperature", "right", 0.1),
        ("time_temperature", "end", 5.0),
        ("top_p", "left", 0.95),
        ("guard", "right", "strong"),
        ("guard", "left", "off"),
        ("guard", "shift+right", "strong"),
        ("guard", "enter", "strong"),
        ("guard", "home", "off"),
        ("style", "right", 0.1),
        ("style", "end", 2.0),
        ("polyphony", "left", 23),
        ("polyphony", "home", 1),
        ("notes", "right", 4),
        ("notes", "shift+right", 1),
        ("pause", "right", 0.7),
        ("velocity", "left", 76),
        ("velocity_spread", "right", 12),
        ("low", "right", 22),
        ("high", "left", 107),
        ("program", "right", 1),
        ("channel", "right", 1),
        ("thru", "left", False),
        ("thru", "enter", False),
    ],
)
async def test_keys_turn_the_knob_with_the_focus(app, link, name, key, value) -> None:
    """One press, one SetParam with the next serial."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob(name)
        await pilot.press(key)
        assert link.sent == [SetParam(1, name, value)]
        assert type(link.sent[0].value) is KNOBS[name].kind


async def test_presses_add_up_before_the_player_has_answered(app, link) -> None:
    """Each starts from what the one before asked for; at the end of the range nothing is sent."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("right", "right", "shift+left")
        assert [c.value for c in link.sent] == [1.1, 1.2, 1.19]
        assert [c.serial for c in link.sent] == [1, 2, 3]
        await pilot.press("end", "right", "right")
        assert len(link.sent) == 4


async def test_zero_is_the_default(app, link, status) -> None:
    """One key back to where it began."""
    link.to_say = [status(params=Params(temperature=3.0))]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("0")
        assert link.sent == [SetParam(1, "temperature", 1.0)]
        await pilot.press("0")
        assert len(link.sent) == 1


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("temperature", "1 full_stop 7 enter", 1.7),
        ("temperature", "enter 0 full_stop 5 enter", 0.5),
        ("temperature", "2 3 backspace enter", 2.0),
        ("low", "enter c 3 enter", 48),
        ("low", "4 8 enter", 48),
        ("channel", "1 0 enter", 9),
        ("notes", "1 6 enter", 16),
        ("time_temperature", "enter f o l l o w s enter", 0.0),
        ("time_temperature", "enter 0 full_stop 6 enter", 0.6),
        ("style", "enter 0 full_stop 2 5 enter", 0.25),
        ("velocity", "1 0 0 enter", 100),
    ],
)
async def test_a_value_can_be_typed(app, link, name: str, keys: str, value) -> None:
    """A digit or Enter begins, Enter sends; the point is a point and not a stop."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob(name)
        await pilot.press(*keys.split())
        await pilot.pause()
        assert link.sent == [SetParam(1, name, value)]


@pytest.mark.parametrize("last", ["escape", "tab", "down"])
async def test_typing_can_be_given_up(app, link, last: str) -> None:
    """Esc or going elsewhere sends nothing."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3", last)
        await pilot.press("enter")
        assert link.sent == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("9 9 enter", "temperature must be from 0.05 to 5, not 99"),
        ("enter 0 enter", "temperature must be from 0.05 to 5, not 0"),
        ("enter minus 1 enter", "not -1"),
        ("enter n a n enter", "not nan"),
        ("1 e 9 enter", "not 1e+09"),
        ("1 x enter", "temperature takes a number, not '1x'"),
    ],
)
async def test_a_bad_value_is_refused_in_a_sentence(app, link, keys: str, said: str) -> None:
    """Nothing is sent, the value in force stays on the screen, and the banner says why."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*keys.split())
        await pilot.pause()
        app.advance()
        assert link.sent == []
        assert said in banner(app)
        assert app.state.log[-1].notice.level is Level.ERROR
        assert "1.00" in text(app)


async def test_the_value_in_force_is_shown_and_the_one_asked_for_is_marked(
    app, link, status
) -> None:
    """Until the serial comes back both are there, with an arrow between."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("right")
        assert "1.00→1.10" in text(app).replace("\n", "")
        await hear(app, pilot, status(serial=1, params=Params(temperature=1.1)))
        words = text(app)
        assert "→" not in words
        assert "1.10" in words


async def test_arrows_go_from_knob_to_knob(app) -> None:
    """Down and up in a column, Tab along the rows; no further than the last."""
    async with app.run_test(size=SIZE) as pilot:
        assert app.focused is line(app, "temperature")
        await pilot.press("down")
        assert app.focused is line(app, "top_p")
        await pilot.press("tab")
        assert app.focused is line(app, "guard")
        await pilot.press("up")
        assert app.focused is line(app, "time_temperature")
        await pilot.press("up")
        assert app.focused is line(app, "time_temperature")


async def test_words_go_round_by_enter_and_digits_are_not_for_them(app, link, status) -> None:
    """After the last word comes the first; the word in force stands on the screen."""
    link.to_say = [status(params=Params(guard="strong"))]
    async with app.run_test(size=SIZE) as pilot:
        line(app, "guard").focus()
        await pilot.pause()
        assert "strong" in text(app)
        await pilot.press("2", "enter", "enter")
        assert [command.value for command in link.sent] == ["off", "gentle"]
        assert "→gentle" in text(app).replace("\n", "")


async def test_a_knob_that_turns_nothing_says_so_and_can_be_turned(app, link, status) -> None:
    """The seed has heard one style only: the line is marked unused, also to those who hover."""
    link.to_say = [status(inert=frozenset({"style", "time_temperature"}))]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert text(app).count("unused") == 2
        assert "whatever it is" in line(app, "style").tooltip
        line(app, "style").focus()
        await pilot.press("right")
        assert link.sent == [SetParam(1, "style", 0.1)]
        await hear(app, pilot, status())
        assert "unused" not in text(app)
