"""A note drawn factor by factor from a network of distributions. Too random? Look here too.

Each factor (velocity, step, pitch, duration) is a distribution over bins, given those drawn
before it. What a player forbids is taken out of the distribution before it is drawn from, so
that a constraint conditions and nothing is drawn twice: pitches outside the range, a key that was
struck within the last `RESTRIKE` seconds, an eleventh note at one moment, steps too long to be
played. As in `improv.play.sampling` the noise comes from the key alone, so that a knob bends the
music and does not re-roll it.

Temperature and top-p rule pitch as they say; time and velocity are drawn at the cube root of the
temperature. At 0.3 a distribution of steps that says "together" a third of the time would say
little else: by the square root 66 % of all notes were part of a chord, where 28 % are in music.

What goes round and round grows unlikely, see `weariness`.

`Params.velocity` moves what the model plays up or down from 80, and `velocity_spread` scales the
chance in it: at 80 and 10 it plays as it hears, at 0 as loud as it finds likeliest on average. The
other factors are those of the loudness it meant, before the knob moved it up or down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, ProposedNote
from improv.music.hearing import time_in
from improv.music.vocabulary import TIMES, VELOCITIES
from improv.play import sampling
from improv.play.params import Params
from improv.play.sampling import LONGEST, LONGEST_STEP, SHORTEST, Floats, Logits, Mask

RESTRIKE = 0.03  # seconds; no finger is faster
HAND = 10  # notes that can begin together
TOGETHER = 0.03  # seconds between notes that begin together
PATIENCE = 11  # notes that may repeat those before them
LONGEST_ROUND = 12  # notes
WEAR = 1.0  # nats
PLAIN_VELOCITY, PLAIN_SPREAD = 80, 10  # at which the model's velocity is played as it is
CAN_END = time_in(np.arange(TIMES), 1.0)  # (64,) the longest time in each bin
CAN_BEGIN = time_in(np.arange(TIMES), 0.0)
LOUD = (np.arange(VELOCITIES) + 0.5) * (PITCHES // VELOCITIES)  # (32,) the middle of each bin


class Listener(Protocol):
    """A network that has heard some notes; each answer is logits over bins."""

    def velocity(self) -> Logits: ...

    def step(self, velocity: int) -> Logits: ...

    def pitch(self, velocity: int, step: float) -> Logits: ...

    def duration(self, velocity: int, step: float, pitch: int) -> Logits: ...


@dataclass(frozen=True, slots=True)
class Recent:
    """The last notes sounded, oldest first: what a pair of hands can't do again at once."""

    pitch: Sequence[int]
    onset: Sequence[float]  # seconds


@dataclass(frozen=True, slots=True)
class Noise:
    """The chance in one note: Gumbel noise for each bin, and a place (0-1) within a bin's time."""

    step: Floats  # (64,)
    pitch: Floats  # (128,)
    duration: Floats  # (64,)
    velocity: Floats  # (32,)
    places: Floats  # (3,) of step, duration and velocity


def noise(key: tuple[int, int]) -> Noise:
    """The noise of (seed, index); any two integers."""
    seed, index = (number % 2**64 for number in key)
    bits = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))
    uniform = bits.random(PITCHES + 2 * TIMES + VELOCITIES + 3)
    gumbel = -np.log(-np.log(uniform[:-3] + 2.0**-54) + 2.0**-54)
    pitch, step, duration, velocity = np.split(gumbel, np.cumsum([PITCHES, TIMES, TIMES]))
    return Noise(step, pitch, duration, velocity, uniform[-3:])


def draw(listener: Listener, recent: Recent, params: Params, key: tuple[int, int]) -> ProposedNote:
    """The note that `key` draws. `recent` may be empty; then the note's step is 0."""
    chance = noise(key)
    calm = math.cbrt(params.temperature)
    velocity = draw_velocity(listener.velocity(), calm, params, chance)
    touch = unbent(velocity, params)
    step = 0.0
    if recent.onset:
        within = steps_open(recent)
        chosen = _pick(listener.step(touch), calm, params.top_p, within, chance.step)
        step = min(float(time_in(chosen, chance.places[0])), LONGEST_STEP)
    free = pitches_open(recent, step, params)
    wanted = np.asarray(listener.pitch(touch, step), np.float64) - weariness(recent)
    pitch = _pick(wanted, params.temperature, params.top_p, free, chance.pitch)
    every = np.ones(TIMES, np.bool_)
    chosen = _pick(
        listener.duration(touch, step, pitch), calm, params.top_p, every, chance.duration
    )
    duration = float(time_in(chosen, chance.places[1]))
    duration = sampling.held(duration, SHORTEST, LONGEST)
    return ProposedNote(pitch=pitch, velocity=velocity, step=step, duration=duration)


def _pick(logits: Logits, heat: float, top_p: float, mask: Mask, gumbel: Floats) -> int:
    return int(np.argmax(sampling.weigh(logits, heat, top_p, mask) + gumbel))


def steps_open(recent: Recent) -> Mask:
    """(64,) the steps that can be played: not too long, and not an eleventh note at once."""
    mask: Mask = CAN_BEGIN < LONGEST_STEP
    now = recent.onset[-1]
    struck = sum(now - onset < TOGETHER for onset in recent.onset[-HAND:])
    if struck >= HAND:
        mask = mask & (CAN_BEGIN >= TOGETHER)
    return mask


def pitches_open(recent: Recent, step: float, params: Params) -> Mask:
    """(128,) the pitches within the range that were not struck a moment before."""
    mask = sampling.pitch_range(params.low, params.high)
    if not recent.onset:
        return mask
    then = recent.onset[-1] + step
    free = mask.copy()
    for pitch, onset in zip(recent.pitch, recent.onset, strict=True):
        if then - onset < RESTRIKE:
            free[pitch] = False
    return free if free.any() else mask


def weariness(recent: Recent) -> Floats:
    """(128,) nats taken from the pitch that would go on with what has gone round too long.

    For each period up to `LONGEST_ROUND` notes: the number of last notes that each repeat the one
    a period before; beyond `PATIENCE` of them every further one takes `WEAR`. Without it one prompt
    in twenty ended on one note for ever at a temperature of 0.3.
    """
    worn = np.zeros(PITCHES)
    pitch = list(recent.pitch)
    for period in range(1, min(LONGEST_ROUND, len(pitch) - 1) + 1):
        again = 0
        while again < len(pitch) - period and pitch[-1 - again] == pitch[-1 - again - period]:
            again += 1
        if again > PATIENCE:
            worn[pitch[-period]] = max(worn[pitch[-period]], WEAR * (again - PATIENCE))
    return worn


def draw_velocity(logits: Logits, heat: float, params: Params, chance: Noise) -> int:
    """A velocity 1-127 as the knobs bend it."""
    every = np.ones(VELOCITIES, np.bool_)
    values = sampling.weigh(logits, heat, params.top_p, every)
    share = np.exp(values)
    usual = float((share * LOUD).sum() / share.sum())
    width = PITCHES / VELOCITIES
    drawn = (int(np.argmax(values + chance.velocity)) + float(chance.places[2])) * width
    level = params.velocity - PLAIN_VELOCITY
    bent = usual + level + (drawn - usual) * params.velocity_spread / PLAIN_SPREAD
    return min(127, max(1, round(bent)))


def unbent(velocity: NDArray[np.int64] | int, params: Params) -> int:
    """What the model would have played for a velocity that the knob has moved, 1-127."""
    return min(127, max(1, int(velocity) - (params.velocity - PLAIN_VELOCITY)))
