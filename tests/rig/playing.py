"""A player process on real ports, with all it has said."""

from __future__ import annotations

from collections import Counter

from rig.support import FarEnd, Heard, wait_for

from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.params import Params
from improv.session.messages import (
    Goodbye,
    ModelSetup,
    ModelState,
    PlayerSetup,
    Report,
    Sounded,
    Status,
)
from improv.session.terminal import PlayerProcess
from improv.session.watched import WatchedPlayer

OUT, IN = "improv:out", "improv-in:in"


class Playing:
    """A player process and all it has reported."""

    def __init__(self, player: PlayerProcess | WatchedPlayer) -> None:
        self.player = player
        self._reports: list[Report] = []

    @property
    def reports(self) -> list[Report]:
        self._reports += self.player.receive()
        return self._reports

    def sounded(self, source: Source | None = None) -> list[Sounded]:
        notes = [r for r in self.reports if isinstance(r, Sounded)]
        return [n for n in notes if source is None or n.source is source]

    def state(self) -> Status | None:
        return next((r for r in reversed(self.reports) if isinstance(r, Status)), None)

    def ready(self) -> bool:
        status = self.state()
        return status is not None and status.model_state is ModelState.READY

    def end(self) -> Goodbye:
        assert self.player.stop() == 0
        wait_for(lambda: self.player.ended or self.reports, word="the last reports")
        goodbye = self.reports[-1]
        assert isinstance(goodbye, Goodbye)
        return goodbye


def setup(**changes: object) -> PlayerSetup:
    """A player on virtual ports that waits for a phrase; the seed model, which starts fastest."""
    settled: dict[str, object] = {
        "params": Params(temperature=0.5, pause=0.5),
        "seed": 3,
        "model": ModelSetup("seed", "cpu"),
        "opening": phrase(),
        "idle_start": None,
        "outputs": ("virtual:improv",),
        "inputs": ("virtual:improv",),
    }
    return PlayerSetup(**(settled | changes))  # type: ignore[arg-type]


def cabled(player: PlayerProcess, far: FarEnd) -> Playing:
    """Start a player and cable it both ways to the far end, its model ready."""
    player.start()
    playing = Playing(player)
    wait_for(playing.ready, seconds=30.0, word="the model")
    wait_for(lambda: OUT in far.ports() and IN in far.ports(), word="the ports")
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    return playing


def pairs(heard: list[Heard]) -> int:
    """Asserts that every on has one off and every off one on; how many there are."""
    down: Counter[tuple[int, int]] = Counter()
    count = 0
    for message in heard:
        key = (message.data[0] & 0x0F, message.data[1])
        if message.is_on:
            assert down[key] == 0, message
            down[key] += 1
            count += 1
        elif message.is_off:
            assert down[key] == 1, message
            down[key] -= 1
    assert not +down
    return count
