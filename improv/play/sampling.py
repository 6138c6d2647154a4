"""From what a network predicts to one note. Too random? Look here.

Pitch: the logits are divided by the temperature, what the range or a mask forbids is taken out,
top-p keeps the likeliest pitches that together hold that share, and one is drawn by the Gumbel
trick: the largest of logit + noise is distributed as the softmax. The noise comes from the key
alone, one number for each pitch, so the same key with another temperature or range gives the same
pitch wherever that is still among the likely ones: a knob bends the music, and does not re-roll it.

Time: step and duration are what the network says, held within what can be played; it gives the
mean of what may follow, not a draw. Velocity, which the seed network does not know, is drawn
around `Params.velocity` from the same key.

Nothing a network says gets through unchecked: whatever comes in, a playable note comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, ProposedNote
from improv.play.params import Params

Logits = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LONGEST_STEP = 4.0  # seconds; what the encoding can tell apart
SHORTEST = 0.03  # seconds; below it many synths give a click or nothing
LONGEST = 10.0  # seconds
COLDEST = 1e-3  # temperatures below it all give the likeliest pitch


@dataclass(frozen=True, slots=True)
class Noise:
    """The chance in one note: (128,) Gumbel noise, and a number from -1 to 1, likelier near 0."""

    pitch: Floats
    velocity: float


def noise(key: tuple[int, int]) -> Noise:
    """The noise of (seed, index); any two integers."""
    seed, index = (number % 2**64 for number in key)
    bits = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))
    uniform = bits.random(PITCHES + 2)
    gumbel = -np.log(-np.log(uniform[:PITCHES] + 2.0**-54))
    # the difference of two uniform numbers has a triangular density
    return Noise(gumbel, float(uniform[-1] - uniform[-2]))


def pitch_range(low: int, high: int) -> Mask:
    """(128,) True from `low` to `high`, both included."""
    pitches = np.arange(PITCHES)
    return (pitches >= low) & (pitches <= high)


def weigh(logits: Logits, temperature: float, top_p: float, mask: Mask) -> Floats:
    """Log weights of what may be drawn, as many as the mask; -inf where it is out of the question.

    Logits that are not finite count as the least likely of the others. An empty mask is no mask.
    """
    size = len(mask)
    if not mask.any():
        mask = np.ones(size, np.bool_)
    values = np.asarray(logits, np.float64).reshape(-1)
    values = values[:size] if len(values) >= size else np.zeros(size)
    finite = np.isfinite(values)
    values = np.where(finite, values, values.min(initial=0.0, where=finite))
    heat = temperature if math.isfinite(temperature) else 1.0
    values = np.clip((values - values[mask].max()) / max(heat, COLDEST), -1e30, None)
    values = np.where(mask, values, -np.inf)
    if top_p < 1.0:
        values = np.where(_nucleus(values, top_p), values, -np.inf)
    return values


def _nucleus(values: Floats, top_p: float) -> Mask:
    """The fewest likeliest that together hold `top_p` (Holtzman et al. 2020)."""
    chance = np.exp(values)  # the largest value is 0
    order = np.argsort(-chance, kind="stable")
    before = np.cumsum(chance[order]) - chance[order]
    kept = np.zeros(len(values), np.bool_)
    kept[order] = (before < top_p * chance.sum()) & (chance[order] > 0.0)
    kept[order[0]] = True
    return kept


def probabilities(logits: Logits, temperature: float, top_p: float, mask: Mask) -> Floats:
    """(128,) the distribution that `draw_pitch` draws from."""
    chance = np.exp(weigh(logits, temperature, top_p, mask))
    return np.asarray(chance / chance.sum(), np.float64)


def draw_pitch(logits: Logits, temperature: float, top_p: float, mask: Mask, gumbel: Floats) -> int:
    """One pitch of `probabilities`, by (128,) Gumbel noise."""
    return int(np.argmax(weigh(logits, temperature, top_p, mask) + gumbel))


def draw_velocity(base: int, spread: int, chance: float) -> int:
    """A velocity at most `spread` from `base`, by a number from -1 to 1; always 1-127."""
    return min(127, max(1, round(base + spread * chance)))


def held(seconds: float, low: float, high: float) -> float:
    """Within low and high; what is not a number is low."""
    return min(high, max(low, float(seconds))) if seconds == seconds else low  # noqa: PLR0124  # NaN


def draw(
    logits: Logits, step: float, duration: float, params: Params, key: tuple[int, int]
) -> ProposedNote:
    """The note that `key` draws from a prediction.

    Args:
        logits: (128,) over pitch.
        step: seconds after the start of the note before.
        duration: seconds.
        params: temperature, top-p, range and dynamics.
        key: (seed, index) of the note.
    """
    chance = noise(key)
    mask = pitch_range(params.low, params.high)
    return ProposedNote(
        pitch=draw_pitch(logits, params.temperature, params.top_p, mask, chance.pitch),
        velocity=draw_velocity(params.velocity, params.velocity_spread, chance.velocity),
        step=held(step, 0.0, LONGEST_STEP),
        duration=held(duration, SHORTEST, LONGEST),
    )
