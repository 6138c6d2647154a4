"""Several outputs of different latency under one engine on a virtual clock, as in the player."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from improv.errors import DeviceError
from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.effects import Ask, Effect, Item
from improv.play.engine import Engine
from improv.play.messages import Proposal
from improv.play.params import Params
from improv.play.timing import Meter
from improv.session.outgoing import Outgoing
from support import Metronome


@dataclass
class Recorder:
    """An output that writes down what it is sent."""

    name: str
    is_take: bool = False
    sent: list[tuple[float, bytes, Source]] = field(default_factory=list)
    broken: bool = False
    closed: bool = False

    def send(self, message: bytes, at: float, source: Source) -> None:
        assert not self.closed
        if self.broken:
            raise DeviceError(f"{self.name} is gone")
        self.sent.append((at, message, source))

    def close(self) -> None:
        self.closed = True

    def of(self, kind: int, source: Source | None = None) -> list[tuple[float, int]]:
        """(time, pitch) of each message of one kind, 0x80 or 0x90."""
        return [
            (round(at, 6), message[1])
            for at, message, by in self.sent
            if message[0] & 0xF0 == kind and source in {None, by}
        ]

    def held(self) -> set[tuple[int, int]]:
        """(channel, pitch) of the notes that were begun here and not ended."""
        down: set[tuple[int, int]] = set()
        for _, message, _ in self.sent:
            key = (message[0] & 0x0F, message[1])
            if message[0] & 0xF0 == 0x90:
                down.add(key)
            elif message[0] & 0xF0 == 0x80:
                down.discard(key)
        return down


class Ensemble:
    """An engine, a model that answers at once, and outputs by name with their latency in ms.

    Those `opened` are open at the start; all are, if that is not given.
    """

    def __init__(
        self,
        latency_ms: Mapping[str, float],
        model: object | None = None,
        *,
        opened: tuple[str, ...] | None = None,
        idle_start: float | None = 0.0,
        **params: float | bool,
    ) -> None:
        self.now = 0.0
        self.lost: list[str] = []
        self.meter = Meter(keep_log=True)
        self.model = model or Metronome()
        self.engine = Engine(
            Params(**params),  # type: ignore[arg-type]
            seed=1,
            opening=phrase(),
            idle_start=idle_start,
        )
        self.outgoing = Outgoing(latency_ms.items(), self.meter, lambda: self.now, self._lose)
        names = tuple(latency_ms) if opened is None else opened
        self.outputs = {name: self.open(name) for name in names}
        self.apply(self.engine.model_ready(0.0))

    def open(self, name: str, *, is_take: bool = False) -> Recorder:
        output = Recorder(name, is_take)
        self.outgoing.add(output)
        self._look_ahead()
        return output

    def close(self, name: str) -> None:
        self.outgoing.part(name, self.engine.farewell(self.now)).close()
        self._look_ahead()

    def apply(self, effects: list[Effect]) -> None:
        queue = deque([effects])
        while queue:
            some = queue.popleft()
            self.outgoing.apply(some)
            for effect in some:
                if isinstance(effect, Ask):
                    queue.append(self.engine.handle(self._answer(effect), self.now))

    def feed(self, item: Item) -> None:
        self.apply(self.engine.handle(item, self.now))
        self._look_ahead()

    def run_until(self, end: float) -> None:
        while (due := self._due()) is not None and due <= end:
            self.wake_at(due)
        self.now = max(self.now, end)

    def wake_at(self, moment: float) -> None:
        """The loop's next look at the clock is at `moment`, however late that is."""
        self.now = max(self.now, moment)
        self.apply(self.engine.handle(None, self.now))
        self.outgoing.depart()
        self._look_ahead()

    def _due(self) -> float | None:
        times = (self.engine.due(), self.outgoing.boxes.due())
        return min((time for time in times if time is not None), default=None)

    def _answer(self, ask: Ask) -> Proposal:
        request = ask.request
        self.model.prime(request.context, request.before)
        drawn = tuple(self.model.draw(request.params, *draw) for draw in request.draws())
        return Proposal(request.number, drawn, ())

    def _lose(self, output: Recorder, words: str) -> None:
        self.lost.append(output.name)
        self.outgoing.remove(output.name)
        output.close()

    def _look_ahead(self) -> None:
        self.apply(self.engine.lead_by(self.outgoing.boxes.lead, self.now))
