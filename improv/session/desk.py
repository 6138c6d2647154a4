"""The desk: every way to turn a knob but the music itself, as one.

Keys, learnt controls, presets, program changes, undo and OSC all come to the same: some SetParams
for the engine, at once or one after another over the seconds of a morph. `pass_on` takes what came
in and gives what the player is to go on with; what is none of the desk's business it gives back as
it is. It runs on the thread that plays, and has its files read and written by others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from improv.errors import UsageError
from improv.music.event import Other
from improv.play import targets
from improv.play.controls import Control, Controls, Standing
from improv.play.engine import Engine
from improv.play.gliding import Glide, in_order
from improv.play.history import History, Moved
from improv.play.messages import Action, Level, Notice, Phase, SetParam, Transport
from improv.play.params import KNOBS, Params, Value
from improv.play.turning import at_fraction
from improv.session import controls_file, deeds, presets
from improv.session.messages import (
    Do,
    Fade,
    Learn,
    RecallPreset,
    StorePreset,
    SwitchSides,
    Turn,
    Undo,
    Unlearn,
)
from improv.session.osc import COMPLAINTS_EVERY, Osc, OscWaiting
from improv.session.presets import Preset

PROGRAM_CHANGE = 0xC0
MOVES = frozenset({Action.NEW, Action.BACK, Action.MORE, Action.LESS})
"""What moves the music, or marks some of it, and can be undone."""

Errand = Callable[[], object]


@dataclass(frozen=True, slots=True)
class FromDevice:
    """A message of yours that is no note, and by which device."""

    device: str
    event: Other


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt in sessions before."""

    bindings: Mapping[Control, str]


DeskCommand = Turn | Fade | Undo | Do | SwitchSides | RecallPreset | StorePreset | Learn | Unlearn
Answered = Undo | SwitchSides | Preset | Learn | Unlearn
"""What somebody at the screen waits for."""
DeskItem = DeskCommand | FromDevice | Learnt | Preset | OscWaiting


