"""A recurrent network whose heads move with transposition and tempo, in keras.ops.

One LSTM takes in the notes one by one, their embeddings going straight to its gates. A note is
drawn factor by factor, each conditioned on those before it::

    state, loudness of the last notes       -> velocity  32 bins
    state, velocity, step histograms        -> step      64 bins of log time
    state, velocity, step, piano rolls      -> pitch     128
    state, all of them, histograms          -> duration  64 bins of log time

Touch comes first: it tells tune from accompaniment, and a musician sets it by a knob. As the last
factor it gave the same likelihood of a whole note (10.72 nats at 0.8 M notes either way), but
then the velocity knob says nothing to the pitch. Step comes before pitch, since whether a note
belongs to the chord before it decides what pitches fit; with its onset known, the rolls say what
sounds at the very moment it begins.

Each head scores all candidates alike: rolls of the last 25 notes (decaying over notes and over
seconds, still sounding), laid out on the candidates' axis, are convolved along that axis and
modulated by the state. So what is learnt of a fifth in C holds in every key, and what is learnt
of a rhythm at every tempo. Logits by absolute place are added for register.

Beside the rolls stand echoes: each head harks back to the moments of the last 25 notes that are
most like this one (attention: Vaswani et al. 2017), and what followed then, the same pitch and the
same interval, is laid out on its axis like another roll. That is how a figure just heard for the
first time goes on. At 0.8 M notes it took 0.11 nats off a note, half of it off the pitch.

Every function takes its weights as a mapping of tensors, so the same lines train on any Keras
backend and are exported for playing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

from improv.model.heads import (
    DURATION_FADES,
    HEADS,
    KEY,
    MOMENTS,
    PITCH_FADES,
    STEP_FADES,
    VELOCITY_FADES,
    shapes,
)
from improv.music.encoding import WINDOW
from improv.music.event import PITCHES
from improv.music.hearing import INTERVALS, REACH, STYLES, TIMES, VELOCITIES, VIEWED, VOCABULARY

Tensor = Any
Weights = Mapping[str, Tensor]


def initial(units: int, seed: int) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Random weights to start from."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes(units).items():
        kind = name.split("/")[1]
        if kind == "recurrent":  # orthogonal, gate by gate (Saxe et al. 2014)
            blocks = [np.linalg.qr(rng.normal(size=(units, units)))[0] for _ in range(4)]
            value = np.concatenate(blocks, axis=1)
        elif kind == "bias" and name.startswith("hear"):
            value = np.zeros(shape)
            value[units : 2 * units] = 1.0  # the forget gate stands open
        elif kind == "modulation_bias":
            value = np.zeros(shape)
            third = shape[0] // 3
            value[:third] = rng.normal(size=third) / np.sqrt(third)
        elif kind in {"bias", "absolute_bias", "lag"}:
            value = np.zeros(shape)
        elif kind == "kernel":
            value = rng.normal(size=shape) * np.sqrt(0.5 / shape[1]) / 3
        elif kind in {"key", "query"}:
            value = rng.normal(size=shape) / np.sqrt(shape[0])
        elif kind == "echo":
            value = rng.normal(size=shape) * 0.1
        elif kind in {"state", "absolute", "modulation"}:
            value = rng.normal(size=shape) * (0.3 if kind != "state" else 1.0) / np.sqrt(shape[0])
        else:  # embeddings
            value = rng.normal(size=shape) * 0.1
        weights[name] = value.astype(np.float32)
    return weights


def gates(weights: Weights, note: Tensor, style: Tensor) -> Tensor:
    """What a note says to the LSTM's gates: ids (..., 6) and style (..., 2) to (..., 4 units)."""
    total = weights["hear/bias"] + ops.matmul(style, weights["hear/style"])
    for place, name in enumerate(VOCABULARY):
        total = total + ops.take(weights[f"hear/{name}"], note[..., place], axis=0)
    return total


