"""Small fakes and builders that tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from improv.music.event import Note, ProposedNote, Source
from improv.music.opening import phrase
from improv.play import sampling
from improv.play.effects import Effect, Send
from improv.play.engine import Engine
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.session.render import Names, Players, Stage, nameless, strangers


@dataclass
class Metronome:
    """A model that proposes one pitch after another at even steps, whatever it has heard."""

    step: float = 0.25
    duration: float = 0.2
    name: str = "metronome"
    backend: str = "fake"
    inert: frozenset[str] = frozenset()
    abreast: int = 1
    primed: list[tuple[Note, ...]] = field(default_factory=list)

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self.primed.append(tuple(context))

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        span = params.high - params.low + 1
        pitch = params.low + (key[0] + key[1]) % span
        return ProposedNote(pitch, params.velocity, self.step, self.duration)


def stage(
    model: object | None = None,
    *,
    idle_start: float | None = 0.0,
    names: Names = nameless,
    players: Players = strangers,
    **params: float | bool | str,
) -> Stage:
    """An engine with a model that is ready at 0 s, and with `names` in a chord network's place.

    `players` says what is known of each.
    """
    engine = Engine(
        Params(**params),  # type: ignore[arg-type]
        seed=1,
        opening=phrase(),
        idle_start=idle_start,
    )
    made = Stage(engine, model or Metronome(), names=names, players=players)
    made.do(engine.model_ready(0.0))
    return made


def sent(effects: Sequence[tuple[float, Effect]], source: Source | None = None) -> list[tuple]:
    """(time, status nibble, data) of every audible message, as an observer would see it."""
    return [
        (round(now, 6), effect.message[0] & 0xF0, tuple(effect.message[1:]))
        for now, effect in effects
        if isinstance(effect, Send) and effect.audible and source in {None, effect.source}
    ]


def onsets(effects: Sequence[tuple[float, Effect]], source: Source | None = None) -> list[tuple]:
    """(time, pitch) of every note-on."""
    return [(now, data[0]) for now, status, data in sent(effects, source) if status == 0x90]


def probabilities(
    logits: np.ndarray, temperature: float, top_p: float, mask: np.ndarray
) -> np.ndarray:
    """(128,) the distribution that a pitch is drawn from."""
    chance = np.exp(sampling.weigh(logits, temperature, top_p, mask))
    return np.asarray(chance / chance.sum())
