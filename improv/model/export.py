"""From weights to a LiteRT model of built-in operations only.

keras.layers.LSTM as a loop exports operations that the runtime refuses (TensorList); unrolled
over its 25 steps it is plain products and sums, and the relative network is one step of it.
All shapes are fixed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from improv.errors import ModelRefused
from improv.model import litert, network, relative_calls, signatures
from improv.model.heads import HEADS
from improv.model.listening import Ear
from improv.model.network import Weights
from improv.model.spec import NetworkSpec
from improv.music.opening import phrase
from improv.music.vocabulary import FEATURES, WINDOW

ALIKE = 0.05  # nats


def litert_model(spec: NetworkSpec, weights: Weights) -> bytes:
    """The network as a LiteRT model, tried in a fresh interpreter against the network itself.

    The relative network's weights become 8-bit integers: a graph a quarter the size and half the
    time a note. Of the default model it took 0.006 nats (0.003 standard error) off pitch and less
    than 0.001 off the others, on 936 notes of ASAP's test split.
    """
    if spec.architecture == "relative":
        exact = _converted(_relative(spec, weights))
        _compare(exact, _relative(spec, weights), 1e-4)
        small = _converted(_relative(spec, weights), quantise=True)
        _compare_in_playing(small, exact, spec)
        return small
    graph = _converted(_seed(spec, weights))
    _compare(graph, _seed(spec, weights), 1e-4)
    return graph


Named = dict[str, tuple[Callable[..., Any], dict[str, tf.TensorSpec]]]


def _seed(spec: NetworkSpec, weights: Weights) -> Named:
    model = network.build(spec, unroll=True)
    network.give_weights(model, weights)
    # as constants: the converter turns variables into ones that nobody would fill
    learnt, other = (
        [tf.constant(variable.numpy()) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )

    def predict(window: tf.Tensor) -> dict[str, tf.Tensor]:
        given, _ = model.stateless_call(learnt, other, window, training=False)
        return dict(given)

    window = tf.TensorSpec((1, WINDOW, FEATURES), tf.float32, name="window")
    return {"serving_default": (predict, {"window": window})}


def _relative(spec: NetworkSpec, weights: Weights) -> Named:
    held = {name: tf.constant(weight) for name, weight in weights.items()}
    return {
        name: (
            function,
            {
                key: tf.TensorSpec(shape, kind, name=key)
                for key, (shape, kind) in signatures.inputs(name, spec).items()
            },
        )
        for name, function in relative_calls.functions(held, spec).items()
    }


def _converted(functions: Named, *, quantise: bool = False) -> bytes:
    exported = {
        name: tf.function(function).get_concrete_function(**inputs)
        for name, (function, inputs) in functions.items()
    }
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures=exported)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(exported))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if quantise:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def _compare(graph: bytes, functions: Named, most: float) -> None:
    """Raise ModelRefused where an output differs by more than `most` of the outputs' spread."""
    interpreter = litert.interpreter(graph)
    rng = np.random.default_rng(0)
    for name, (function, inputs) in functions.items():
        run = interpreter.get_signature_runner(name)
        for _ in range(4):
            given = {
                key: rng.random(spec.shape).astype(np.float32)
                if spec.dtype == tf.float32
                else rng.integers(0, 32, spec.shape).astype(np.int32)
                for key, spec in inputs.items()
            }
            found = run(**given)
            for key, wanted in function(**{k: tf.constant(v) for k, v in given.items()}).items():
                exact = wanted.numpy()
                apart = float(np.abs(found[key] - exact).max()) / max(1.0, float(exact.std()))
                if not apart <= most:
                    raise ModelRefused(
                        f"the exported network's {name} differs from the trained one's by {apart:g}"
                    )


def _compare_in_playing(graph: bytes, exact: bytes, spec: NetworkSpec) -> None:
    """Raise ModelRefused where a factor of a phrase is foretold otherwise by more than `ALIKE`."""
    ears = [Ear(litert.calls(each, spec), spec) for each in (exact, graph)]
    apart: dict[str, list[float]] = {name: [] for name in HEADS}
    for up in (-7, 0, 5):
        for ear in ears:
            ear.begin()
        for note in phrase():
            before = ears[0].notes[-1].start if ears[0].notes else 0.0
            step, pitch = note.start - before, note.pitch + up
            for name, factors in apart.items():
                drawn = (note.velocity, step, pitch)[: list(HEADS).index(name)]
                logits = [np.asarray(getattr(ear, name)(*drawn), np.float64) for ear in ears]
                factors.append(_divergence(*logits))
            for ear in ears:
                ear.hear(replace(note, pitch=pitch))
    for name, found in apart.items():
        if not np.mean(found) <= ALIKE:
            raise ModelRefused(
                f"with 8-bit weights the network's {name} is {np.mean(found):.3f} nats from the "
                f"trained one's, and at most {ALIKE} would not be heard"
            )


def _divergence(wanted: NDArray[np.float64], given: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence in nats between two sets of logits (bins,)."""
    wanted, given = (x - x.max() - np.log(np.exp(x - x.max()).sum()) for x in (wanted, given))
    return float((np.exp(wanted) * (wanted - given)).sum())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the converter's chatter on stderr, and its warning that it is to move house."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        logger.setLevel(logging.ERROR)
        os.dup2(nowhere, 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
        logger.setLevel(level)
