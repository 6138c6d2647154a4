"""From weights to a LiteRT model of built-in operations only.

keras.layers.LSTM as a loop exports operations that the runtime refuses (TensorList); unrolled
over its 25 steps it is plain products and sums, and the relative network is one step of it.
All shapes are fixed.
"""

from __future__ import annotations

import contextlib
import logging
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
from improv.music import encoding
from improv.music.opening import phrase
from improv.music.vocabulary import FEATURES, WINDOW
from improv.quiet import quiet

ALIKE = 0.05  # nats
AT_ONCE = 0.01  # seconds


def litert_model(spec: NetworkSpec, weights: Weights) -> bytes:
    """The network as a LiteRT model, tried in a fresh interpreter against the network itself.

    Its weights become 8-bit integers: a graph a quarter the size and half the time a note. Of the
    default model it took 0.006 nats (0.003 standard error) off pitch and less than 0.001 off the
    others, on 936 notes of ASAP's test split.
    """
    related = spec.architecture == "relative"
    functions = (_relative if related else _seed)(spec, weights)
    exact = _converted(functions)
    _compare(exact, functions, 1e-4)
    small = _converted(functions, quantise=True)
    if related:
        _compare_in_playing(small, exact, spec)
    else:
        _compare_windows(small, exact)
    return small


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
    with _silent(), tempfile.TemporaryDirectory() as folder:
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
        _must_be_alike(name, float(np.mean(found)), "nats", ALIKE)


def _compare_windows(graph: bytes, exact: bytes) -> None:
    """The same of a seed network, whose times are seconds."""
    networks = [litert.forward(each) for each in (exact, graph)]
    apart: dict[str, list[float]] = {"pitch": [], "step": [], "duration": []}
    for up in (-7, 0, 5):
        notes = [replace(note, pitch=note.pitch + up) for note in phrase()]
        for count in range(1, len(notes) + 1):
            wanted, given = (network(encoding.window(notes[:count])) for network in networks)
            apart["pitch"].append(
                _divergence(*(said[0].astype(np.float64) for said in (wanted, given)))
            )
            apart["step"].append(abs(wanted[1] - given[1]))
            apart["duration"].append(abs(wanted[2] - given[2]))
    _must_be_alike("pitch", float(np.mean(apart.pop("pitch"))), "nats", ALIKE)
    for name, found in apart.items():
        _must_be_alike(name, float(np.mean(found)), "s", AT_ONCE)


def _must_be_alike(name: str, apart: float, unit: str, most: float) -> None:
    if not apart <= most:
        raise ModelRefused(
            f"with 8-bit weights the network's {name} is {apart:.3f} {unit} from the trained "
            f"one's, and at most {most} would not be heard"
        )


def _divergence(wanted: NDArray[np.float64], given: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence in nats between two sets of logits (bins,)."""
    wanted, given = (x - x.max() - np.log(np.exp(x - x.max()).sum()) for x in (wanted, given))
    return float((np.exp(wanted) * (wanted - given)).sum())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the converter's chatter, and its warning that it is to move house."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    try:
        logger.setLevel(logging.ERROR)
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
