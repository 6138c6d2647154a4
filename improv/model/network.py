"""The networks, from our own schema to Keras 3, on any Keras backend.

The relative network is described in `improv.model.relative`; here it is a Keras model to train.

The seed network is one LSTM over the window and three dense heads::

    window (25, 3) -> LSTM 128 -+-> pitch     128 logits
                                +-> step      seconds
                                +-> duration  seconds

Nothing here is read from an archive: a network is built from its spec and given arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from improv.model import relative
from improv.model.spec import NetworkSpec
from improv.music.event import PITCHES
from improv.music.vocabulary import FEATURES, WINDOW

Weights = Mapping[str, NDArray[np.float32]]


def build(spec: NetworkSpec, *, unroll: bool = False, seed: int = 0) -> Any:
    """The network as a Keras model with random weights.

    The seed network's outputs are pitch (batch, 128) logits, step (batch, 1), duration (batch, 1);
    `unroll` lays its 25 steps out side by side: the same numbers without a loop, for export. The
    relative network's are logits for every note of a sequence, (batch, notes, bins), see
    `relative.all_logits`; `seed` decides its random weights.
    """
    if spec.architecture == "relative":
        return Relative(spec, seed)
    return _seed_network(spec, unroll=unroll)


def _seed_network(spec: NetworkSpec, *, unroll: bool) -> Any:
    heard = keras.Input((WINDOW, FEATURES), name="window")
    state = keras.layers.LSTM(spec.units, unroll=unroll, name="lstm")(heard)  # (batch, units)
    return keras.Model(
        heard,
        {
            "pitch": keras.layers.Dense(PITCHES, name="pitch")(state),
            "step": keras.layers.Dense(1, name="step")(state),
            "duration": keras.layers.Dense(1, name="duration")(state),
        },
        name=spec.architecture,
    )


class _Part(keras.layers.Layer):  # type: ignore[misc]  # Keras has no type stubs
    """The weights whose names begin with this layer's."""

    def __init__(self, name: str, values: Weights) -> None:
        super().__init__(name=name)
        for key, value in values.items():
            self.add_weight(shape=value.shape, name=key, initializer="zeros").assign(value)
        self.built = True


class Relative(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    """The relative network over whole sequences, with teacher forcing."""

    def __init__(self, spec: NetworkSpec, seed: int) -> None:
        # times in bins stay float32: half the bits would be a quarter of a bin
        super().__init__(name=spec.architecture, autocast=False)
        self.spec = spec
        parts: dict[str, dict[str, NDArray[np.float32]]] = {}
        for name, value in relative.initial(spec, seed).items():
            part, key = name.split("/")
            parts.setdefault(part, {})[key] = value
        self.parts = [_Part(part, values) for part, values in parts.items()]
        self.built = True

    def call(self, heard: Mapping[str, Any]) -> dict[str, Any]:
        def cast(tensor: Any) -> Any:
            return keras.ops.cast(tensor, self.compute_dtype)

        weights = {name: cast(weight.value) for name, weight in _named(self).items()}
        heard = {**heard, **{name: cast(heard[name]) for name in ("style", "kept")}}
        return relative.all_logits(weights, self.spec, heard)


def weights_of(model: Any) -> dict[str, NDArray[np.float32]]:
    """The network's weights by name, as in `improv.model.spec.shapes`."""
    return {name: np.asarray(numbers(weight), np.float32) for name, weight in _named(model).items()}


def numbers(variable: Any) -> NDArray[Any]:
    """A copy of what a Keras variable holds now."""
    # copied into a tensor first: NumPy 2 warns of a tf.Variable
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.copy(variable)))


def give_weights(model: Any, weights: Weights) -> None:
    """Put weights, by name, into a network of their spec."""
    for name, weight in _named(model).items():
        weight.assign(weights[name])


def _named(model: Any) -> dict[str, Any]:
    return {
        f"{layer.name}/{weight.name}": weight for layer in model.layers for weight in layer.weights
    }
