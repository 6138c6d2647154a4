"""What the screen remembers: its theme, chosen ports, and that its first words were read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.color import Color, ColorSystem

from improv.commands.play import _chosen_last
from improv.errors import UsageError
from improv.session import looks_file
from improv.session.looks_file import Looks
from improv.session.messages import Action, Transport
from improv.ui.app import ImprovApp
from improv.ui.theme import DARK, LIGHT
from improv.ui.tour import LINES
from screen import text


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """The musician's configuration folder, for this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def app(link, clock) -> ImprovApp:
    return ImprovApp(link, clock, remember=True)


def again(link, clock) -> ImprovApp:
    return ImprovApp(link, clock, remember=True)


# --- themes


@pytest.mark.parametrize("named", ["improv-light", "gruvbox"])
async def test_a_chosen_theme_is_worn_the_next_time(app, link, clock, named: str) -> None:
    """By key or from the palette: one of ours, or one of Textual's."""
    async with app.run_test() as pilot:
        if named == LIGHT.name:
            await pilot.press("t")
        else:
            await pilot.press("ctrl+p", *"theme", "down", "enter")
            await pilot.press(*named, "down", "enter")
        await pilot.pause()
        assert app.theme == named
    assert looks_file.stored().theme == named
    async with again(link, clock).run_test() as pilot:
        assert pilot.app.theme == named


async def test_the_usual_theme_is_remembered_too(app, link, clock) -> None:
    """Going back is a choice like any other."""
    looks_file.store(theme=LIGHT.name)
    async with app.run_test() as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert app.theme == DARK.name
    assert looks_file.stored().theme == DARK.name


@pytest.mark.parametrize(
    ("damage", "word"),
    [("theme = 3", "theme must be"), ("nonsense", "not TOML"), ('theme = "gone"', "no theme")],
)
async def test_a_damaged_memory_costs_a_sentence(app, damage: str, word: str) -> None:
    """The screen is up in its usual theme, and the file stays as the musician wrote it."""
    looks_file.path().parent.mkdir(parents=True)
    looks_file.path().write_text(damage)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme == DARK.name
        assert any(word in logged.notice.text for logged in app.state.log)
        await pilot.press("x")
        if "gone" not in damage:
            assert looks_file.path().read_text() == damage


async def test_chosen_ports_are_remembered(app, link) -> None:
    """As they are to be open; a take's file is of one evening, and nothing is the usual ones."""
    link.to_say = [replace(link.to_say[0], outputs=("file:now.mid", "virtual:improv"))]
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("o", "down", "down", "enter", "escape", "i", "enter")
        await pilot.pause()
    stored = looks_file.stored()
    assert stored.outputs == ("virtual:improv", "fluidsynth")
    assert stored.inputs == ()
    assert _chosen_last() == (stored.outputs, None)


@pytest.mark.parametrize("damage", ['outputs = ["usb"]', "outputs = 3", "nonsense"])
def test_remembered_ports_that_make_no_sense_are_left_out(damage: str) -> None:
    """It starts with the usual ones; the screen says what is wrong with the file."""
    looks_file.path().parent.mkdir(parents=True)
    looks_file.path().write_text(damage)
    assert _chosen_last() == (None, None)
    with pytest.raises(UsageError, match=r"screen\.toml"):
        looks_file.stored()


def test_what_is_not_changed_is_kept() -> None:
    """One key does not cost the other."""
    looks_file.store(toured=True)
    looks_file.store(theme="nord")
    assert looks_file.stored() == Looks("nord", toured=True)


def test_a_folder_that_can_not_be_written_is_said(tmp_path) -> None:
    """In a sentence, with the file's name."""
    (tmp_path / "improv").write_text("a file where a folder should be")
    with pytest.raises(UsageError, match=r"cannot write .*screen\.toml"):
        looks_file.store(toured=True)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_whose_a_note_is_can_be_told_in_sixteen_colours(theme) -> None:
    """Yours, improv's, and what goes wrong stay apart, and so does each from what is behind it."""
    wanted = (theme.primary, theme.secondary, theme.error, theme.background)
    rounded = {Color.parse(c).downgrade(ColorSystem.STANDARD).number for c in wanted}
    assert len(rounded) == len(wanted)


async def test_no_theme_brings_colours_back_that_were_not_wanted(link, clock, monkeypatch) -> None:
    """NO_COLOR goes before whatever was remembered."""
    monkeypatch.setenv("NO_COLOR", "1")
    looks_file.store(theme="dracula", toured=True)
    async with again(link, clock).run_test() as pilot:
        await pilot.pause()
        shown = pilot.app.screen._compositor.render_strips()
        colours = {
            colour.triplet
            for strip in shown
            for segment in strip
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None and colour.triplet is not None
        }
        assert all(len({*triplet}) == 1 for triplet in colours)  # greys


# --- first words


async def test_the_first_words_are_said_once(app, link, clock) -> None:
    """Four lines; any key takes them away and does what it does; never again by themselves."""
    async with app.run_test() as pilot:
        await pilot.pause()
        assert len(LINES) == 4
        assert all(line.split(":")[0] in text(app) for line in LINES)
        await pilot.press("full_stop")
        await pilot.pause()
        assert link.sent == [Transport(Action.STOP)]
        assert LINES[0] not in text(app)
    assert looks_file.stored().toured
    async with again(link, clock).run_test() as pilot:
        await pilot.pause()
        assert LINES[0] not in text(pilot.app)


async def test_a_click_takes_the_first_words_away(app) -> None:
    """The mouse will do."""
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.click("#tour")
        assert LINES[0] not in text(app)


async def test_help_brings_the_first_words_back(app, link) -> None:
    """And while they are there the screen goes on, and the letter keys play."""
    looks_file.store(toured=True)
    async with app.run_test() as pilot:
        await pilot.press("question_mark", "w")
        await pilot.pause()
        assert LINES[0] in text(app)
        assert len(app.screen_stack) == 1
        await pilot.press("m", "a")
        assert LINES[0] not in text(app)
        assert len(link.sent) == 1


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_first_words_fit(app, size) -> None:
    """Each on a line, in a small terminal too."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = text(app).splitlines()
        assert all(any(line in row for row in shown) for line in LINES)
