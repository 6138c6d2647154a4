"""A player that is only a list, a clock that stands still, and a scene worth looking at."""

from __future__ import annotations

import pytest

from improv.music.event import Note, Source
from improv.play.params import Params
from improv.session.messages import (
    Command,
    Ended,
    Foreseen,
    Goodbye,
    ModelState,
    Notice,
    Phase,
    Planned,
    Quit,
    Report,
    Sounded,
    Status,
    TakeState,
    Timing,
)
from improv.ui.app import ImprovApp

NOW = 1000.0


class FakeLink:
    """A PlayerLink: keeps what is sent, says what it is told to say, `answer` once told to quit."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.to_say: list[Report] = []
        self.answer: Goodbye | None = None
        self.ended = False

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if self.answer is not None and command == Quit():
            self.to_say.append(self.answer)

    def receive(self) -> list[Report]:
        said, self.to_say = self.to_say, []
        return said


class Clock:
    """Stands at `now` until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def _status(**changes: object) -> Status:
    told: dict[str, object] = {
        "now": NOW,
        "phase": Phase.PLAYING,
        "params": Params(),
        "serial": 0,
        "outputs": ("virtual:improv", "fluidsynth"),
        "inputs": ("port:KeyStep 37",),
        "output_choices": ("virtual:improv", "fluidsynth", "port:Microfreak"),
        "input_choices": ("port:KeyStep 37", "virtual:improv"),
        "model": "seed",
        "model_state": ModelState.READY,
        "backend": "litert",
        "seed": 7,
        "context": 25,
        "played": 31,
        "heard": 14,
        "take": TakeState(192.7, 130.0),
        "undo": (3, 1),
        "timing": Timing(
            inference_us_p50=118,
            inference_us_p99=236,
            lateness_ms_p50=0.3,
            lateness_ms_p99=1.4,
            lateness_ms_max=3.0,
            sent=310,
            queued=9,
            priority="fifo",
        ),
    }
    return Status(**{**told, **changes})  # type: ignore[arg-type]


# start before now, length, pitch, velocity: a phrase, its answer, and the plan after now
_YOURS = [
    (7.2, 0.4, 60, 70), (6.8, 0.4, 63, 80), (6.4, 0.4, 67, 96), (6.0, 0.8, 72, 104),
    (5.2, 0.4, 70, 84), (4.8, 0.8, 67, 76), (7.2, 1.6, 48, 60), (5.2, 1.2, 51, 50),
]  # fmt: skip
_ITS = [
    (3.9, 0.3, 67, 60), (3.6, 0.3, 70, 72), (3.3, 0.3, 72, 84), (3.0, 0.6, 75, 100),
    (2.4, 0.3, 74, 80), (2.1, 0.3, 72, 70), (1.8, 0.3, 70, 50), (1.5, 0.3, 67, 92),
    (1.2, 0.3, 67, 60), (0.9, 0.6, 63, 84), (3.6, 1.8, 48, 50), (1.8, 1.5, 43, 48),
    (0.3, None, 65, 90), (0.3, None, 56, 52),
]  # fmt: skip
_PLAN = [
    (0.3, 0.3, 67),
    (0.6, 0.3, 68),
    (0.9, 0.6, 70),
    (1.5, 0.3, 72),
    (1.8, 0.6, 75),
    (0.6, 1.6, 51),
]
# as play.chances tells them, of the first of the plan
_LIKELY = {55: 40, 60: 70, 63: 90, 65: 120, 67: 150, 68: 60, 70: 110, 72: 80, 75: 50, 79: 30}


def _scene() -> list[Report]:
    said: list[Report] = [Notice("listening on port:KeyStep 37; playing to virtual:improv")]
    heard = [(Source.YOU, n) for n in _YOURS] + [(Source.IMPROV, n) for n in _ITS]
    heard.sort(key=lambda note: -note[1][0])
    for serial, (source, (before, length, pitch, velocity)) in enumerate(heard, start=1):
        said.append(Sounded(serial, pitch, velocity, NOW - before, source))
        if length is not None:
            said.append(Ended(serial, NOW - before + length))
    plan = [Note(pitch, 80, NOW + after, length, Source.IMPROV) for after, length, pitch in _PLAN]
    chances = bytes(_LIKELY.get(pitch, 6) if 40 <= pitch <= 90 else 0 for pitch in range(128))
    return [*said, Planned(tuple(plan)), Foreseen(chances), _status()]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link() -> FakeLink:
    """A player that has just said it is playing, with default parameters."""
    fake = FakeLink()
    fake.to_say = [_status()]
    return fake


@pytest.fixture
def status():
    """Status(**changes), all else as in `link`."""
    return _status


@pytest.fixture
def scene() -> list[Report]:
    """Eight notes of yours, fourteen of its, two still sounding, six planned."""
    return _scene()


@pytest.fixture
def app(link: FakeLink, clock: Clock) -> ImprovApp:
    return ImprovApp(link, clock, goodbye_s=60.0)
