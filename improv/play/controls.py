"""MIDI learn: which control of which device turns which knob, and when it takes hold.

A knob follows a control only once that has passed where the knob stands (pick-up), so that a
fader left at the top does not throw the temperature there. Whoever else turns the knob, keys or a
preset, leaves the control behind until it passes again. A switch has no place to jump from: it
follows at once. A deed (`play.deeds`) is done at each press: where a control rises past its middle,
or says once more what it said, as pads do that send no release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from improv.errors import UsageError
from improv.play import targets
from improv.play.params import Params, Value
from improv.play.turning import at_fraction, fraction

_PEDALS = {64: "sustain pedal", 66: "sostenuto pedal", 67: "soft pedal"}
_FIRST_MODE = 120  # channel mode messages from there on (MIDI 1.0, table 3)
_HIGHEST_BEND = 0x3FFF
_PRESSED = 0.5


class Kind(Enum):
    CONTROL = "cc"
    BEND = "bend"
    PRESSURE = "pressure"


@dataclass(frozen=True, slots=True, order=True)
class Control:
    """Something on a device that can be moved; `device` is the port's name."""

    device: str
    kind: str  # a `Kind`'s value, so that it sorts
    channel: int  # 0-15
    number: int = 0  # of a control change

    @property
    def words(self) -> str:
        """As a controls file has it: ``cc 21 channel 1``."""
        number = f" {self.number}" if self.kind == Kind.CONTROL.value else ""
        return f"{self.kind}{number} channel {self.channel + 1}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A learnt control as the screen shows it."""

    control: Control
    knob: str
    place: float | None = None  # 0-1, where it was last seen
    caught: bool = False  # whether the knob follows it


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message of a device came to. `taken`: it is not to be passed on."""

    taken: bool = False
    turn: tuple[str, Value] | None = None
    deed: str = ""
    learnt: Control | None = None
    words: str = ""  # for the musician


@dataclass(slots=True)
class _Hold:
    knob: str
    place: float | None = None
    value: Value | None = None  # that it gave to the knob
    caught: bool = False


PASSED_ON = Heard()


@dataclass(slots=True)
class Controls:
    """All that was learnt, by target (`play.targets`). `learning` is the one that waits."""

    learning: str | None = None
    _holds: dict[Control, _Hold] = field(default_factory=dict)

    @property
    def bindings(self) -> dict[Control, str]:
        return {control: hold.knob for control, hold in self._holds.items()}

    def know(self, bindings: Mapping[Control, str]) -> None:
        """Take over what was learnt before; what was learnt since goes before it."""
        self._holds = {c: _Hold(knob) for c, knob in bindings.items()} | self._holds

    def forget(self, control: Control) -> bool:
        """Whether there was anything to forget."""
        return self._holds.pop(control, None) is not None

    def standing(self, params: Params) -> tuple[Standing, ...]:
        """Every control that was learnt, in order."""
        return tuple(
            Standing(c, h.knob, h.place, h.caught and _stands(params, h))
            for c, h in sorted(self._holds.items())
        )

    def move(self, device: str, data: bytes, params: Params) -> Heard:
        """Take a channel message that is no note, with the knobs as they stand."""
        moved = _read(device, data)
        if moved is None:
            return PASSED_ON
        control, place = moved
        if self.learning is not None:
            return self._learn(control, place, params)
        hold = self._holds.get(control)
        if hold is None:
            return PASSED_ON
        if deed := targets.deed(hold.knob):
            return Heard(taken=True, deed=deed if _is_press(hold, place) else "")
        value = self._follow(hold, place, params)
        return Heard(taken=True, turn=None if value is None else (hold.knob, value))

    def _learn(self, control: Control, place: float, params: Params) -> Heard:
        why = _why_not(control)
        if why:
            return Heard(words=f"{why}; move another control, or press Esc")
        knob, self.learning = self.learning or "", None
        hold = self._holds[control] = _Hold(knob)
        if deed := targets.deed(knob):
            hold.place, hold.caught = place, True
        else:
            self._follow(hold, place, params)
        waits = "" if hold.caught else "; it takes hold when it passes where the knob stands"
        does = "does, at each press:" if deed else "turns"
        words = f"{control.words} of {control.device} {does} {targets.words(knob)}{waits}"
        return Heard(taken=True, learnt=control, words=words)

    @staticmethod
    def _follow(hold: _Hold, place: float, params: Params) -> Value | None:
        """What the knob is turned to, if it is."""
        knob, stands = targets.knob_of(hold.knob), targets.value(params, hold.knob)
        value, before = at_fraction(knob, place), hold.place
        if stands is None:  # a voice that is off
            hold.place, hold.caught = place, False
            return None
        if not (hold.caught and stands == hold.value):
            there = fraction(knob, stands)
            passes = before is not None and (before - there) * (place - there) <= 0
            hold.caught = knob.kind is bool or value == stands or passes
        hold.place = place
        if not hold.caught:
            return None
        hold.value = value
        return None if value == stands else value


def _is_press(hold: _Hold, place: float) -> bool:
    """Whether a control of a deed has been pressed now."""
    before, hold.place, hold.caught = hold.place, place, True
    return place >= _PRESSED and (before is None or before < _PRESSED or before == place)


def _stands(params: Params, hold: _Hold) -> bool:
    """Whether what it turns is where it left it."""
    return bool(targets.deed(hold.knob)) or targets.value(params, hold.knob) == hold.value


def control_of(device: str, words: str) -> Control:
    """The control that a file calls ``cc 21 channel 1``. Raises UsageError."""
    match words.split():
        case ["cc", number, "channel", channel] if number.isdecimal() and channel.isdecimal():
            control = Control(device, Kind.CONTROL.value, int(channel) - 1, int(number))
        case [("bend" | "pressure") as kind, "channel", channel] if channel.isdecimal():
            control = Control(device, kind, int(channel) - 1)
        case _:
            raise UsageError(f"no control is called {words!r}; write it as in 'cc 21 channel 1'")
    if not 0 <= control.channel < 16 or control.number > 127:
        raise UsageError(f"{words!r}: channels are 1 to 16, control numbers 0 to 127")
    if why := _why_not(control):
        raise UsageError(f"{words!r}: {why}")
    return control


def _read(device: str, data: bytes) -> tuple[Control, float] | None:
    """What was moved and to where on its way, 0-1; None for any other message."""
    channel = data[0] & 0x0F
    match data[0] & 0xF0:
        case 0xB0:
            return Control(device, Kind.CONTROL.value, channel, data[1]), data[2] / 127
        case 0xD0:
            return Control(device, Kind.PRESSURE.value, channel), data[1] / 127
        case 0xE0:
            bend = Control(device, Kind.BEND.value, channel)
            return bend, (data[1] + (data[2] << 7)) / _HIGHEST_BEND
    return None


def _why_not(control: Control) -> str:
    """Why a control can't be learnt; nothing where it can."""
    if control.kind != Kind.CONTROL.value:
        return ""
    if control.number in _PEDALS:
        return (
            f"CC {control.number} is the {_PEDALS[control.number]}, which belongs to your playing"
        )
    if control.number >= _FIRST_MODE:
        return f"CC {control.number} is no control but a message that silences or resets a channel"
    return ""
