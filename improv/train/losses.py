"""What a network is taught to get right.

The relative network: the likelihood of every factor of every note, in nats.

The seed network, pitch: sparse categorical cross-entropy from logits. Step and duration: squared
error with a pressure against negative values, which mean nothing in time (the losses of
TensorFlow's tutorial "Generate music with an RNN", which the student's report builds on).
"""

from __future__ import annotations

from typing import Any

import keras

from improv.model.heads import HEADS
from improv.train.config import TrainConfig

PRESSURE = 10.0


def squared_error_with_pressure(wanted: Any, given: Any) -> Any:
    """Mean over the last axis of (wanted - given)^2 + 10 max(-given, 0), in seconds: (batch,)."""
    error = keras.ops.square(wanted - given) + PRESSURE * keras.ops.maximum(-given, 0.0)
    return keras.ops.mean(error, axis=-1)


def goal(config: TrainConfig) -> tuple[dict[str, Any], dict[str, float]]:
    """The loss of each factor the configured network foretells, and how much it counts."""
    if config.architecture == "relative":
        return likelihoods(), dict.fromkeys(HEADS, 1.0)
    return losses(), {
        "pitch": config.pitch_weight,
        "step": config.step_weight,
        "duration": config.duration_weight,
    }


def likelihoods() -> dict[str, Any]:
    """The relative network's losses, in nats; the weights of a batch's notes sum to 1."""
    return {
        factor: keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
        for factor in HEADS
    }


def losses() -> dict[str, Any]:
    """The loss of each head of the seed network."""
    return {
        "pitch": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "step": squared_error_with_pressure,
        "duration": squared_error_with_pressure,
    }
