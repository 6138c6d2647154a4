"""From what a network predicts to one note. Too random? Look here.

Pitch: the logits are divided by the temperature, what the range or a mask forbids is taken out,
top-p keeps the likeliest pitches that together hold that share, and one is drawn by the Gumbel
trick: the largest of logit + noise is distributed as the softmax. The noise comes from the key
alone, one number for each pitch, so the same key with another temperature or range gives the same
pitch wherever that is still among the likely ones: a knob bends the music, and does not re-roll it.
What goes round and round is less likely than the network says (`play.guard`).

Time: step and duration are what the network says, held within what can be played; it gives the
mean of what may follow, not a draw, so the time temperature says nothing to it. Velocity, which the
seed network does not know, is drawn around `Params.velocity` from the same key.

What a musician steers by (scale, register) acts here too, see `play.steering`, and so does what
was played tonight, see `play.memory`.

Nothing a network says gets through unchecked: whatever comes in, a playable note comes out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, ProposedNote
from improv.play import chances, steering, steps
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.play.recent import Recent

Logits = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SHORTEST = 0.03  # seconds; below it many synths give a click or nothing
LONGEST = 10.0  # seconds
RESTRIKE = 0.03  # seconds; no finger is faster
COLDEST = 1e-3  # temperatures below it all give the likeliest pitch
TAME = 1e30  # logits that sum to less need no second look


@dataclass(frozen=True, slots=True)
class Noise:
    """The chance in one note.

    (128,) Gumbel noise, a number from -1 to 1, likelier near 0, and one from 0 to 1.
    """

    pitch: Floats
    velocity: float
    snap: float


def noise(key: tuple[int, int]) -> Noise:
    """The noise of (seed, index); any two integers."""
    uniform = bits(key).random(PITCHES + 3)
    gumbel = -np.log(-np.log(uniform[:PITCHES] + 2.0**-54))
    # the difference of two uniform numbers has a triangular density
    return Noise(gumbel, float(uniform[-2] - uniform[-3]), float(uniform[-1]))


def bits(key: tuple[int, int]) -> np.random.Generator:
    """The chance of (seed, index), any two integers: the same whatever was drawn before."""
    seed, index = (number % 2**64 for number in key)
    return np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))


def pitch_range(low: int, high: int) -> Mask:
    """(128,) True from `low` to `high`, both included."""
    mask = np.zeros(PITCHES, np.bool_)
    mask[low : high + 1] = True
    return mask


def _range_meant(params: Params) -> Mask:
    """(128,) the pitches that sound within the range, once they are transposed.

    Where that leaves none, all within the range itself, which are then moved by octaves.
    """
    low, high = params.low - params.transpose, params.high - params.transpose
    mask = pitch_range(max(0, low), max(-1, high))
    return mask if mask.any() else pitch_range(params.low, params.high)


def pitches_open(recent: Recent, step: float, params: Params) -> Mask:
    """(128,) the pitches within the range that were not struck a moment before."""
    mask = _range_meant(params)
    if not recent.onset or step >= RESTRIKE:
        return mask
    struck = recent.onset[-1] + step - RESTRIKE
    free = mask.copy()
    for pitch, onset in zip(reversed(recent.pitch), reversed(recent.onset), strict=True):
        if onset <= struck:
            break
        free[pitch] = False
    return free if free.any() else mask


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pitch, and what there is to be seen of it: see `ProposedNote`."""

    pitch: int
    chances: bytes
    by_heart: int


def choose_pitch(
    logits: Logits, recent: Recent, step: float, params: Params, gumbel: Floats, snap: float
) -> Chosen:
    """The pitch of a note that begins `step` seconds after the last, as all the knobs have it.

    `gumbel` is (128,) Gumbel noise, `snap` a number from 0 to 1.
    """
    free = pitches_open(recent, step, params)
    if recent.memory is not None:
        free = recent.memory.uncopied(free, recent.pitch, recent.own_pitch, params.copy_cap)
        logits = recent.memory.blended(logits, recent.pitch, params.learn, recent.crossing)
    wanted = tired(logits, recent.worn(params.guard, step))
    if (pull := steering.pull(params)) is not None and len(wanted) == len(pull):
        wanted = wanted + pull
    room = steering.room(free, params)
    mask = free if room is None else None
    values = weigh(wanted, params.temperature, params.top_p, mask, room)
    pitch = steering.snapped(int((values + gumbel).argmax()), free, params, snap)
    likely = chances.told(values, steering.landing(free, params), params.scale_lock)
    memory = recent.memory
    return Chosen(pitch, likely, memory.by_heart(recent.own_pitch, pitch) if memory else 0)


