"""Presets, learnt controls, undo and redo, by keys alone."""

from __future__ import annotations

import pytest

from improv.play import targets
from improv.play.params import Params
from improv.session import presets
from improv.session.messages import (
    Control,
    Learn,
    RecallPreset,
    Standing,
    StorePreset,
    SwitchSides,
    Undo,
    Unlearn,
)
from improv.ui.control_list import ControlList
from improv.ui.preset_picker import PresetPicker
from improv.ui.target_picker import TargetPicker
from screen import text

CC = Control("KeyStep 37", "cc", 0, 21)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """The musician's configuration folder, for this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("u", Undo()),
        ("ctrl+z", Undo()),
        ("U", Undo(redo=True)),
        ("ctrl+y", Undo(redo=True)),
        ("slash", SwitchSides()),
        ("f1", RecallPreset("1")),
        ("f9", RecallPreset("9")),
        ("f13", StorePreset(1)),
        ("f21", StorePreset(9)),
    ],
)
async def test_a_key_is_a_command(app, link, key, command) -> None:
    """Terminals say F13 for Shift and F1."""
    async with app.run_test() as pilot:
        await pilot.press(key)
        assert command in link.sent


async def test_a_preset_is_chosen_from_the_list(app, link) -> None:
    """Slots first, with those that come with improv; Enter recalls."""
    async with app.run_test() as pilot:
        await pilot.press("p")
        assert isinstance(app.screen, PresetPicker)
        assert "Piano duet" in text(app)
        assert "9  empty" in text(app)
        await pilot.press("down", "enter")
        assert RecallPreset("call-and-response") in link.sent
        assert len(app.screen_stack) == 1


async def test_what_plays_is_kept_by_a_digit_and_shows(app, link) -> None:
    """In the list, as soon as the player has written it."""
    async with app.run_test() as pilot:
        await pilot.press("p", "7")
        assert StorePreset(7) in link.sent
        presets.store(7, Params())
        presets.folder().joinpath("bad.toml").write_text("nonsense = 1")
        app.screen.advance()
        await pilot.pause()
        assert "7  slot 7" in text(app)
        assert "bad.toml can't be read" in text(app)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_the_preset_is_at_the_top(app, link, status) -> None:
    """Where there is room; nothing before one was recalled."""
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "preset" not in text(app)
        link.to_say = [status(preset="Ambient")]
        app.advance()
        await pilot.pause()
        assert "preset \nAmbient  " in text(app)


async def test_the_focused_knob_is_learnt(app, link, status) -> None:
    """L, and Esc gives up; without a knob it says what to do."""
    async with app.run_test() as pilot:
        app.set_focus(None)
        await pilot.press("L")
        assert not any(isinstance(sent, Learn) for sent in link.sent)
        assert "choose a knob first" in text(app)
        await pilot.press("tab", "L")
        assert Learn("temperature") in link.sent
        link.to_say = [status(learning="temperature")]
        app.advance()
        await pilot.press("escape")
        assert link.sent[-1] == Learn(None)


async def test_learnt_controls_are_listed_and_forgotten(app, link, status) -> None:
    """What each turns, of which device, and whether it has taken hold."""
    controls = (Standing(CC, "velocity", 0.0, caught=False), Standing(CC, "density", 0.5, True))
    async with app.run_test() as pilot:
        await pilot.press("c")
        assert isinstance(app.screen, ControlList)
        assert "none yet" in text(app)
        link.to_say = [status(controls=controls)]
        app.advance()
        app.screen.advance()
        await pilot.pause()
        shown = text(app)
        assert "cc 21 channel 1" in shown
        assert "KeyStep 37" in shown
        assert "stands at 1, not yet passed" in shown
        assert "follows" in shown
        await pilot.press("delete")
        assert link.sent[-1] == Unlearn(CC)


async def test_a_control_that_has_yet_to_pass_is_on_the_track(app, link, status) -> None:
    """And no longer when it has taken hold."""
    async with app.run_test() as pilot:
        link.to_say = [status(controls=(Standing(CC, "temperature", 0.0, caught=False),))]
        app.advance()
        await pilot.pause()
        assert "◇" in text(app)
        link.to_say = [status(controls=(Standing(CC, "temperature", 0.0, caught=True),))]
        app.advance()
        await pilot.pause()
        assert "◇" not in text(app)


async def test_at_a_voice_it_is_asked_which_of_its_knobs_is_learnt(app, link) -> None:
    """The voice as a whole is the first of the list; Esc learns nothing."""
    async with app.run_test() as pilot:
        app.action_knob("voice_2")
        await pilot.pause()
        await pilot.press("L", "escape")
        assert link.sent == []
        await pilot.press("L", "enter")
        assert link.sent == [Learn("voice_2")]
        await pilot.press("L", "down", "down", "enter")
        assert link.sent[-1].knob in targets.of_voice("voice_2")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)], ids=str)
async def test_the_side_is_in_brackets_and_a_click_changes_it(app, link, status, size) -> None:
    """In every terminal, beside the names of the pages."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "[A]\n B " in text(app)
        await pilot.click("#sides")
        assert SwitchSides() in link.sent
        link.to_say = [status(side="B")]
        app.advance()
        await pilot.pause()
        assert " A \n[B]" in text(app)


async def test_a_pedal_is_learnt_from_the_list_of_controls(app, link, status) -> None:
    """c, L, then what it is to do; and it is listed as what it does."""
    controls = (Standing(CC, "do.ab", 1.0, caught=True),)
    async with app.run_test() as pilot:
        await pilot.press("c", "L")
        await pilot.pause()
        assert isinstance(app.screen, TargetPicker)
        assert "every note off, pedals up" in text(app)
        await pilot.press("down", "enter")
        assert link.sent[-1] == Learn("do.play")
        assert len(app.screen_stack) == 1
        await pilot.press("c")
        link.to_say = [status(controls=controls)]
        app.advance()
        app.screen.advance()
        await pilot.pause()
        assert "A/B" in text(app)
        assert "at each press" in text(app)
