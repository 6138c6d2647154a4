"""An engine that writes down what is done to it and what it sends.

It is a subclass so that whoever calls an engine calls this one in the same way, and no call can
go by it unseen. A call that only woke it before anything was due changes nothing and is left out.

The model draws many futures for each that is played. They would be nine tenths of a take, and
matter only to a player who asks for another: so they are written down when that happens, as what
came just after the step before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from improv.play.effects import Effect, Item, Send
from improv.play.engine import Engine
from improv.play.messages import Action, Futures, Transport
from improv.session.journal import About, Step, kept

CALLS = frozenset(
    {"handle", "model_ready", "model_lost", "lift_keys", "lead_by", "greeting", "finish"}
)
"""The methods of an engine that change it; all others only say how it stands."""

POINTS = 64
"""Requests whose futures may still be asked for: planned ahead is a second or so."""


class RecordedEngine(Engine):
    """`note` is told of each step, after it; it must return at once."""

    def __init__(self, about: About, note: Callable[[Step], None]) -> None:
        super().__init__(
            about.params,
            seed=about.seed,
            opening=about.opening,
            idle_start=about.idle_start,
            limit=about.limit,
        )
        self._note = note
        self._inside = False  # of a call that is being noted already
        self._greeted = False
        self._lead = 0.0
        self._last = 0.0  # when the last step was noted
        # that were not noted, by the request's voice and number
        self._futures: dict[tuple[int, int], Futures] = {}

    def handle(self, item: Item | None, now: float) -> list[Effect]:
        if self._inside:
            return super().handle(item, now)
        idle = isinstance(item, Futures | None) and not self._is_due(now)
        do = partial(super().handle, item, now)
        return self._noted("handle", self._without_futures(item), now, do, idle=idle)

    def model_ready(self, now: float) -> list[Effect]:
        return self._noted("model_ready", None, now, partial(super().model_ready, now))

    def model_lost(self, now: float) -> list[Effect]:
        return self._noted("model_lost", None, now, partial(super().model_lost, now))

    def lift_keys(self, now: float) -> list[Effect]:
        return self._noted("lift_keys", None, now, partial(super().lift_keys, now))

    def lead_by(self, lead: float, now: float) -> list[Effect]:
        idle = lead == self._lead and not self._is_due(now)
        self._lead = lead
        return self._noted("lead_by", lead, now, partial(super().lead_by, lead, now), idle=idle)

    def finish(self, now: float) -> list[Effect]:
        return self._noted("finish", None, now, partial(super().finish, now))

    def greeting(self, now: float) -> list[Send]:
        """As an engine's; the first is what the take itself is told, the others are ports'."""
        sends = super().greeting(now)
        self._say(Step(now, "greeting", None, () if self._greeted else tuple(sends)))
        self._greeted = True
        return sends

    def _is_due(self, now: float) -> bool:
        due = self.due()
        return due is not None and due <= now

    def _noted(
        self,
        call: str,
        item: Item | float | None,
        now: float,
        do: Callable[[], list[Effect]],
        *,
        idle: bool = False,
    ) -> list[Effect]:
        self._inside = True
        try:
            effects = do()
        finally:
            self._inside = False
        if not idle or effects:
            self._say(Step(now, call, item, kept(effects)))
        return effects

    def _say(self, step: Step) -> None:
        self._last = step.now
        self._note(step)

    def _without_futures(self, item: Item | None) -> Item | None:
        """What is noted of an item: its futures are kept back until they matter."""
        match item:
            case Futures():
                self._keep_back(item)
                return None
            case Transport(action=Action.AGAIN):
                for futures in self._futures.values():
                    self._note(Step(self._last, "handle", futures))
                self._futures.clear()
        return item

    def _keep_back(self, futures: Futures) -> None:
        key = futures.voice, futures.number
        self._futures.pop(key, None)
        self._futures[key] = futures
        for oldest in [*self._futures][:-POINTS]:
            del self._futures[oldest]


def act(engine: Engine, step: Step) -> list[Effect]:
    """Call an engine as it was called. Raises ValueError on what is no call of an engine."""
    effects: list[Effect]
    match step.call, step.item:
        case "handle", item if not isinstance(item, float):
            effects = engine.handle(item, step.now)
        case "lead_by", float(lead):
            effects = engine.lead_by(lead, step.now)
        case "greeting", None:
            effects = [*engine.greeting(step.now)]
        case ("model_ready" | "model_lost" | "lift_keys" | "finish") as call, None:
            effects = getattr(engine, call)(step.now)
        case call, item:
            raise ValueError(f"an engine has no {call!r} of {item!r}")
    return effects