@dataclass(slots=True)
class Desk:
    """`have_done` does work with files elsewhere; what comes of it comes in like anything else."""

    have_done: Callable[[Errand], None]
    preset: str = ""  # the title of the last one recalled
    _osc: Osc = field(default_factory=Osc)
    _controls: Controls = field(default_factory=Controls)
    _history: History[tuple[Params, str]] = field(default_factory=History)  # with the preset
    _glide: Glide | None = None
    side: str = "A"
    _other: tuple[Params, str] | None = None  # the other side's knobs, and its preset
    _phase: Phase = Phase.WAITING
    _params: Params = field(default_factory=Params)  # as they will be, once all is passed on
    _serial: int = 0  # of the screen's last turn: others have none
    _out: list[Any] = field(default_factory=list)
    _complained: float = float("-inf")

    # --- what others see

    @property
    def learning(self) -> str | None:
        return self._controls.learning

    @property
    def undo_steps(self) -> tuple[int, int]:
        return self._history.steps

    def standing(self, params: Params) -> tuple[Standing, ...]:
        """The learnt controls, with the knobs as they stand."""
        return self._controls.standing(params)

    def due(self) -> float:
        """When it next wants to be called; never, while nothing glides."""
        due = None if self._glide is None else self._glide.due()
        return float("inf") if due is None else due

    # --- what happens

    def open(self, osc: Osc) -> None:
        """Have what was learnt before read, and take what is sent by OSC."""
        self._osc = osc
        osc.start()
        self.have_done(lambda: Learnt(controls_file.stored()))

    def pass_on(self, item: object, engine: Engine, now: float) -> list[Any]:
        """What the player is to take, in order.

        Args:
            item: whatever came in; None where only time has passed.
            engine: says how the knobs stand, and which turn of the screen's is in force.
            now: in seconds.
        """
        self._params, self._serial, self._phase = engine.params, engine.serial, engine.phase
        self._out = []
        for each in self._osc.items(now) if isinstance(item, OscWaiting) else [item]:
            self._one(each, now)
        self._move_on(now)
        return self._out

    def close(self) -> None:
        self._osc.close()

    def _one(self, item: object, now: float) -> None:
        if isinstance(item, Do):
            item = deeds.command(item.deed, self._phase, self._params, now)
        if isinstance(item, DeskItem):
            self._take(item, now)
            return
        if isinstance(item, SetParam):
            self._by_hand(item.name, item.value, now)
        if isinstance(item, Transport) and item.action in MOVES:
            self._history.moved(Moved.MUSIC)
        self._out.append(item)

    def _take(self, item: DeskItem, now: float) -> None:
        match item:
            case FromDevice():
                self._hear(item, now)
            case Turn(name=name, value=value):
                self._turn(*targets.turned(self._params, name, value), now)
            case Fade(name=name, place=place):
                value = at_fraction(targets.knob_of(name), place)
                self._turn(*targets.turned(self._params, name, value), now)
            case Undo(redo=redo):
                self._go_back(now, redo=redo)
            case SwitchSides():
                self._history.moved(Moved.SIDE)
                self._switch(now, self._params.morph)
            case RecallPreset(name=name):
                self.have_done(partial(presets.load, name))
            case StorePreset(slot=slot):
                self.have_done(partial(_store, slot, self._params))
            case Preset():
                self._recall(item, now)
            case Learn(knob=knob):
                self._learn(knob)
            case Unlearn(control=control):
                self._unlearn(control)
            case Learnt(bindings=bindings):
                self._controls.know(bindings)

    def _hear(self, item: FromDevice, now: float) -> None:
        data = item.event.data
        if (
            self._params.recall
            and data[0] & 0xF0 == PROGRAM_CHANGE
            and data[1] + 1 in presets.SLOTS
        ):
            self.have_done(partial(presets.load, str(data[1] + 1)))
            return
        heard = self._controls.move(item.device, data, self._params)
        if heard.words:
            self._say(heard.words, Level.INFO if heard.learnt else Level.WARNING)
        if heard.learnt is not None:
            self._keep_controls()
        if heard.turn is not None:
            self._turn(*targets.turned(self._params, *heard.turn), now)
        if heard.deed:
            self._one(Do(heard.deed), now)
        if not heard.taken:
            self._out.append(item.event)

    def _learn(self, knob: str | None) -> None:
        self._controls.learning = knob if knob and targets.known(knob) else None
        if self._controls.learning is not None:
            words = targets.words(self._controls.learning)
            deed = targets.deed(self._controls.learning)
            way = "press the pedal or pad for" if deed else "move the control that is to turn"
            self._say(f"{way} {words}; Esc gives up")

    def _unlearn(self, control: Control) -> None:
        if self._controls.forget(control):
            self._keep_controls()
            self._say(f"{control.words} of {control.device} is passed on again")

    def _keep_controls(self) -> None:
        self.have_done(partial(controls_file.store, self._controls.bindings))

    # --- turns

    def _by_hand(self, name: str, value: Value, now: float) -> bool:
        """Note a turn that somebody makes now; whether the engine will take it."""
        try:
            after = self._params.with_value(name, value)
        except UsageError:
            return False
        if self._glide is not None:
            self._glide.leave(name)
        if after != self._params:
            self._history.turned((self._params, self.preset), name, now)
        self._params = after
        return True

    def _turn(self, name: str, value: Value, now: float) -> None:
        before = self._params
        if self._by_hand(name, value, now):
            if self._params != before:
                self._out.append(SetParam(self._serial, name, value))
        elif now - self._complained >= COMPLAINTS_EVERY:
            self._complained = now
            try:
                before.with_value(name, value)
            except UsageError as error:
                self._say(str(error), Level.WARNING)

    def _go_back(self, now: float, *, redo: bool) -> None:
        here = self._params, self.preset
        there = self._history.redo(here) if redo else self._history.undo(here)
        if there is Moved.SIDE:
            self._switch(now, 0.0)
            return
        self._glide = None
        if there is None:
            self._say(f"there is nothing to {'redo' if redo else 'undo'}")
        elif isinstance(there, Moved):
            self._out.append(Transport(Action.LATER if redo else Action.EARLIER))
        else:
            params, self.preset = there
            self._turn_to({name: getattr(params, name) for name in KNOBS})

    def _recall(self, preset: Preset, now: float) -> None:
        morph = self._params.morph if preset.morph is None else preset.morph
        self._history.leap((self._params, self.preset))
        self._glide = Glide(self._params, preset.params, now, morph)
        self.preset = preset.title
        over = f", over {morph:g} s" if morph else ""
        self._say(f"preset: {preset.title}{over}")

    def _switch(self, now: float, morph: float) -> None:
        """To the other side's knobs; the first time they are this one's."""
        here = self._meant(), self.preset
        begins, (there, self.preset) = self._other is None, self._other or here
        self._other, self.side = here, "A" if self.side == "B" else "B"
        turned = {name: getattr(there, name) for name in KNOBS if name not in presets.SETTINGS}
        self._glide = Glide(self._params, turned, now, morph)
        if begins:
            self._say("B begins as A stands: turn knobs, and / goes from one to the other")
        else:
            self._say(f"the knobs of {self.side}" + (f", over {morph:g} s" if morph else ""))

    def _meant(self) -> Params:
        """The knobs as they will stand where a glide arrives."""
        params, there = self._params, {} if self._glide is None else self._glide.there
        for name, value in in_order(params, there):
            with suppress(UsageError):
                params = params.with_value(name, value)
        return params

    def _move_on(self, now: float) -> None:
        """The next step of a morph, if it is time."""
        if self._glide is not None and self.due() <= now:
            self._turn_to(self._glide.at(now))
            if self._glide.due() is None:
                self._glide = None

    def _turn_to(self, values: Mapping[str, Value]) -> None:
        for name, value in in_order(self._params, values):
            try:
                self._params = self._params.with_value(name, value)
            except UsageError as error:  # half a range that does not go with the other half
                self._say(str(error), Level.WARNING)
                if self._glide is not None:
                    self._glide.leave(name)
            else:
                self._out.append(SetParam(self._serial, name, value))

    def _say(self, text: str, level: Level = Level.INFO) -> None:
        self._out.append(Notice(text, level))


def _store(slot: int, params: Params) -> Notice:
    path = presets.store(slot, params)
    return Notice(f"kept in slot {slot}: {path}")
