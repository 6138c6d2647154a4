"""One live note: improv's route beside the other ways to ask the same network on this machine.

Each contender is a whole improviser, sampling and constraints included, and differs from the
others in how the network is run alone. `seed` is asked by `model.predict`, `model(x)`,
`tf.function` and XLA; `default`, one note with all its factors (hear, velocity, step, pitch,
duration), eagerly, by `tf.function` and by XLA. The LiteRT route is the one that plays.

    python tests/bench/inference.py [--json] [--models seed default]
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from rounds import Work, beside, parser, show, table

from improv.model import litert, network, relative_calls, signatures, store, tensorflow_backend
from improv.model.listening import DistributionImproviser, Ear
from improv.model.seed import Forward, SeedImproviser
from improv.model.store import ModelFolder
from improv.music.encoding import Features
from improv.music.opening import phrase
from improv.play.interfaces import Improviser
from improv.play.params import Params

SLOW = frozenset({"model.predict", "model(x)", "eager"})  # fewer notes of these are enough


def _asked(forward: Callable[[Any], Any]) -> Forward:
    """A Keras model's outputs as a live note wants them."""

    def predict(features: Features) -> tuple[Any, float, float]:
        given = forward(features[None])
        pitch, step, duration = (np.asarray(given[name]) for name in ("pitch", "step", "duration"))
        return pitch[0], float(step[0, 0]), float(duration[0, 0])

    return predict


def seed_routes(folder: ModelFolder) -> dict[str, Improviser]:
    """The seed network: a window of 25 notes at each note."""
    model = network.build(folder.spec)
    network.give_weights(model, store.read_weights(folder))
    forwards = {
        "tf.function": tensorflow_backend.compiled(folder, "cpu"),
        "XLA": tensorflow_backend.compiled(folder, "cpu", jit_compile=True),
        "model(x)": _asked(lambda x: model(tf.constant(x), training=False)),
        "model.predict": _asked(lambda x: model.predict(x, verbose=0)),
    }
    routes = {name: SeedImproviser("seed", name, forward) for name, forward in forwards.items()}
    return {"improv (LiteRT)": litert.improviser(folder), **routes}


def relative_routes(folder: ModelFolder) -> dict[str, Improviser]:
    """The relative network: five calls at each note, and a state that is carried."""
    spec = folder.spec
    weights = {name: tf.constant(value) for name, value in store.read_weights(folder).items()}
    eager = relative_calls.functions(weights, spec)

    def improviser(compiled: Callable[[Any, Mapping[str, Any]], Any]) -> Improviser:
        calls = {}
        for name, function in eager.items():
            inputs = signatures.inputs(name, spec)
            calls[name] = _numbers(
                compiled(function, {k: tf.TensorSpec(s, kind) for k, (s, kind) in inputs.items()})
            )
        return DistributionImproviser(folder.name, "bench", Ear(calls, spec))

    return {
        "improv (LiteRT)": litert.improviser(folder),
        "tf.function": improviser(lambda f, given: tf.function(f).get_concrete_function(**given)),
        "XLA": improviser(
            lambda f, given: tf.function(f, jit_compile=True).get_concrete_function(**given)
        ),
        "eager": improviser(lambda f, _: f),
    }


def _numbers(function: Any) -> Any:
    def call(**given: Any) -> dict[str, Any]:
        answer = function(**{name: tf.constant(value) for name, value in given.items()})
        return {name: value.numpy() for name, value in answer.items()}

    return call


def notes(improviser: Improviser, count: int) -> Work:
    """Draw notes one by one after the opening, which is taken in before the clock starts."""

    def run() -> tuple[int, float, float]:
        params = Params()
        improviser.prime(phrase())
        improviser.draw(params, (0, 0))
        cpu, wall = time.process_time(), time.perf_counter()
        for index in range(count):
            improviser.draw(params, (0, 1 + index))
        return count, time.perf_counter() - wall, time.process_time() - cpu

    return run


def main() -> None:
    options = parser(__doc__, rounds=15)
    options.add_argument("--notes", type=int, default=24, metavar="N", help="of a round")
    options.add_argument("--models", nargs="+", default=["seed", "default"], metavar="NAME")
    how = options.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    tf.config.set_visible_devices([], "GPU")
    report, tables = {}, []
    for name in how.models:
        folder = store.find(name)
        found = relative_routes if folder.spec.architecture == "relative" else seed_routes
        contenders = {}
        for route, improviser in found(folder).items():
            count = max(1, how.notes // 8) if route in SLOW else how.notes
            contenders[route] = notes(improviser, count)
            contenders[route]()  # traced, compiled and warm
        rows = beside(contenders, how.rounds)
        report[name] = [asdict(row) for row in rows]
        tables.append(table(f"one live note of {name}", rows))
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    show({"benchmark": "inference", "models": report, **versions}, tables, how)


if __name__ == "__main__":
    main()
