"""From weights to a LiteRT model of built-in operations only.

keras.layers.LSTM as a loop exports operations that the runtime refuses (TensorList); unrolled
over its 25 steps it is plain products and sums. The window is a fixed (1, 25, 3).
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from improv.errors import ModelRefused
from improv.model import litert, network
from improv.model.network import Weights
from improv.model.spec import NetworkSpec
from improv.music.encoding import FEATURES, WINDOW


def litert_model(spec: NetworkSpec, weights: Weights) -> bytes:
    """The network as a LiteRT model, tried in a fresh interpreter against the network itself."""
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

    signature = tf.TensorSpec((1, WINDOW, FEATURES), tf.float32, name="window")
    function = tf.function(predict, input_signature=[signature])
    with _quiet(), tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures={"serving_default": function})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        graph = bytes(converter.convert())
    _compare(graph, model)
    return graph


def _compare(graph: bytes, model: object) -> None:
    run = litert.forward(graph)
    windows = np.random.default_rng(0).random((8, WINDOW, FEATURES), np.float32)
    for window in windows:
        pitch, step, duration = run(window)
        wanted = model(window[None])  # type: ignore[operator]  # a Keras model
        apart = max(
            float(np.abs(pitch - wanted["pitch"].numpy()[0]).max()),
            abs(step - float(wanted["step"][0, 0])),
            abs(duration - float(wanted["duration"][0, 0])),
        )
        if not apart <= 1e-4:
            raise ModelRefused(f"the exported network differs from the trained one by {apart:g}")


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
