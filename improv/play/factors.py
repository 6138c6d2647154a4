"""A note drawn factor by factor from a network of distributions. Too random? Look here too.

Each factor (velocity, step, pitch, duration) is a distribution over bins, given those drawn
before it. What a player forbids is taken out of the distribution before it is drawn from, so
that a constraint conditions and nothing is drawn twice: pitches outside the range, a key that was
struck a moment before, steps outside their bounds (`play.steps`). As in `improv.play.sampling` the
noise comes from the key alone, so that a knob bends the music and does not re-roll it.

Temperature and top-p rule pitch as they say; velocity is drawn at the cube root of the
temperature, and so are step and duration unless they have a temperature of their own. At 0.3 a
distribution of steps that says "together" a third of the time would say little else: by the square
root 66 % of all notes were part of a chord, where 28 % are in music.

What goes round and round grows unlikely, see `play.guard`.

`Params.velocity` moves what the model plays up or down from 80, and `velocity_spread` scales the
chance in it: at 80 and 10 it plays as it hears, at 0 as loud as it finds likeliest on average. The
other factors are those of the loudness it meant, before the knob moved it up or down.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, ProposedNote
from improv.music.hearing import time_in
from improv.music.vocabulary import TIMES, VELOCITIES
from improv.play import sampling, steering, steps
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.sampling import LONGEST, SHORTEST, Floats, Logits

PLAIN_VELOCITY, PLAIN_SPREAD = 80, 10  # at which the model's velocity is played as it is
LOUD = (np.arange(VELOCITIES) + 0.5) * (PITCHES // VELOCITIES)  # (32,) the middle of each bin
_SHARES = np.cumsum([PITCHES, TIMES, TIMES])  # where a note's noise is cut into its factors'


class Listener(Protocol):
    """A network that has heard some notes; each answer is logits over bins."""

    def velocity(self) -> Logits: ...

    def step(self, velocity: int) -> Logits: ...

    def pitch(self, velocity: int, step: float) -> Logits: ...

    def duration(self, velocity: int, step: float, pitch: int) -> Logits: ...


class Question(NamedTuple):
    """One of `Listener`'s, and what was drawn before it."""

    factor: str
    drawn: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """The chance in one note.

    Gumbel noise for each bin, a place (0-1) within a bin, and a number 0-1 for the scale's snap.
    """

    step: Floats  # (64,)
    pitch: Floats  # (128,)
    duration: Floats  # (64,)
    velocity: Floats  # (32,)
    places: Floats  # (3,) of step, duration and velocity
    snap: float


def noise(key: tuple[int, int]) -> Noise:
    """The noise of (seed, index); any two integers."""
    uniform = sampling.bits(key).random(PITCHES + 2 * TIMES + VELOCITIES + 4)
    gumbel = uniform[:-4] + 2.0**-54
    np.log(gumbel, out=gumbel)
    np.subtract(2.0**-54, gumbel, out=gumbel)
    np.log(gumbel, out=gumbel)
    np.negative(gumbel, out=gumbel)
    first, second, third = _SHARES
    return Noise(
        pitch=gumbel[:first],
        step=gumbel[first:second],
        duration=gumbel[second:third],
        velocity=gumbel[third:],
        places=uniform[-4:-1],
        snap=float(uniform[-1]),
    )


def draw(
    listener: Listener,
    recent: Recent,
    params: Params,
    key: tuple[int, int],
    within: Bounds = ANY,
    lasting: float | None = None,
) -> ProposedNote:
    """The note that `key` draws. `recent` may be empty; then the note's step is 0.

    `within`: between which steps it may begin, `lasting`: how long it lasts where that is known,
    both in seconds.
    """
    drawn = drawing(recent, params, key, within, lasting)
    try:
        question = next(drawn)
        while True:
            question = drawn.send(asked(listener, question))
    except StopIteration as done:
        note: ProposedNote = done.value
        return note


def asked(listener: Listener, question: Question) -> Logits:
    """What a network that has heard some notes says to a question."""
    logits: Logits = getattr(listener, question.factor)(*question.drawn)
    return logits


def drawing(
    recent: Recent,
    params: Params,
    key: tuple[int, int],
    within: Bounds = ANY,
    lasting: float | None = None,
) -> Generator[Question, Logits, ProposedNote]:
    """As `draw`, by whom it is sent the answers: so many notes can be drawn side by side.

    It asks for velocity, step, pitch and duration in that order, for step and duration only where
    there is a choice.
    """
    chance = noise(key)
    calm = math.cbrt(params.temperature)
    time_heat = params.time_temperature or calm
    velocity = draw_velocity((yield Question("velocity", ())), calm, params, chance)
    touch = unbent(velocity, params)
    step = 0.0
    if recent.onset:
        low, high = between = steps.bounds(recent, params, within)
        step = low
        if high > low:
            logits = _pulled((yield Question("step", (touch,))), params)
            step = draw_step(logits, time_heat, params.top_p, between, chance)
    logits = yield Question("pitch", (touch, step))
    chosen = sampling.choose_pitch(logits, recent, step, params, chance.pitch, chance.snap)
    if lasting is None:
        logits = yield Question("duration", (touch, step, chosen.pitch))
        lengths = sampling.weigh(logits, time_heat, params.top_p)
        meant = float(time_in(int((lengths + chance.duration).argmax()), chance.places[1]))
        lasting = sampling.held(meant * params.note_length, SHORTEST, LONGEST)
    return ProposedNote(
        chosen.pitch,
        velocity,
        step,
        lasting,
        chances=chosen.chances,
        by_heart=chosen.by_heart,
    )


def _pulled(steps_: Logits, params: Params) -> Logits:
    pull = steering.density(params)
    return steps_ if pull is None else steps_ + pull


def draw_step(logits: Logits, heat: float, top_p: float, between: Bounds, chance: Noise) -> float:
    """A step of the distribution given that it lies between these, in seconds."""
    low, high = between
    room = steps.room(between)
    if high <= low or not room.any():
        return low
    values = sampling.weigh(logits, heat, top_p, room=room)
    return steps.inside(int((values + chance.step).argmax()), float(chance.places[0]), between)


def draw_velocity(logits: Logits, heat: float, params: Params, chance: Noise) -> int:
    """A velocity 1-127 as the knobs bend it."""
    values = sampling.weigh(logits, heat, params.top_p)
    share = np.exp(values)
    usual = float((share * LOUD).sum() / share.sum())
    width = PITCHES / VELOCITIES
    drawn = (int((values + chance.velocity).argmax()) + float(chance.places[2])) * width
    level = params.velocity - PLAIN_VELOCITY
    bent = usual + level + (drawn - usual) * params.velocity_spread / PLAIN_SPREAD
    return steering.curved(min(127, max(1, round(bent))), params)


def unbent(velocity: NDArray[np.int64] | int, params: Params) -> int:
    """What the model would have played for a velocity that the knobs have moved, 1-127."""
    straight = steering.curved(int(velocity), params, back=True)
    return min(127, max(1, straight - (params.velocity - PLAIN_VELOCITY)))