def tired(logits: Logits, worn: Mapping[int, float]) -> Logits:
    """Logits of pitches less the nats that the repetition guard takes from them."""
    if not worn:
        return logits
    less = np.array(logits, np.float64)
    for pitch, nats in worn.items():
        if pitch < len(less):
            less[pitch] -= nats
    return less


def weigh(
    logits: Logits,
    temperature: float,
    top_p: float,
    mask: Mask | None = None,
    room: Floats | None = None,
) -> Floats:
    """Log weights of what may be drawn; -inf where it is out of the question, else at most 0.

    Logits that are not finite count as the least likely of the others. An empty mask is no mask,
    and without one everything may be drawn.

    Args:
        logits: (N,); too few are no opinion at all.
        temperature: what they are divided by.
        top_p: keep the likeliest that together hold this share of what may be drawn.
        mask: (N,) what may be drawn.
        room: (N,) the share of each that may be, 0 to 1; in place of a mask.
    """
    sized = mask if room is None else room
    size = len(logits) if sized is None else len(sized)
    values = np.array(logits, np.float64).reshape(-1)
    if len(values) != size:
        values = values[:size] if len(values) > size else np.zeros(size)
    if not np.abs(values).sum() < TAME:  # not so for NaN either
        finite = np.isfinite(values)
        values = np.where(finite, values, values.min(initial=0.0, where=finite))
    values /= max(temperature, COLDEST) if math.isfinite(temperature) else 1.0
    if room is not None:
        mask = room > 0.0
        values += np.log(room, out=np.zeros(size), where=mask)
    if mask is not None and mask.any():
        values[~mask] = -np.inf
    values -= values.max()
    if top_p < 1.0:
        values[~_nucleus(values, top_p)] = -np.inf
    return values


def _nucleus(values: Floats, top_p: float) -> Mask:
    """The fewest likeliest that together hold `top_p` (Holtzman et al. 2020)."""
    chance = np.exp(values)  # the largest value is 0
    order = np.argsort(-chance, kind="stable")
    ordered = chance[order]
    held = ordered.cumsum()
    kept = np.zeros(len(values), np.bool_)
    kept[order] = (held - ordered < top_p * held[-1]) & (ordered > 0.0)
    kept[order[0]] = True
    return kept


def draw_velocity(base: int, spread: int, chance: float) -> int:
    """A velocity at most `spread` from `base`, by a number from -1 to 1; always 1-127."""
    return min(127, max(1, round(base + spread * chance)))


def held(seconds: float, low: float, high: float) -> float:
    """Within low and high; what is not a number is low."""
    return min(high, max(low, float(seconds))) if seconds == seconds else low  # noqa: PLR0124  # NaN


def draw(
    logits: Logits,
    step: float,
    duration: float,
    recent: Recent,
    params: Params,
    key: tuple[int, int],
    within: Bounds = ANY,
) -> ProposedNote:
    """The note that `key` draws from a prediction.

    Args:
        logits: (128,) over pitch.
        step: seconds after the start of the note before.
        duration: seconds.
        recent: the notes before.
        params: temperature, top-p, range, guard, polyphony and dynamics.
        key: (seed, index) of the note.
        within: between which steps it may begin.
    """
    chance = noise(key)
    step = held(step, *steps.bounds(recent, params, within))
    velocity = draw_velocity(params.velocity, params.velocity_spread, chance.velocity)
    chosen = choose_pitch(logits, recent, step, params, chance.pitch, chance.snap)
    return ProposedNote(
        pitch=chosen.pitch,
        velocity=steering.curved(velocity, params),
        step=step,
        duration=held(duration * params.note_length, SHORTEST, LONGEST),
        chances=chosen.chances,
        by_heart=chosen.by_heart,
    )
