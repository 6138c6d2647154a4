"""The network compiled by TensorFlow: for a GPU, or where LiteRT is not installed.

One function of a fixed signature, traced once before the first note. Never `model.predict`,
which takes 76 ms a note against 1-2 ms here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from improv.errors import DeviceError
from improv.model import network, relative_calls, signatures
from improv.model.choosing import FUTURES
from improv.model.chorus import Chorus
from improv.model.listening import Call, DistributionImproviser, Ear
from improv.model.seed import Prediction, SeedImproviser
from improv.model.store import ModelFolder, read_lessons, read_weights
from improv.music.encoding import Features
from improv.music.vocabulary import FEATURES, WINDOW
from improv.play.interfaces import Branching
from improv.play.lessons import Lessons


class CompiledNetwork:
    """A network on one device; `traces` counts how often TensorFlow had to trace it."""

    def __init__(self, model: Any, device: str, *, jit_compile: bool = False) -> None:
        self.traces = 0
        self._device = device

        def predict(window: Any) -> Any:
            self.traces += 1  # runs while tracing only
            given = model(window, training=False)
            return given["pitch"][0], given["step"][0, 0], given["duration"][0, 0]

        signature = [tf.TensorSpec((1, WINDOW, FEATURES), tf.float32)]
        self._predict = tf.function(predict, input_signature=signature, jit_compile=jit_compile)
        self(np.zeros((WINDOW, FEATURES), np.float32))

    def __call__(self, features: Features) -> Prediction:
        with tf.device(self._device):
            pitch, step, duration = self._predict(tf.constant(features[None]))
        return pitch.numpy(), float(step), float(duration)


def compiled(folder: ModelFolder, device: str, *, jit_compile: bool = False) -> CompiledNetwork:
    """The network of a verified folder on `device`: "cpu" or "gpu". Raises DeviceError."""
    place = _place(device)
    with tf.device(place):
        model = network.build(folder.spec)
        network.give_weights(model, read_weights(folder))
    return CompiledNetwork(model, place, jit_compile=jit_compile)


def improviser(folder: ModelFolder, device: str) -> Branching:
    """The model of a verified folder on "cpu" or "gpu". Raises DeviceError."""
    backend, lessons = f"tensorflow {device}", Lessons.kept(read_lessons(folder))
    if folder.spec.architecture == "relative":
        ear = Ear(calls(folder, device), folder.spec)
        return DistributionImproviser(folder.name, backend, ear, _chorus(folder, device), lessons)
    return SeedImproviser(folder.name, backend, compiled(folder, device), lessons)


def _chorus(folder: ModelFolder, device: str) -> Chorus | None:
    """What draws futures side by side; not on a CPU, where XLA takes a dozen seconds to begin."""
    if device == "cpu":
        return None
    return Chorus(calls(folder, device, FUTURES), folder.spec, FUTURES)


def calls(folder: ModelFolder, device: str, batch: int = 1) -> dict[str, Call]:
    """The functions of a relative network for a batch, each traced before it returns.

    A batch is compiled by XLA, which takes seconds. Raises DeviceError.
    """
    place = _place(device)
    with tf.device(place):
        weights = {name: tf.constant(weight) for name, weight in read_weights(folder).items()}
    found: dict[str, Call] = {}
    for name, function in relative_calls.functions(weights, folder.spec).items():
        inputs = signatures.inputs(name, folder.spec, batch)
        given = {key: tf.TensorSpec(shape, kind) for key, (shape, kind) in inputs.items()}
        traced = tf.function(function, jit_compile=batch > 1).get_concrete_function(**given)
        found[name] = _on(place, traced)
        found[name](**{key: np.zeros(shape, kind) for key, (shape, kind) in inputs.items()})
    return found


def _on(place: str, function: Any) -> Call:
    def call(**given: NDArray[np.generic]) -> dict[str, NDArray[np.float32]]:
        with tf.device(place):
            answer = function(**{key: tf.constant(value) for key, value in given.items()})
        return {key: value.numpy() for key, value in answer.items()}

    return call


def _place(device: str) -> str:
    """The TensorFlow name of "cpu" or "gpu". Raises DeviceError."""
    grow_memory()
    if device == "gpu" and not tf.config.list_logical_devices("GPU"):
        raise DeviceError(
            "TensorFlow finds no GPU; install the CUDA libraries with "
            "`uv pip install 'improv-midi[gpu]'`, or play with --device cpu"
        )
    return "/GPU:0" if device == "gpu" else "/CPU:0"


def grow_memory() -> None:
    """Take GPU memory as it is needed; TensorFlow would take all of it at its first use."""
    for gpu in tf.config.list_physical_devices("GPU"):
        if not tf.config.experimental.get_memory_growth(gpu):
            tf.config.experimental.set_memory_growth(gpu, True)  # noqa: FBT003  # its only form
