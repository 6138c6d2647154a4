"""Every knob there is, turned by keys, by the mouse, by a learnt control and by a preset's file.

The screen is the whole one; behind it are the player's own desk and engine, without ports. What
counts is what the engine has in force at the end, and that the screen says so. A knob that is new
is in here by being in KNOBS.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable

import pytest
from textual import events
from textual.widgets import Footer

from improv.music.event import Other
from improv.music.opening import phrase
from improv.play.engine import Engine
from improv.play.messages import Notice, SetParam, Transport
from improv.play.params import KNOBS, VOICES, Knob, Params, Value
from improv.play.turning import at_fraction
from improv.session import presets
from improv.session.desk import Desk, FromDevice
from improv.session.messages import Command, Report
from improv.ui.app import ImprovApp
from improv.ui.panel import pages
from improv.ui.slider import NAME_WIDTH
from screen import SIZE, line

DEVICE = "KeyStep 37"


def end(knob: Knob) -> int:
    """The end of its track that is not where it stands, and that the other knobs allow."""
    return 0 if knob.default == knob.high or knob.name == "low" else 1


def wanted(knob: Knob) -> Value:
    """Where each test turns it."""
    if knob.kind is str and knob.default == knob.choices[-1]:
        return knob.choices[0]
    return at_fraction(knob, end(knob))


class Player:
    """A PlayerLink: the desk and the engine of a player, at a time that stands still."""

    ended = False

    def __init__(self, status: Callable[..., Report]) -> None:
        self.engine = Engine(Params(), seed=1, opening=phrase(), idle_start=None)
        self._errands: deque[Callable[[], object]] = deque()
        self._desk = Desk(self._errands.append)
        self._status = status
        self._said: list[Report] = [self._standing()]

    def send(self, item: Command | FromDevice) -> None:
        for each in self._desk.pass_on(item, self.engine, 1000.0):
            if isinstance(each, SetParam | Transport):
                self.engine.handle(each, 1000.0)
            elif isinstance(each, Notice):
                self._said.append(each)
        while self._errands:
            come = self._errands.popleft()()
            if come is not None:
                self.send(come)
        self._said.append(self._standing())

    def move(self, control: int, *places: int) -> None:
        """A control of a keyboard, to places 0-127: sixty on a channel, none of them a pedal."""
        channel, number = divmod(control, 60)
        for place in places:
            data = bytes((0xB0 | channel, number, place))
            self.send(FromDevice(DEVICE, Other(1000.0, data)))

    def receive(self) -> list[Report]:
        said, self._said = self._said, []
        return said

    def _standing(self) -> Report:
        params = self.engine.params
        return self._status(
            params=params,
            serial=self.engine.serial,
            controls=self._desk.standing(params),
            learning=self._desk.learning,
        )

    def misses(self) -> dict[str, tuple[Value, Value]]:
        """Each knob that is not where it was turned: where it is, and where it should be."""
        stands = {name: getattr(self.engine.params, name) for name in KNOBS}
        return {
            name: (stands[name], wanted(knob))
            for name, knob in KNOBS.items()
            if stands[name] != wanted(knob)
        }


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """The musician's configuration folder, for this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def player(status) -> Player:
    return Player(status)


@pytest.fixture
def app(player, clock) -> ImprovApp:
    return ImprovApp(player, clock)  # type: ignore[arg-type]  # it also takes what a device sends


def unshown(app: ImprovApp, player: Player) -> list[str]:
    """The knobs whose lines are drawn from another value than is in force, or wait for one."""
    app.advance()
    params = player.engine.params
    lines = {name: line(app, name) for name in KNOBS}
    return [n for n, at in lines.items() if (at._in_force, at._asked) != (getattr(params, n), None)]


async def without_footer(app: ImprovApp) -> None:
    """Textual makes it anew whenever another knob has the keys: two thirds of these tests' time."""
    app.advance()
    await app.query_one(Footer).remove()


def test_every_test_turns_every_knob_somewhere() -> None:
    """None is asked to go where it is."""
    assert [name for name, knob in KNOBS.items() if wanted(knob) == knob.default] == []


async def test_keys_turn_every_knob(app, player) -> None:
    """From page to page and from knob to knob by keys alone, each to an end of its track."""
    async with app.run_test(size=SIZE) as pilot:
        await without_footer(app)
        for page, names in enumerate(pages().values()):
            if page:
                await pilot.press("right_square_bracket")
            for name in names:
                key = "home" if wanted(KNOBS[name]) == _first(KNOBS[name]) else "end"
                app.post_message(events.Key(key, None))
                await pilot.press("tab")
        await pilot.pause()
        assert player.misses() == {}
        assert unshown(app, player) == []


def _first(knob: Knob) -> Value:
    return at_fraction(knob, 0)


async def test_the_mouse_turns_every_knob(app, player) -> None:
    """Its button on a track's end, on a switch or on an arrow, at the place where that is drawn."""
    async with app.run_test(size=SIZE) as pilot:
        await without_footer(app)
        for name, knob in KNOBS.items():
            shown = line(app, name)
            if not shown.display:
                await pilot.pause()
                app.action_knob(name)
                await pilot.pause()
            if name == "program":  # a step a click: from the far end on the way back it is one
                player.send(SetParam(0, name, 126))
                app.advance()
            for column in columns(knob, shown._track(), shown.size.width):
                at = shown.region.x + column, shown.region.y
                for event in (events.MouseDown, events.MouseUp):
                    app.post_message(event(None, *at, 0, 0, 1, False, False, False, *at))
        await pilot.pause()
        await pilot.pause()
        assert player.misses() == {}
        assert unshown(app, player) == []


def columns(knob: Knob, track: range, width: int) -> list[int]:
    """Where to press, once or more."""
    first = wanted(knob) == _first(knob)
    if knob.kind is bool:
        return [NAME_WIDTH + 1]
    if knob.name == "program":
        return [width - 2]
    if knob.kind is str:
        steps = abs(knob.choices.index(str(wanted(knob))) - knob.choices.index(str(knob.default)))
        return [NAME_WIDTH if first else width - 2] * steps
    return [track[0 if first else -1]]


async def test_a_learnt_control_turns_every_knob(app, player) -> None:
    """L at the knob, then the control: from one end to the other, so that it has passed."""
    async with app.run_test(size=SIZE) as pilot:
        for control, (name, knob) in enumerate(KNOBS.items()):
            app.set_focus(line(app, name))
            if name in VOICES.values():  # the voice as a whole is the first that is asked for
                app.action_knob(name)
                await pilot.pause()
                await pilot.press("L", "enter")
            elif control:
                app.action_learn()
            else:
                await pilot.press("L")
            assert player._standing().learning == name
            there = wanted(knob) != _first(knob)
            player.move(control, *((0, 127) if there else (127, 0)))
        assert player.misses() == {}
        assert unshown(app, player) == []


async def test_a_preset_file_turns_every_knob(app, player) -> None:
    """Written by hand in the musician's folder, recalled by its key."""
    values = {name: wanted(knob) for name, knob in KNOBS.items()}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    presets.folder().mkdir(parents=True)
    presets.folder().joinpath("3.toml").write_text("\n".join(["morph = 0.0", "[params]", *lines]))
    async with app.run_test(size=SIZE) as pilot:
        app.advance()
        await pilot.press("f3")
        assert player.misses() == {}
        assert unshown(app, player) == []
