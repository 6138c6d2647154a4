"""Throughput: the work of a step is counted right, and the pace says what share of the peak."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from improv.train import throughput
from improv.train.throughput import Pace

BATCH, TURNS = 4, 5


@ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no type stubs
def _again(state: Any, weight: Any) -> Any:
    """The same product again and again; its gradient goes round for the state alone."""
    last = ops.fori_loop(0, TURNS, lambda _, x: ops.matmul(x, weight), state)

    def gradient(*args: Any, upstream: Any = None) -> Any:
        arriving = args[0] if upstream is None else upstream
        back = ops.fori_loop(0, TURNS, lambda _, x: ops.matmul(x, ops.transpose(weight)), arriving)
        return back, ops.matmul(ops.transpose(state), arriving)

    return last, gradient


class Loop(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    def __init__(self) -> None:
        super().__init__()
        self.again = self.add_weight(shape=(8, 8), name="again")
        self.built = True

    def call(self, heard: Any) -> Any:
        return _again(heard, ops.convert_to_tensor(self.again))


def _work(model: keras.Model, heard: np.ndarray, wanted: np.ndarray) -> int:
    model.compile(loss="mean_squared_error")
    return throughput.multiply_adds(model, (heard, wanted), TURNS)


def test_products_count_forward_and_backward() -> None:
    """A first layer has two products a step, every further one three."""
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6), keras.layers.Dense(3)])
    found = _work(model, np.zeros((BATCH, 8), np.float32), np.zeros((BATCH, 3), np.float32))
    assert found == BATCH * (2 * 8 * 6 + 3 * 6 * 3)


def test_a_convolution_counts_its_kernel_at_each_place() -> None:
    """Here of 7 places, 3 wide, 2 channels to 5."""
    model = keras.Sequential([keras.Input((7, 2)), keras.layers.Conv1D(5, 3, padding="same")])
    found = _work(model, np.zeros((BATCH, 7, 2), np.float32), np.zeros((BATCH, 7, 5), np.float32))
    assert found == 2 * BATCH * 7 * 3 * 2 * 5


def test_what_is_in_a_loop_counts_once_a_turn() -> None:
    """And what nobody asks for, here the gradient of what was heard, counts nothing."""
    heard = wanted = np.zeros((BATCH, 8), np.float32)
    assert _work(Loop(), heard, wanted) == (TURNS + 1) * BATCH * 8 * 8


def test_the_peak_is_of_this_machine() -> None:
    """Some thousand million multiply-adds a second, on any machine that trains."""
    assert 1e8 < throughput.peak() < 1e16


def test_the_pace_leaves_out_the_first_step_and_what_lies_between() -> None:
    """The first step is compiled; validation is not learning."""
    pace = Pace(notes=10, multiply_adds=1000, peak=1e12)
    pace.step()
    assert (pace.lap(), pace.whole()) == ({}, None)
    pace.begin()
    pace.step()
    whole = pace.whole()
    assert whole is not None
    assert whole.multiply_adds_per_note == 100
    assert whole.share == pytest.approx(whole.notes_per_second * 100 / 1e12)
    assert set(pace.lap()) == {"notes_per_second", "share_of_peak"}
    assert pace.lap() == {}
