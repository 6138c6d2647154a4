"""What OSC messages mean to improv, and what it says by them: the whole page of addresses.

A message becomes a command like those of the screen. What is none is left unanswered, but for one
sentence a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from improv.errors import UsageError
from improv.music.event import Source
from improv.play import targets
from improv.play.deeds import DEEDS
from improv.play.messages import Chorded, Ended, Level, Notice, Sounded
from improv.play.params import KNOBS, Knob, Params, Value
from improv.ports.osc import Argument, Message, OscInput, OscOutput
from improv.session.messages import (
    Command,
    Do,
    Fade,
    RecallPreset,
    Report,
    Status,
    StorePreset,
    Turn,
)

ROOT = "/improv"
COMPLAINTS_EVERY = 1.0
"""Seconds between words about turns that were refused: a network may send any number of them."""
_TRUE, _FALSE = {"on", "true", "yes"}, {"off", "false", "no"}

PAGE = (
    ("In, with `--osc PORT`", ""),
    (f"{ROOT}/param/NAME value", "turn a knob: its number, its word, or 0 and 1"),
    (f"{ROOT}/param/voice_2.NAME value", "turn a knob of the second voice; so for faders"),
    (f"{ROOT}/fader/NAME place", "turn a knob to a place on its track, 0 to 1"),
    *((f"{ROOT}/{name}", words) for name, words in DEEDS.items()),
    (f"{ROOT}/preset name", "recall a preset by its name or slot"),
    (f"{ROOT}/preset/store slot", "keep the knobs in a slot, 1 to 9"),
    ("Out, with `--osc-out HOST:PORT`", ""),
    (f"{ROOT}/note serial pitch velocity who", "a note sounds; who is `you` or `improv`"),
    (f"{ROOT}/note/end serial", "it ends"),
    (f"{ROOT}/chord name", "a chord is in force, by its symbol; off where none is"),
    (f"{ROOT}/param/NAME value", "a knob has been turned, by whomever"),
    (f"{ROOT}/phase word", "waiting, listening, playing, paused or stopped"),
)  # fmt: skip
"""Addresses and words; where there are no words it is a heading."""


def command(message: Message) -> Command:
    """Raises UsageError, which says what would do."""
    address, arguments = message
    match address.removeprefix(ROOT).split("/"):
        case ["", ("param" | "fader") as kind, name] if len(arguments) == 1:
            if targets.deed(name) or not targets.known(name):
                raise UsageError(f"OSC: no parameter named {name[:40]!r}")
            if kind == "fader":
                return Fade(name, _place(name, arguments[0]))
            return Turn(name, value(targets.knob_of(name), arguments[0]))
        case ["", "preset"] if len(arguments) == 1:
            wanted = arguments[0]
            return RecallPreset(f"{wanted:.0f}" if isinstance(wanted, float) else str(wanted))
        case ["", "preset", "store"] if len(arguments) == 1 and not isinstance(arguments[0], str):
            return StorePreset(round(arguments[0]))
        case ["", name] if name in DEEDS:
            return Do(name)
    raise UsageError(f"OSC: {address[:60]!r} says nothing to improv; `improv osc` lists what does")


def value(knob: Knob, given: Argument) -> Value:
    """What a knob is meant to be, in its own type; ranges are Params' to check."""
    if isinstance(given, str):
        word = given.strip().casefold()
        if knob.kind is bool and word in _TRUE | _FALSE:
            return word in _TRUE
        return next((c for c in knob.choices if c.casefold() == word), given.strip())
    if knob.kind is bool:
        return given >= 0.5
    if knob.kind is str:
        return knob.choices[round(given)] if 0 <= given <= knob.high else str(given)
    return round(given) if knob.kind is int and _finite(given) else given


def _place(name: str, given: Argument) -> float:
    if isinstance(given, str) or not 0 <= given <= 1:
        raise UsageError(f"OSC: a fader's place is from 0 to 1, not {given!r} ({name})")
    return float(given)


def _finite(number: float) -> bool:
    return abs(number) < float("inf")


@dataclass(frozen=True, slots=True)
class OscWaiting:
    """Messages wait to be taken."""


@dataclass(slots=True)
class Osc:
    """Both directions, or one, or none. On the thread that plays."""

    source: OscInput | None = None
    target: OscOutput | None = None
    _params: Params | None = None  # as they were last told
    _phase: str = ""
    _complained: float = float("-inf")

    def start(self) -> None:
        for thread in (self.source, self.target):
            if thread is not None:
                thread.start()

    def items(self, now: float) -> list[Command | Notice]:
        """What waits, of many turns of one knob the last; and one word of what was wrong."""
        if self.source is None:
            return []
        wanted: dict[object, Command] = {}
        wrong: list[Notice] = []
        for number, message in enumerate(self.source.taken()):
            try:
                made = command(message)
            except (UsageError, ValueError, OverflowError) as error:
                if now - self._complained >= COMPLAINTS_EVERY:
                    self._complained = now
                    wrong.append(Notice(str(error), Level.WARNING))
            else:
                key = made.name if isinstance(made, Turn | Fade) else number
                wanted.pop(key, None)
                wanted[key] = made
        return [*wanted.values(), *wrong]

    def beside(self, report: Callable[[Report], None]) -> Callable[[Report], None]:
        """Where reports go, and here too where anybody listens."""
        if self.target is None:
            return report

        def both(each: Report) -> None:
            report(each)
            self.tell(each)

        return both

    def tell(self, report: Report) -> None:
        """Pass on what may be of use to others."""
        if self.target is None:
            return
        match report:
            case Sounded():
                who = "you" if report.source is Source.YOU else "improv"
                self.target.send(
                    f"{ROOT}/note", report.serial, report.pitch, report.velocity, who
                )  # fmt: skip
            case Ended():
                self.target.send(f"{ROOT}/note/end", report.serial)
            case Chorded():
                self.target.send(f"{ROOT}/chord", report.name)
            case Status():
                self._tell_status(self.target.send, report)

    def _tell_status(self, send: Callable[..., None], status: Status) -> None:
        for name in KNOBS:
            stands = getattr(status.params, name)
            if self._params is None or getattr(self._params, name) != stands:
                send(f"{ROOT}/param/{name}", stands)
        self._params = status.params
        if status.phase.value != self._phase:
            self._phase = status.phase.value
            send(f"{ROOT}/phase", self._phase)

    def close(self) -> None:
        for thread in (self.source, self.target):
            if thread is not None:
                thread.close()


def opened(
    inward: tuple[str, int] | None,
    outward: tuple[str, int] | None,
    put: Callable[[OscWaiting], None],
) -> Osc:
    """`put` is called on another thread. Raises DeviceError where the port can't be had."""
    source = None if inward is None else OscInput(inward, lambda: put(OscWaiting()))
    target = None if outward is None else OscOutput(outward)
    return Osc(source, target)
