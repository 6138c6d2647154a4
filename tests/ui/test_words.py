"""What is said on the screen: banner, log, help, palette; and what else the palette does."""

from __future__ import annotations

from improv.play.params import KNOBS, Params
from improv.session.messages import Action, Level, Notice, Transport
from improv.ui.keys import COMMANDS
from screen import SIZE, hear, text


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


async def test_a_notice_of_a_minute_ago_is_no_alarm(app, clock) -> None:
    """It stands there until another comes, without its sign; in the log it has it still."""
    async with app.run_test(size=SIZE) as pilot:
        await hear(app, pilot, Notice("port:Volca missed 3 notes", Level.WARNING))
        clock.now += 59.0
        await hear(app, pilot)
        assert "! warning:" in text(app)
        clock.now += 2.0
        await hear(app, pilot)
        assert "warning" not in text(app)
        assert "port:Volca missed 3 notes" in text(app)
        await pilot.press("l")
        await pilot.pause()
        assert "warning" in text(app)


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
            " s ",
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
    """From the palette, and whole: the palette is gone from it, and the keys are at its foot."""
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"save a picture")
        await app.workers.wait_for_complete()
        await pilot.press("enter")
        for _ in range(100):
            if list(tmp_path.glob("*.svg")):
                break
            await pilot.pause(0.05)
        await pilot.pause()
        assert "the picture is in" in text(app)
    [picture] = tmp_path.glob("*.svg")
    shown = picture.read_text(encoding="utf-8")
    assert "temperature" in shown
    assert "panic" in shown
    assert "Save&#160;a" not in shown
