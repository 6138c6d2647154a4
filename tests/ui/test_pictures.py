"""What the screen looks like, as pictures: SVGs beside this file, compared to the letter.

After a change that is meant to be seen: pytest tests/ui --snapshot-update, then look at each
picture that changed (any browser opens it) before committing it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from improv.play.params import Params
from improv.session.messages import Level, ModelState, Notice, Phase, Timing
from improv.ui.app import ImprovApp


@pytest.fixture
def playing(link, clock, scene) -> ImprovApp:
    """The scene of conftest, at a moment that stands still."""
    link.to_say = scene
    return ImprovApp(link, clock)


def pressing(*keys: str):
    """Press keys, each when the one before has had its effect; cursors don't blink."""

    async def press(pilot: Pilot[int]) -> None:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            for field in pilot.app.screen.query(Input):
                field.cursor_blink = False
            await pilot.pause()
        pilot.app.advance()
        await pilot.pause()

    return press


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=["60x20", "80x24", "120x40"])
def test_playing(playing, snap_compare, size) -> None:
    """Your phrase, its answer, the plan; complete at 80 by 24, wide at 120 by 40, usable at 60."""
    assert snap_compare(playing, terminal_size=size, run_before=pressing())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=["60x20", "80x24", "120x40"])
def test_histograms(playing, snap_compare, size) -> None:
    """Its distributions above the line, yours below, in place of the roll."""
    assert snap_compare(playing, terminal_size=size, run_before=pressing("h"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_light(playing, snap_compare, size) -> None:
    """The light theme."""
    assert snap_compare(playing, terminal_size=size, run_before=pressing("t"))


def test_without_colour(playing, link, clock, scene, snap_compare, monkeypatch) -> None:
    """NO_COLOR: yours, its and planned are told apart by shape."""
    monkeypatch.setenv("NO_COLOR", "1")
    link.to_say = scene
    assert snap_compare(ImprovApp(link, clock), run_before=pressing())


def test_starting(link, clock, snap_compare) -> None:
    """Before the player has said a word."""
    link.to_say = []
    assert snap_compare(ImprovApp(link, clock), run_before=pressing())


def test_trouble(link, clock, scene, status, snap_compare) -> None:
    """A model that died, late notes, no port, a warning: each in words and signs."""
    worse = Timing(2400, 5100, 2.2, 31.0, 64.0, sent=300, late=12, dropped=3, queued=0)
    link.to_say = [
        *scene[:-1],
        status(
            phase=Phase.PAUSED,
            model_state=ModelState.RESTARTING,
            outputs=(),
            timing=worse,
            context=9,
        ),
        Notice("the model died; starting it again", Level.WARNING),
    ]
    assert snap_compare(ImprovApp(link, clock), run_before=pressing())


def test_asked_and_not_in_force(playing, snap_compare) -> None:
    """Hollow marks and arrows beside the values in force, and a refusal in the banner."""
    keys = ["pageup", "down", "right", "down", "right", "down", "end", "down", "right"]
    assert snap_compare(playing, run_before=pressing(*keys, "tab", "9", "9", "enter"))


def test_typing_a_value(playing, snap_compare) -> None:
    """The line says how to send it."""
    assert snap_compare(playing, run_before=pressing("1", "full_stop", "2"))


def test_typed_piano(playing, snap_compare) -> None:
    """Its letters stand under their keys."""
    assert snap_compare(playing, run_before=pressing("m"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_outputs(playing, snap_compare, size) -> None:
    """Open, closed and opening ports."""
    keys = ["o", "down", "down", "enter"]
    assert snap_compare(playing, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_instruments(playing, snap_compare, size) -> None:
    """The list narrowed by a word."""
    keys = ["g", *"guitar", "down"]
    assert snap_compare(playing, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_help(playing, snap_compare, size) -> None:
    """Every key."""
    assert snap_compare(playing, terminal_size=size, run_before=pressing("question_mark"))


def test_log(playing, link, snap_compare) -> None:
    """All that was said, with its level."""
    link.to_say.append(Notice("no output named 'port:Gone'", Level.ERROR))
    assert snap_compare(playing, run_before=pressing("l"))


def test_player_lost(playing, link, snap_compare) -> None:
    """It is said at the top and at the bottom."""
    link.ended = True
    assert snap_compare(playing, run_before=pressing())


def test_other_instrument_and_channel(link, clock, scene, status, snap_compare) -> None:
    """Values away from their defaults."""
    shaped = Params(temperature=0.7, top_p=0.9, notes=24, velocity=100, low=48, high=84)
    params = replace(shaped, program=65, channel=9, thru=False, guard="strong", polyphony=1)
    params = replace(params, style=0.3, time_temperature=0.5)
    link.to_say = [*scene[:-1], status(params=params)]
    assert snap_compare(ImprovApp(link, clock), run_before=pressing("left_square_bracket"))


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=["60x20", "80x24", "120x40"])
def test_steering(link, clock, scene, status, snap_compare, size) -> None:
    """The page of what it keeps to: a scale of one's own tonic, a register, a single line."""
    params = Params(scale="dorian", key=2, scale_lock=0.5, register=-0.3, density=0.4, polyphony=1)
    link.to_say = [*scene[:-1], status(params=params)]
    app = ImprovApp(link, clock)
    keys = ["right_square_bracket"] * 2
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_unused_knobs(link, clock, scene, status, snap_compare, size) -> None:
    """What turns nothing in what the model plays is faint and says so, at rest and when turned."""
    inert = frozenset({"style", "time_temperature"})
    link.to_say = [*scene[:-1], status(inert=inert)]
    app = ImprovApp(link, clock)
    assert snap_compare(app, terminal_size=size, run_before=pressing("tab", "right"))


@pytest.mark.parametrize("size", [(60, 20), (80, 24)], ids=["60x20", "80x24"])
def test_first_words(playing, snap_compare, size) -> None:
    """Four lines over the roll."""
    playing._tour.begin()
    assert snap_compare(playing, terminal_size=size, run_before=pressing())
