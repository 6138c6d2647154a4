"""Every control of the screen by key and by mouse, and the command it sends."""

from __future__ import annotations

import os
import signal
import xml.etree.ElementTree as ET

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from improv.music.event import Source
from improv.play.params import KNOBS, Params
from improv.session.messages import (
    Action,
    Goodbye,
    Level,
    Notice,
    Phase,
    Quit,
    SetInputs,
    SetOutputs,
    SetParam,
    Sounded,
    Strike,
    Transport,
)
from improv.ui.app import ImprovApp
from improv.ui.keys import COMMANDS
from improv.ui.slider import NAME_WIDTH, KnobLine

SIZE = (80, 24)


def text(app: ImprovApp) -> str:
    """The screen as words."""
    svg = ET.fromstring(app.export_screenshot())
    words = "\n".join("".join(node.itertext()) for node in svg.iter() if node.tag.endswith("text"))
    return words.replace("\xa0", " ")


def banner(app: ImprovApp) -> str:
    """The last thing said."""
    return app.state.log[-1].notice.text


async def hear(app: ImprovApp, pilot: Pilot[int], *reports: object) -> None:
    """Let the player say something and the screen draw it."""
    app._link.to_say += reports
    app.advance()
    await pilot.pause()


def line(app: ImprovApp, name: str) -> KnobLine:
    return app.screen_stack[0].query_one(f"#knob-{name}", KnobLine)


# --- transport -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "action"),
    [("full_stop", Action.STOP), ("r", Action.NEW), ("exclamation_mark", Action.PANIC)],
)
async def test_a_key_for_each_action(app, link, key: str, action: Action) -> None:
    """Stop, new and panic send what they say."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
        assert link.sent == [Transport(action)]


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


# --- knobs by key ----------------------------------------------------------------------------


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
        ("top_p", "left", 0.95),
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
        line(app, name).focus()
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
        ("velocity", "1 0 0 enter", 100),
    ],
)
async def test_a_value_can_be_typed(app, link, name: str, keys: str, value) -> None:
    """A digit or Enter begins, Enter sends; the point is a point and not a stop."""
    async with app.run_test(size=SIZE) as pilot:
        line(app, name).focus()
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
        assert app.focused is line(app, "notes")
        await pilot.press("tab")
        assert app.focused is line(app, "pause")
        await pilot.press("up")
        assert app.focused is line(app, "top_p")
        await pilot.press("up")
        assert app.focused is line(app, "top_p")


async def test_every_knob_has_a_line_in_view(app) -> None:
    """At 80 by 24 all of them are on the screen without scrolling."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for name in KNOBS:
            region = line(app, name).region
            assert region.height == 1
            assert app.screen.region.contains_region(region)
            assert line(app, name).tooltip == KNOBS[name].help


# --- knobs by mouse --------------------------------------------------------------------------


async def test_a_click_on_the_track_sets_the_value(app, link) -> None:
    """Its right end is the highest."""
    async with app.run_test(size=SIZE) as pilot:
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
        await pilot.pause()
        await pilot.double_click("#knob-velocity", offset=(2, 0))
        assert link.sent == [SetParam(1, "velocity", 80)]


async def test_a_click_switches_thru(app, link) -> None:
    """The switch is its own button."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click("#knob-thru", offset=(NAME_WIDTH + 1, 0))
        assert link.sent == [SetParam(1, "thru", False)]


async def test_clicks_on_the_instrument_step_or_open_the_list(app, link) -> None:
    """The arrows step, the name opens."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        width = line(app, "program").size.width
        await pilot.click("#knob-program", offset=(width - 2, 0))
        assert link.sent == [SetParam(1, "program", 1)]
        await pilot.click("#knob-program", offset=(NAME_WIDTH, 0))
        assert link.sent[-1] == SetParam(2, "program", 0)
        await pilot.click("#knob-program", offset=(NAME_WIDTH + 5, 0))
        await pilot.pause()
        assert app.screen.query(Input)


# --- ports and instruments -------------------------------------------------------------------


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


# --- the typed piano -------------------------------------------------------------------------


async def test_the_typed_piano_plays_while_it_is_on(app, link, clock) -> None:
    """Before m the keys are commands, after it notes, after Esc commands again."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a")
        assert link.sent == []
        await pilot.press("m", "a", "x", "o", "z", "z", "D")
        assert [(c.pitch, type(c)) for c in link.sent] == [(60, Strike), (85, Strike), (52, Strike)]
        app.advance()
        await pilot.pause()
        assert "PIANO" in text(app)
        await pilot.press("escape", "a")
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


# --- words -----------------------------------------------------------------------------------


async def test_a_notice_is_the_banner_and_stays_in_the_log(app, link) -> None:
    """The level shows as a word or a sign, not only as a colour."""
    async with app.run_test(size=SIZE) as pilot:
        await hear(app, pilot, Notice("the model died; starting it again", Level.WARNING))
        assert "! warning:" in text(app)
        await hear(app, pilot, Notice("no room on the disk", Level.ERROR))
        assert "✗ error:" in text(app)
        await pilot.press("l")
        await pilot.pause()
        words = text(app)
        assert "the model died" in words
        assert "no room on the disk" in words
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.screen_stack[0]


async def test_help_names_every_key(app) -> None:
    """What is bound to the app is written on the page."""
    async with app.run_test(size=(80, 60)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        words = text(app)
        for key in (
            "Space",
            " . ",
            " r ",
            " ! ",
            " m ",
            "o  i",
            " g ",
            " l ",
            " t ",
            "Ctrl+P",
            "q  Ctrl+C",
        ):
            assert key in words


async def test_the_palette_has_every_action(app, link) -> None:
    """Each named command runs; so does the way to a knob."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"stop")
        await app.workers.wait_for_complete()
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert link.sent == [Transport(Action.STOP)]
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert len(titles) == len(COMMANDS) + len(KNOBS)
        for _, _, action in COMMANDS:
            name = action.partition("(")[0]
            assert hasattr(app, f"action_{name}"), action


async def test_defaults_puts_back_what_was_turned(app, link, status) -> None:
    """Only the knobs that are not at their defaults are sent."""
    link.to_say = [status(params=Params(temperature=2.0, channel=3))]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.action_defaults()
        assert [(c.name, c.value) for c in link.sent] == [("temperature", 1.0), ("channel", 0)]


async def test_the_theme_changes_and_changes_back(app) -> None:
    """Dark first."""
    async with app.run_test(size=SIZE) as pilot:
        assert app.current_theme.dark
        await pilot.press("t")
        assert not app.current_theme.dark
        await pilot.press("t")
        assert app.current_theme.dark


async def test_a_picture_of_the_screen_is_saved_where_one_stands(
    app, tmp_path, monkeypatch
) -> None:
    """The README's picture is made this way."""
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.action_picture()
    [picture] = tmp_path.glob("*.svg")
    assert "temperature" in picture.read_text(encoding="utf-8")


# --- leaving ---------------------------------------------------------------------------------


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
