"""How fast a run learns, as a share of what this machine's matrix products reach.

The work of a step is the multiply-adds of its matrix products and convolutions, forward and
backward, counted from their shapes in the graph of one step; what is done in a loop over a
sequence counts once a turn. Everything else (gates, histograms, the optimizer) is work that the
share leaves out, so a share of 1 is out of reach. The peak is measured, in the same process and
in float32, by the largest product that takes a few hundredths of a second.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

LONG_ENOUGH = 0.02  # seconds a product must take to be timed
TRIES = 4


@dataclass(frozen=True, slots=True)
class Throughput:
    """What came of a run. `share` is of the peak, 0 where the work was not counted."""

    notes_per_second: float
    share: float
    multiply_adds_per_note: float
    peak_gflops: float  # two floating point operations a multiply-add


class Pace:
    """The time steps take, without what is done between them and without the first, compiled."""

    def __init__(self, notes: int, multiply_adds: int = 0, peak: float = 0.0) -> None:
        """`notes` and `multiply_adds` of a step; `peak` in multiply-adds a second."""
        self._notes = notes
        self._multiply_adds = multiply_adds
        self._peak = peak
        self._since: float | None = None
        self._lap = [0, 0.0]  # steps, seconds
        self._whole = [0, 0.0]

    def begin(self) -> None:
        """Steps go on from here; what was done since the last one is not theirs."""
        if self._since is not None:
            self._since = time.perf_counter()

    def step(self) -> None:
        """One more is done."""
        now = time.perf_counter()
        if self._since is not None:
            for count in (self._lap, self._whole):
                count[0] += 1
                count[1] += now - self._since
        self._since = now

    def lap(self) -> dict[str, float]:
        """Since the last call, for the log; nothing where no step was timed."""
        found = self._figures(*self._lap)
        self._lap = [0, 0.0]
        if found is None:
            return {}
        words = {"notes_per_second": round(found.notes_per_second, 1)}
        return words | ({"share_of_peak": round(found.share, 4)} if found.share else {})

    def whole(self) -> Throughput | None:
        """Of all steps so far; None where none was timed."""
        return self._figures(*self._whole)

    def _figures(self, steps: float, seconds: float) -> Throughput | None:
        if not seconds:
            return None
        rate = steps / seconds
        return Throughput(
            notes_per_second=rate * self._notes,
            share=rate * self._multiply_adds / self._peak if self._peak else 0.0,
            multiply_adds_per_note=self._multiply_adds / self._notes,
            peak_gflops=2e-9 * self._peak,
        )


def peak() -> float:
    """Multiply-adds a second of a large float32 matrix product here, the best of a few."""
    for size in (1024, 2048, 4096, 8192):
        factor = ops.ones((size, size), "float32")
        best = min(_seconds(factor) for _ in range(TRIES))
        if best >= LONG_ENOUGH:
            break
    return float(size**3 / best)


def _seconds(factor: Any) -> float:
    began = time.perf_counter()
    float(ops.convert_to_numpy(ops.matmul(factor, factor)[0, 0]))  # waits for the product
    return time.perf_counter() - began


def multiply_adds(model: Any, lesson: tuple[Any, ...], turns: int) -> int:
    """Of one training step on `lesson`, whose loops go round `turns` times; 0 where unknown."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from improv.train import tensorflow_work

        return tensorflow_work.multiply_adds(model, lesson, turns)
    if backend == "jax":
        from improv.train import jax_work

        return jax_work.multiply_adds(model, lesson)
    return 0
