"""A recurrent network whose heads move with transposition and tempo, in keras.ops.

A recurrent state takes in the notes one by one, their embeddings going straight to its gates. A
note is drawn factor by factor, each conditioned on those before it::

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
)
from improv.model.recurrence import RECURRENCES
from improv.model.spec import NetworkSpec, shapes
from improv.music.event import PITCHES
from improv.music.hearing import VIEWED
from improv.music.vocabulary import INTERVALS, REACH, STYLES, TIMES, VELOCITIES, VOCABULARY, WINDOW

Tensor = Any
Weights = Mapping[str, Tensor]


def initial(spec: NetworkSpec, seed: int) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Random weights to start from."""
    rng = np.random.default_rng(seed)
    weights = {}
    units = spec.units
    for name, shape in shapes(spec).items():
        kind = name.split("/")[1]
        if kind == "recurrent":  # orthogonal, gate by gate (Saxe et al. 2014)
            gate = range(shape[1] // units)
            blocks = [np.linalg.qr(rng.normal(size=(units, units)))[0] for _ in gate]
            value = np.concatenate(blocks, axis=1)
        elif kind == "bias" and name.startswith("hear"):
            value = np.zeros(shape)
            stays = slice(units, 2 * units) if spec.recurrence == "lstm" else slice(units)
            value[stays] = 1.0  # at first what is heard is kept
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
    """What a note says to the gates: ids (..., 6) and style (..., 2) to (..., gates * units)."""
    total = weights["hear/bias"] + ops.matmul(style, weights["hear/style"])
    for place, name in enumerate(VOCABULARY):
        if f"hear/{name}" in weights:
            total = total + ops.take(weights[f"hear/{name}"], note[..., place], axis=0)
    return total


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
    alike = ops.where(past[..., :1] < PITCHES, alike, -3e4)  # nothing was heard there
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
        if f"{name}/{factor}" in weights:
            view = view + ops.take(weights[f"{name}/{factor}"], given[factor], axis=0)
    view = ops.silu(view)
    scores = 0.0
    if f"{name}/absolute" in weights:
        scores = ops.matmul(view, weights[f"{name}/absolute"]) + weights[f"{name}/absolute_bias"]
    if f"{name}/kernel" not in weights:
        return scores
    modulation = (
        ops.matmul(view, weights[f"{name}/modulation"]) + weights[f"{name}/modulation_bias"]
    )
    weight, scale, shift = ops.split(modulation[:, None, :], 3, axis=-1)  # (N, 1, channels)
    laid = ops.cast(laid, view.dtype)
    seen = ops.conv(laid, weights[f"{name}/kernel"], padding="same")  # (N, bins, channels)
    echo = echoes(weights, name, view, past, keys)
    echo = ops.cast(echo, view.dtype)
    seen = seen + ops.conv(echo, weights[f"{name}/echo"], padding="same")
    seen = ops.relu(seen * (1.0 + scale) + shift)
    return scores + ops.sum(seen * weight, axis=-1)


def states(weights: Weights, spec: NetworkSpec, note: Tensor, style: Tensor) -> Tensor:
    """The state before each note of B sequences: ids (B, T, 6), style (B, 2) to (B, T, U)."""
    batch, count = note.shape[:2]
    style = ops.broadcast_to(style[:, None], (batch, count, len(STYLES)))
    given = ops.transpose(gates(weights, note, style), (1, 0, 2))
    run = RECURRENCES[spec.recurrence].run
    return ops.transpose(run(given, weights["hear/recurrent"]), (1, 0, 2))


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


def all_logits(
    weights: Weights, spec: NetworkSpec, heard: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Logits (B, T, bins) of every factor of every note of B sequences, with teacher forcing.

    `heard` has note (B, T, 6), past (B, T, 25, 4), now (B, T, 25, 2), then (B, T, 25, 4), style
    (B, 2), kept (B, U), by which each unit of the state is multiplied on its way to the heads
    (dropout, the same along a sequence: Gal and Ghahramani 2016; 1 when not training), and played
    (B, T, 6), the ids of the notes to be foretold.
    """
    state = states(weights, spec, heard["note"], heard["style"]) * heard["kept"][:, None]
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
