"""A network that learns from one lesson at a time, on this machine's one device.

What several devices or machines do together is in `improv.train.distribute`, and looks the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from improv.model import network
from improv.train.config import TrainConfig
from improv.train.lessons import Lesson
from improv.train.losses import goal

Floats = NDArray[np.float64]


class Learner(Protocol):
    """A Keras model in training. Of several workers each has one, with the same weights."""

    model: Any
    workers: int  # processes that learn together
    devices: int  # of all of them
    number: int  # of this one among them; 0 is the chief, which keeps the log and the checkpoint

    def learn(self, lesson: Lesson, rate: float) -> dict[str, float]:
        """Take one step; the losses of the whole lesson, by name."""
        ...

    def judge(self, lesson: Lesson) -> dict[str, float]:
        """The losses of a lesson, learning nothing."""
        ...

    def summed(self, values: Floats) -> Floats:
        """Added up over all workers, each of which has to ask."""
        ...


class Alone:
    """One process and one device: Keras's own step."""

    workers = 1
    devices = 1
    number = 0

    def __init__(self, model: Any) -> None:
        self.model = model

    def learn(self, lesson: Lesson, rate: float) -> dict[str, float]:
        self.model.optimizer.learning_rate = rate
        return _floats(self.model.train_on_batch(*lesson, return_dict=True))

    def judge(self, lesson: Lesson) -> dict[str, float]:
        return _floats(self.model.test_on_batch(*lesson, return_dict=True))

    def summed(self, values: Floats) -> Floats:
        return values


def _floats(losses: dict[str, Any]) -> dict[str, float]:
    return {name: float(loss) for name, loss in losses.items()}


def compiled(config: TrainConfig) -> Any:
    """The configured network with its optimizer and losses, the same each time."""
    keras.utils.set_random_seed(config.seed)
    with _precision(config.precision):
        model = network.build(config.spec, seed=config.seed)
    kinds, importance = goal(config)
    if config.architecture == "relative":
        optimizer = keras.optimizers.Adam(
            config.learning_rate,
            beta_2=0.99,
            weight_decay=config.sequences.weight_decay,
            global_clipnorm=1.0,
        )
        # 9,200 notes/s on two cores; the loop of an LSTM is a tenth as fast without XLA
        jit = True
    else:
        optimizer = keras.optimizers.Adam(config.learning_rate, clipnorm=1.0)
        # XLA gains nothing for an LSTM this small on a CPU (11.4 k windows/s against 12.0 k)
        jit = keras.backend.backend() == "jax"
    model.compile(optimizer=optimizer, loss=kinds, loss_weights=importance, jit_compile=jit)
    model.optimizer.build(model.trainable_variables)
    return model


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """What is built here computes in this precision; its weights stay float32.

    For float16 Keras scales the loss, so that small gradients do not vanish.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name if name == "float32" else f"mixed_{name}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class Means:
    """Running means of the losses of batches, weighted by their size."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._sums = np.zeros(len(names) + 1)

    def add(self, losses: dict[str, float], windows: int) -> None:
        self._sums += windows * np.array([losses[name] for name in self._names] + [1.0])

    def take(self, summed: Callable[[Floats], Floats] = lambda sums: sums) -> dict[str, float]:
        """The means since the last call; `summed` adds up what several workers have."""
        *sums, count = summed(self._sums).tolist()
        self._sums = np.zeros(len(self._names) + 1)
        return {
            name: round(total / count, 6) for name, total in zip(self._names, sums, strict=True)
        }


def names(config: TrainConfig) -> list[str]:
    """Of the losses a learner gives."""
    return ["loss", *(f"{factor}_loss" for factor in goal(config)[0])]
