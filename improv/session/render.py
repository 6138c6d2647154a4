"""Composing offline: the engine that plays live, on a virtual clock that runs as fast as it can.

Nothing here waits. The clock jumps to the next time something is due, the model answers at once,
and what would have been sent is written down. Same model, seed and prompt: the same messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from improv.music.event import Note
from improv.play.effects import Ask, AskChord, AskPlayer, Effect, Item, Send, Tell
from improv.play.engine import Engine
from improv.play.interfaces import Improviser
from improv.play.messages import (
    Action,
    Ended,
    Futures,
    Known,
    NameChord,
    Named,
    Proposal,
    Sounded,
    Transport,
)
from improv.play.params import Params
from improv.session.journal import About, Step
from improv.session.recorded import RecordedEngine
from improv.session.thinking import Thinker


@dataclass(frozen=True, slots=True)
class Rendering:
    """What would have been heard, with the first note at 0 seconds, and how it came about."""

    notes: tuple[Note, ...]
    messages: tuple[tuple[float, bytes], ...]  # (seconds, message), in order
    about: About
    steps: tuple[Step, ...]


Names = Callable[[NameChord], Named]


def nameless(request: NameChord) -> Named:
    """Where there is nothing to name chords by."""
    return Named(request.number, "")


Players = Callable[[str], Known]


def strangers(player: str) -> Known:
    """Where nobody is known."""
    return Known(player, b"")


class Stage:
    """An engine and a model on a virtual clock; tests play scripts on it too."""

    def __init__(
        self,
        engine: Engine,
        improviser: Improviser,
        most: int = 1,
        names: Names = nameless,
        players: Players = strangers,
    ) -> None:
        """`most`: futures that are drawn at each point; of 1 no more than are chosen from."""
        self.now = 0.0
        self.engine = engine
        self.effects: list[tuple[float, Effect]] = []
        self._thinker = Thinker(improviser, most)
        self._names = names
        self._players = players

    def do(self, effects: list[Effect]) -> None:
        """Write effects down and answer what they ask of the model, until nothing is asked."""
        queue = deque(effects)
        while queue:
            effect = queue.popleft()
            self.effects.append((self.now, effect))
            if isinstance(effect, Ask):
                for answer in self._answer(effect):
                    queue.extend(self.engine.handle(answer, self.now))
            elif isinstance(effect, AskChord):
                queue.extend(self.engine.handle(self._names(effect.request), self.now))
            elif isinstance(effect, AskPlayer):
                queue.extend(self.engine.handle(self._players(effect.player), self.now))

    def feed(self, item: Item, at: float) -> None:
        """Let `item` happen at `at`."""
        self.run_until(at)
        self.do(self.engine.handle(item, at))

    def run_until(self, end: float) -> None:
        """Do all that is due up to and at `end`."""
        while (due := self.engine.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.do(self.engine.handle(None, self.now))
        self.now = end

    def _answer(self, ask: Ask) -> Iterator[Proposal | Futures]:
        """The answer, and then the other ways to go on."""
        proposal = self._thinker.answer(ask.request)
        if proposal is not None:
            yield proposal
        while self._thinker.busy:
            more = self._thinker.think()
            if more is not None:
                yield more


def render(
    improviser: Improviser,
    params: Params,
    *,
    count: int,
    seed: int,
    opening: tuple[Note, ...],
    progress: Callable[[int], None] = lambda _: None,
    names: Names = nameless,
    players: Players = strangers,
) -> Rendering:
    """Improvise `count` notes from `opening`. `progress` hears how many there are so far."""
    name, backend = improviser.name, improviser.backend
    about = About(params, seed, opening, limit=count, model=name, backend=backend)
    steps: list[Step] = []
    engine = RecordedEngine(about, steps.append)
    stage = Stage(engine, improviser, names=names, players=players)
    stage.do([*engine.greeting(0.0)])
    stage.do(engine.model_ready(0.0))
    stage.feed(Transport(Action.PLAY), 0.0)
    while (due := engine.due()) is not None:
        stage.run_until(due)
        progress(engine.played)
    return _rendering(stage.effects, about, tuple(steps))


def _rendering(
    effects: list[tuple[float, Effect]], about: About, steps: tuple[Step, ...]
) -> Rendering:
    """Effects as notes and messages, shifted so that the first note is at 0 seconds."""
    begun: dict[int, Sounded] = {}
    notes: list[Note] = []
    first = next((now for now, e in effects if isinstance(e, Send) and e.is_onset), 0.0)
    for _, effect in effects:
        match effect:
            case Tell(report=Sounded() as sounded):
                begun[sounded.serial] = sounded
            case Tell(report=Ended(serial=serial, at=at)):
                on = begun[serial]
                notes.append(
                    Note(on.pitch, on.velocity, on.start - first, at - on.start, on.source)
                )
    messages = [
        (max(0.0, now - first), effect.message)
        for now, effect in effects
        if isinstance(effect, Send)
    ]
    in_order = tuple(sorted(notes, key=lambda n: (n.start, n.pitch)))
    return Rendering(in_order, tuple(messages), about, steps)
