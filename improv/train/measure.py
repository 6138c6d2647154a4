"""How well a network knows music it has not heard: four figures over every window.

Two more columns stand beside a seed model's own: what the student's report that improv began
from claims, on a validation split of its own, and what needs no network at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from improv.model import network
from improv.model.network import Weights
from improv.model.spec import NetworkSpec
from improv.music.encoding import Features, seconds
from improv.music.event import PITCHES
from improv.train.examples import Examples, Pieces, examples

BATCH = 4096  # windows
Predict = Callable[[Features], dict[str, NDArray[np.float32]]]
"""Windows (B, 25, 3) to pitch (B, 128) logits, step (B, 1) and duration (B, 1) in seconds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over `windows`; times in seconds squared.

    `step_mse` and `duration_mse` are against the true times as they were played, pauses of
    minutes included; the `held` ones against times held within the encoding's longest.
    """

    windows: int
    pitch_nats: float  # cross-entropy of the note that followed
    pitch_accuracy: float  # how often the likeliest pitch was the one
    step_mse: float
    duration_mse: float
    held_step_mse: float
    held_duration_mse: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """Figures somebody else gives, measured on other music."""

    pitch_nats: float
    pitch_accuracy: float
    step_mse: float
    duration_mse: float


CLAIMED = Claimed(pitch_nats=3.53, pitch_accuracy=0.10, step_mse=0.0092, duration_mse=0.018)


def measure(predict: Predict, pieces: Pieces) -> Measured:
    """Every window of these pieces, each head against the note that followed."""
    lessons = examples(pieces)
    step, duration = _played(pieces, lessons)
    total = np.zeros(6)
    for begin in range(0, len(lessons), BATCH):
        which = np.arange(begin, min(begin + BATCH, len(lessons)))
        windows, wanted = lessons.batch(which)
        given = predict(windows)
        # a negative time is played as none
        said = [np.maximum(np.asarray(given[n], np.float64), 0.0) for n in ("step", "duration")]
        true = [step[which], duration[which], wanted["step"], wanted["duration"]]
        errors = [
            np.square(s.ravel() - np.asarray(t, np.float64).ravel()).sum()
            for s, t in zip(said * 2, true, strict=True)
        ]
        nats, right = _pitch(np.asarray(given["pitch"], np.float64), wanted["pitch"].ravel())
        total += [nats, right, *errors]
    return Measured(len(lessons), *(round(float(x), 6) for x in total / max(1, len(lessons))))


def _pitch(logits: NDArray[np.float64], pitch: NDArray[Any]) -> tuple[float, int]:
    top = logits.max(axis=1, keepdims=True)
    log_total = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
    nats = log_total - logits[np.arange(len(pitch)), pitch]
    return float(nats.sum()), int((logits.argmax(axis=1) == pitch).sum())


def _played(pieces: Pieces, lessons: Examples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    start = np.asarray(pieces.start, np.float64)
    until = lessons.until
    return start[until] - start[until - 1], np.asarray(pieces.duration, np.float64)[until]


def predictor(spec: NetworkSpec, weights: Weights) -> Predict:
    """A network for `measure`."""
    model = network.build(spec)
    network.give_weights(model, weights)

    def predict(windows: Features) -> dict[str, NDArray[np.float32]]:
        given = model.predict_on_batch(windows)  # offline, thousands of windows a call
        return {name: np.asarray(keras.ops.convert_to_numpy(x)) for name, x in given.items()}

    return predict


def constant(train: Pieces) -> Predict:
    """What needs no network: how often each pitch was played, the mean step and duration."""
    lessons = examples(train)
    counts = np.bincount(lessons.pitch[lessons.until], minlength=PITCHES) + 1.0
    logits = np.log(counts / counts.sum()).astype(np.float32)
    step, duration = (float(seconds(times).mean()) for times in _played(train, lessons))

    def predict(windows: Features) -> dict[str, NDArray[np.float32]]:
        rows = (len(windows), 1)
        return {
            "pitch": np.tile(logits, rows),
            "step": np.full(rows, step, np.float32),
            "duration": np.full(rows, duration, np.float32),
        }

    return predict
