"""What the figures of a network are held against, and the network as `evaluate` asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from improv.model import network
from improv.model.network import Weights
from improv.model.spec import NetworkSpec
from improv.music.encoding import Features

Predict = Callable[[Features], dict[str, NDArray[np.float32]]]
"""Windows (B, 25, 3) to pitch (B, 128) logits, step (B, 1) and duration (B, 1) in seconds."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Figures somebody else gives, measured on other music."""

    pitch_nats: float  # cross-entropy of the note that followed
    pitch_accuracy: float  # how often the likeliest pitch was the one
    step_mse: float  # seconds squared
    duration_mse: float


# of the student's report that improv began from, on a validation split of its own
CLAIMED = Claimed(pitch_nats=3.53, pitch_accuracy=0.10, step_mse=0.0092, duration_mse=0.018)


def predictor(spec: NetworkSpec, weights: Weights) -> Predict:
    """The network's own forward pass, compiled, for thousands of windows a call."""
    model = network.build(spec)
    network.give_weights(model, weights)

    def predict(windows: Features) -> dict[str, NDArray[np.float32]]:
        given = model.predict_on_batch(windows)
        return {name: np.asarray(keras.ops.convert_to_numpy(x)) for name, x in given.items()}

    return predict
