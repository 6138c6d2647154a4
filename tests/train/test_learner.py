"""One step of learning: in each precision, and by several replicas as by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from improv.errors import UsageError
from improv.model import network
from improv.train import sequences
from improv.train.config import SequenceConfig, TrainConfig
from improv.train.learner import Alone, compiled
from improv.train.lessons import Lesson, SequenceLessons

HERE = Path(__file__)
pytestmark = pytest.mark.xdist_group("learner")  # `wanted` is compiled once, for half a minute
TINY = TrainConfig(
    architecture="relative",
    units=16,
    batch=4,
    learning_rate=0.001,
    sequences=SequenceConfig(length=32),
)


def lessons(count: int) -> list[Lesson]:
    """The same on every machine."""
    rng = np.random.default_rng(5)
    notes = 600
    music = sequences.Sequences(
        pitch=rng.integers(48, 72, notes).astype(np.uint8),
        velocity=rng.integers(40, 90, notes).astype(np.uint8),
        start=np.cumsum(rng.uniform(0.0, 0.4, notes)),
        duration=rng.uniform(0.1, 0.6, notes).astype(np.float32),
        offsets=np.array([0, 250, 600]),
        counts=np.ones(notes, np.bool_),
        style=np.zeros(2, np.int64),
        share=np.ones(2),
        length=32,
        units=16,
        seed=0,
    )
    made = SequenceLessons(music, TINY.batch, TINY.augmentation)
    return [made.lesson(0, place) for place in range(count)]


def losses(learner: Alone, count: int = 4) -> list[float]:
    """Of the first steps."""
    return [learner.learn(lesson, 0.001)["loss"] for lesson in lessons(count)]


@pytest.fixture(scope="module")
def wanted() -> list[float]:
    """What one process on TensorFlow makes of the first lessons, in float32."""
    return losses(Alone(compiled(TINY)))


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_it_learns_in_half_the_bits(precision: str, wanted: list[float]) -> None:
    """The losses are those of float32 within its steps, the weights stay float32."""
    learner = Alone(compiled(replace(TINY, precision=precision)))
    assert keras.config.dtype_policy().name == "float32"  # for whoever builds a network next
    before = network.weights_of(learner.model)
    found = losses(learner, 2)
    assert found[0] == pytest.approx(wanted[0], rel=2e-3)
    after = network.weights_of(learner.model)
    assert all(np.isfinite(array).all() for array in after.values())
    changed = any((after[name] != before[name]).any() for name in after)
    assert changed or precision == "float16"  # which first finds its scale
    assert {v.dtype for v in learner.model.trainable_variables} == {"float32"}


def test_an_unknown_precision_is_said() -> None:
    """With those there are."""
    with pytest.raises(UsageError, match="float32 or bfloat16 or float16, not 'int8'"):
        TrainConfig(precision="int8")


def _elsewhere(words: str, **environment: str) -> list[float]:
    """The losses another Python finds that runs this file as a program."""
    done = subprocess.run(
        [sys.executable, str(HERE), words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_two_replicas_learn_as_one_does(wanted: list[float]) -> None:
    """MirroredStrategy, as with two GPUs; here they are halves of the CPU."""
    assert _elsewhere("mirrored") == pytest.approx(wanted, rel=2e-3)


def test_jax_learns_as_tensorflow_does(wanted: list[float]) -> None:
    """The same lines on Keras's other backend, without those that need TensorFlow."""
    pytest.importorskip("jax", reason="JAX is not installed; CI trains on TensorFlow alone")
    assert _elsewhere("jax", KERAS_BACKEND="jax") == pytest.approx(wanted, rel=1e-3)


def _mirrored() -> list[float]:
    import tensorflow as tf

    from improv.train.distribute import Together

    cpu = tf.config.list_physical_devices("CPU")[0]
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    together = Together(compiled(TINY), TINY, strategy)
    assert (together.devices, together.workers, together.number) == (2, 1, 0)
    np.testing.assert_array_equal(together.summed(np.array([1.0, 2.5])), [1.0, 2.5])
    return losses(together)  # type: ignore[arg-type]  # the other kind of learner


def _on_jax() -> list[float]:
    from improv.train import run

    assert run.BACKENDS == ("tensorflow", "jax")
    found = losses(Alone(compiled(TINY)))
    # Keras itself imports TensorFlow where it is installed
    needing = ("model.export", "model.tensorflow_backend", "train.distribute")
    assert not [name for name in needing if f"improv.{name}" in sys.modules]
    return found


if __name__ == "__main__":
    print(json.dumps(_mirrored() if sys.argv[1] == "mirrored" else _on_jax()))
