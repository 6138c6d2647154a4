"""What the screen draws, built from the player's reports. Knows nothing of Textual.

Its rule: what is shown is what the player says is in force. A change the musician asks for is
kept beside it, as asked, until the player's Status carries its serial number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from improv.errors import UsageError
from improv.music.event import Note, Source
from improv.play.params import Params, Value
from improv.session.messages import (
    Chorded,
    Ended,
    Foreseen,
    Goodbye,
    Level,
    Notice,
    Phase,
    Planned,
    Report,
    SetParam,
    Sounded,
    Status,
)
from improv.ui.distributions import Distributions

KEPT_S = 60.0  # of sounded notes; the widest roll shows some 30 s
LOGGED = 200  # notices
CHORDS = 100  # that were in force; the widest roll shows some 30 s
PATIENCE_S = 3.0  # after which a change that was not taken up is dropped, with a word


@dataclass(slots=True)
class Bar:
    """One sounded note as the roll draws it; `end` is None while it sounds."""

    pitch: int
    velocity: int
    start: float
    end: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class Asked:
    """A change sent to the player and not yet in force."""

    serial: int
    value: Value
    at: float


@dataclass(frozen=True, slots=True)
class Logged:
    at: float
    notice: Notice


class State:
    """Everything on the screen; changed by `take`, `ask` and the passing of time alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.status: Status | None = None
        self.farewell: Goodbye | None = None
        self.player_gone = False
        self.bars: deque[Bar] = deque()
        self.planned: tuple[Note, ...] = ()
        self.chords: deque[Chorded] = deque(maxlen=CHORDS)
        self._chances = b""
        self.distributions = Distributions()
        self.log: deque[Logged] = deque(maxlen=LOGGED)
        self.changes = 0  # counts what the roll and the keyboard must redraw for
        self._sounding: dict[int, Bar] = {}
        self._asked: dict[str, Asked] = {}
        self._serial = 0

    # --- from the player ---------------------------------------------------------------

    def take(self, report: Report, now: float) -> None:
        """Bring one report in; `now` stamps notices, which carry no time of their own."""
        match report:
            case Sounded():
                bar = Bar(report.pitch, report.velocity, report.start, None, report.source)
                self._sounding[report.serial] = bar
                self.bars.append(bar)
                self.distributions.begin(report.source, report.pitch, report.start)
                self.changes += 1
            case Ended(serial=serial, at=at):
                ended = self._sounding.pop(serial, None)
                if ended is not None:
                    ended.end = at
                    self.distributions.end(ended.source, at - ended.start)
                    self.changes += 1
            case Planned(notes=notes):
                self.planned = notes
                self.changes += 1
            case Foreseen(chances=chances):
                self._chances = chances
            case Chorded():
                while self.chords and self.chords[-1].at >= report.at:  # decided anew
                    self.chords.pop()
                self.chords.append(report)
                self.changes += 1
            case Status():
                self._in_force(report)
                self._end_missed(report, now)
            case Notice():
                self.say(report.text, report.level, now)
            case Goodbye(status=status):
                self._in_force(status)
                self._silence(now)
                self.farewell = report

    def lose_player(self, now: float) -> None:
        """The player is gone without a goodbye: nothing sounds or is planned any more."""
        if self.player_gone:
            return
        self.player_gone = True
        self._asked.clear()
        self._silence(now)
        self.say(
            "the player has stopped; press q to leave and start improv again", Level.ERROR, now
        )

    def _in_force(self, status: Status) -> None:
        self.status = status
        self._asked = {n: a for n, a in self._asked.items() if a.serial > status.serial}

    def _end_missed(self, status: Status, now: float) -> None:
        """End the bars whose end was not heard of: reports give way while nobody reads them."""
        if status.sounding is None:
            return
        for serial in self._sounding.keys() - status.sounding:
            self._sounding.pop(serial).end = now
            self.changes += 1

    def _silence(self, now: float) -> None:
        for bar in self._sounding.values():
            bar.end = now
        self._sounding.clear()
        self.planned = ()
        self.changes += 1

    # --- from the musician -------------------------------------------------------------

    def ask(self, name: str, value: Value, now: float) -> SetParam:
        """The command that turns a knob, noted as asked. Raises UsageError and changes nothing."""
        self.wished().with_value(name, value)
        self._serial += 1
        self._asked[name] = Asked(self._serial, value, now)
        return SetParam(self._serial, name, value)

    def wished(self) -> Params:
        """The parameters in force with all that was asked for on top."""
        if self.status is None or self.player_gone:
            raise UsageError("there is no player to tell yet; wait until it says so above")
        params = self.status.params
        for name, asked in sorted(self._asked.items(), key=lambda item: item[1].serial):
            params = params.with_value(name, asked.value)
        return params

    def asked(self, name: str) -> Value | None:
        """The value asked for and not yet in force, if any."""
        asked = self._asked.get(name)
        return None if asked is None else asked.value

    def say(self, text: str, level: Level, now: float) -> None:
        """Put one sentence in the log, where the last one is the banner."""
        self.log.append(Logged(now, Notice(text, level)))

    # --- time and what is seen ---------------------------------------------------------

    def pass_time(self, now: float) -> None:
        """Forget bars that have left every roll and changes the player did not take up."""
        self.now = now
        while self.bars and (self.bars[0].end or now) < now - KEPT_S:
            self.bars.popleft()
        for name, asked in list(self._asked.items()):
            if now - asked.at > PATIENCE_S:
                del self._asked[name]
                self.say(f"the player did not take up {name} {asked.value}", Level.WARNING, now)

    @property
    def phase(self) -> Phase | None:
        return None if self.status is None else self.status.phase

    @property
    def chances(self) -> bytes:
        """How likely each pitch is to be the next, as `play.chances` tells it; empty: unknown."""
        return self._chances if self.planned or self._sounding else b""

    def sounding(self) -> dict[int, Source]:
        """Pitches that sound, and whose they are; where both hold one, it is yours."""
        held: dict[int, Source] = {}
        for bar in self._sounding.values():
            if held.get(bar.pitch) is not Source.YOU:
                held[bar.pitch] = bar.source
        return held