def cell(given: Tensor, state: Tensor, memory: Tensor, recurrent: Tensor) -> tuple[Tensor, ...]:
    """One step of an LSTM: gates (B, 4U), state and memory (B, U) to both anew and the gates."""
    entry, forget, value, out = ops.split(given + ops.matmul(state, recurrent), 4, axis=-1)
    entry, forget, out = ops.sigmoid(entry), ops.sigmoid(forget), ops.sigmoid(out)
    value = ops.tanh(value)
    memory = forget * memory + entry * value
    return out * ops.tanh(memory), memory, entry, forget, value, out


@ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no type stubs
def lstm(given: Tensor, recurrent: Tensor) -> Any:
    """All states of an LSTM: (T, B, 4U) and (U, 4U) to (T, B, U), from a blank state.

    The gradient of the recurrent weights is one product over all steps, and not one a step:
    3,500 notes a second against 2,000 by keras.layers.LSTM on two cores.
    """
    batch, units = given.shape[1], recurrent.shape[0]
    # ops.scan on TensorFlow wants what it keeps of each step to look like what it carries on
    blank = ops.zeros((batch, 6 * units), given.dtype)

    def step(carry: Tensor, x: Tensor) -> Any:
        state, memory = carry[:, :units], carry[:, units : 2 * units]
        carry = ops.concatenate(cell(x, state, memory, recurrent), axis=-1)
        return carry, carry

    _, kept = ops.scan(step, blank, given)  # (T, B, 6U)
    states = kept[..., :units]

    def gradient(*args: Any, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
        arriving = upstream if upstream is not None else args[0]
        before = ops.concatenate([blank[None], kept[:-1]], axis=0)[..., : 2 * units]
        back_to_state = ops.transpose(recurrent)

        def back(carry: Tensor, x: tuple[Tensor, ...]) -> Any:
            arrived, earlier, now = x
            _, held, i, f, g, o = ops.split(now, 6, axis=-1)
            d_state = carry[:, :units] + arrived
            squashed = ops.tanh(held)
            d_memory = carry[:, units : 2 * units] + d_state * o * (1.0 - squashed * squashed)
            d_gates = ops.concatenate(
                [
                    d_memory * g * i * (1.0 - i),
                    d_memory * earlier[:, units:] * f * (1.0 - f),
                    d_memory * i * (1.0 - g * g),
                    d_state * squashed * o * (1.0 - o),
                ],
                axis=-1,
            )
            d_before = ops.matmul(d_gates, back_to_state)
            carry = ops.concatenate([d_before, d_memory * f, d_gates], axis=-1)
            return carry, carry

        _, d_kept = ops.scan(back, blank, (arriving, before, kept), reverse=True)
        d_given = d_kept[..., 2 * units :]
        heard = ops.reshape(before[..., :units], (-1, units))
        d_recurrent = ops.matmul(ops.transpose(heard), ops.reshape(d_given, (-1, 4 * units)))
        return d_given, d_recurrent

    return states, gradient


def _laid(ids: Tensor, bins: int) -> Tensor:
    """Ids (..., 25) to ones at their place, (..., 25, bins); those outside are nowhere."""
    return ops.cast(ops.equal(ids[..., None], np.arange(bins, dtype=np.int32)), "float32")


def _spread(places: Tensor, bins: int) -> Tensor:
    """Places (..., 25) shared between the two bins they lie between, (..., 25, bins)."""
    away = ops.abs(places[..., None] - np.arange(bins, dtype=np.float32))
    return ops.relu(1.0 - away)


def _fading(fades: tuple[float, ...]) -> Any:
    """(25, fades): how much each of the last notes counts."""
    lag = np.arange(WINDOW - 1, -1, -1, dtype=np.float32)
    return np.exp(-lag[:, None] / np.array(fades, np.float32))


def _summed(laid: Tensor, fades: tuple[float, ...]) -> Tensor:
    """(..., 25, bins) to (..., bins, fades)."""
    return ops.matmul(ops.swapaxes(laid, -1, -2), _fading(fades))


def rolls(past: Tensor, now: Tensor, then: Tensor, step: Tensor) -> dict[str, Tensor]:
    """What each head sees laid out on its candidates: (..., bins, rolls).

    `past`, `now` and `then` are of `improv.music.hearing.Hearing`, `step` (...) the id of the step
    to the note to come; the step head's needs neither `then` nor `step`.
    """
    steps, durations = _laid(past[..., 1], TIMES), _laid(past[..., 2], TIMES)
    pitches = _laid(past[..., 0], PITCHES)
    faded = _summed(steps, STEP_FADES)  # (..., 64, 3)
    lasting = _summed(durations, DURATION_FADES)
    ending = ops.sum(_spread(now[..., 0], TIMES), axis=-2)[..., None]
    begun = _summed(_spread(now[..., 1], TIMES), (6.0,))
    ending_then = ops.sum(_spread(then[..., 3], TIMES), axis=-2)[..., None]
    drawn = _laid(step, TIMES)[..., None]
    return {
        "step": ops.concatenate([faded, lasting, ending, begun], axis=-1),
        "pitch": ops.concatenate(
            [
                _summed(pitches, PITCH_FADES),
                ops.matmul(ops.swapaxes(pitches, -1, -2), then[..., :3]),
            ],
            axis=-1,
        ),
        "duration": ops.concatenate([lasting, ending_then, ending, drawn, faded[..., :2]], axis=-1),
        "velocity": _summed(_laid(past[..., 3], VELOCITIES), VELOCITY_FADES),
    }


def key(weights: Weights, state: Tensor) -> Tensor:
    """What the moment before a note is found by later: states (..., U) to (..., MOMENTS * KEY)."""
    return ops.matmul(state, weights["hear/key"])


def before(keys: Tensor) -> Tensor:
    """Keys of the moments of a sequence (B, T, K) to those of each one's last 25, (B, T, 25, K)."""
    padded = ops.pad(keys, [[0, 0], [WINDOW, 0], [0, 0]])
    index = np.arange(keys.shape[1])[:, None] + np.arange(WINDOW)
    return ops.take(padded, index, axis=1)


def echoes(weights: Weights, name: str, view: Tensor, past: Tensor, keys: Tensor) -> Tensor:
    """What followed the moments most like this one: (N, bins, MOMENTS * echoes).

    `view` (N, 256), `past` (N, 25, 4) and `keys` (N, 25, MOMENTS * KEY) of the moments before each
    of those notes. Where no moment is like this one the echoes are faint: they sum to less than 1.
    """
    query = ops.reshape(ops.matmul(view, weights[f"{name}/query"]), (-1, 1, MOMENTS, KEY))
    alike = ops.sum(ops.reshape(keys, (-1, WINDOW, MOMENTS, KEY)) * query, axis=-1)
    alike = alike / math.sqrt(KEY) + weights[f"{name}/lag"]  # (N, 25, MOMENTS)
    alike = ops.where(past[..., :1] < PITCHES, alike, -1e9)  # nothing was heard there
    most = ops.maximum(ops.max(alike, axis=1, keepdims=True), 0.0)
    share = ops.exp(alike - most)
    share = share / (ops.sum(share, axis=1, keepdims=True) + ops.exp(-most))
    laid = [ops.matmul(ops.swapaxes(part, -1, -2), share) for part in _followed(name, past)]
    return ops.concatenate(laid, axis=-1)


def _followed(name: str, past: Tensor) -> list[Tensor]:
    """The last 25 notes on a head's axis, (N, 25, bins), in each way that head sees an echo."""
    if name != "pitch":
        place = VIEWED.index(name)
        return [_laid(past[..., place], HEADS[name].bins)]
    pitch = past[..., 0]
    earlier = ops.concatenate([ops.full_like(pitch[:, :1], PITCHES), pitch[:, :-1]], axis=1)
    # by the same interval from the last note as that note was from the one before it
    moved = ops.where(earlier < PITCHES, pitch - earlier + pitch[:, -1:], -1)
    return [_laid(pitch, PITCHES), _laid(moved, PITCHES)]


def logits(
    weights: Weights,
    name: str,
    state: Tensor,
    given: Mapping[str, Tensor],
    laid: Tensor,
    past: Tensor,
    keys: Tensor,
) -> Tensor:
    """A head's logits (N, bins).

    From the state (N, U), the ids drawn before (N,), rolls (N, bins, rolls), the past (N, 25, 4)
    and the keys of its moments (N, 25, MOMENTS * KEY).
    """
    view = ops.matmul(state, weights[f"{name}/state"]) + weights[f"{name}/bias"]
    for factor in HEADS[name].given:
        view = view + ops.take(weights[f"{name}/{factor}"], given[factor], axis=0)
    view = ops.silu(view)
    modulation = (
        ops.matmul(view, weights[f"{name}/modulation"]) + weights[f"{name}/modulation_bias"]
    )
    weight, scale, shift = ops.split(modulation[:, None, :], 3, axis=-1)  # (N, 1, channels)
    seen = ops.conv(laid, weights[f"{name}/kernel"], padding="same")  # (N, bins, channels)
    echo = echoes(weights, name, view, past, keys)
    seen = seen + ops.conv(echo, weights[f"{name}/echo"], padding="same")
    seen = ops.relu(seen * (1.0 + scale) + shift)
    relative = ops.sum(seen * weight, axis=-1)
    absolute = ops.matmul(view, weights[f"{name}/absolute"]) + weights[f"{name}/absolute_bias"]
    return relative + absolute


def states(weights: Weights, note: Tensor, style: Tensor) -> Tensor:
    """The state before each note of B sequences: ids (B, T, 6), style (B, 2) to (B, T, U)."""
    batch, count = note.shape[:2]
    style = ops.broadcast_to(style[:, None], (batch, count, len(STYLES)))
    given = ops.transpose(gates(weights, note, style), (1, 0, 2))
    return ops.transpose(lstm(given, weights["hear/recurrent"]), (1, 0, 2))


def all_heads(
    weights: Weights,
    state: Tensor,
    keys: Tensor,
    past: Tensor,
    now: Tensor,
    then: Tensor,
    played: Tensor,
) -> dict[str, Tensor]:
    """Logits (N, bins) of every factor of N notes, each given those before it as played.

    `state` is (N, U), `keys` (N, 25, MOMENTS * KEY), `played` (N, 6); the others are as in
    `improv.music.hearing.Hearing`.
    """
    ids = {name: played[:, place] for place, name in enumerate(VOCABULARY)}
    # a first note has neither; nothing is learnt of its step, see improv.train.sequences
    ids["step"] = ops.minimum(ids["step"], TIMES - 1)
    ids["interval"] = ops.where(ids["interval"] < INTERVALS, ids["interval"], REACH)
    laid = rolls(past, now, then, ids["step"])
    return {name: logits(weights, name, state, ids, laid[name], past, keys) for name in HEADS}


def all_logits(weights: Weights, heard: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Logits (B, T, bins) of every factor of every note of B sequences, with teacher forcing.

    `heard` has note (B, T, 6), past (B, T, 25, 4), now (B, T, 25, 2), then (B, T, 25, 4), style
    (B, 2), kept (B, U), by which each unit of the state is multiplied on its way to the heads
    (dropout, the same along a sequence: Gal and Ghahramani 2016; 1 when not training), and played
    (B, T, 6), the ids of the notes to be foretold.
    """
    state = states(weights, heard["note"], heard["style"]) * heard["kept"][:, None]
    flat = [
        ops.reshape(x, (-1, *x.shape[2:]))
        for x in (
            state,
            before(key(weights, state)),
            *(heard[name] for name in ("past", "now", "then", "played")),
        )
    ]
    batch, count = heard["played"].shape[:2]
    return {
        name: ops.reshape(scores, (batch, count, -1))
        for name, scores in all_heads(weights, *flat).items()
    }
