"""Recorded sound, in blocks that are stamped as they come; and where in it something begins.

Rule: samples are counted within a block only. The clock of a sound card (and of JACK's dummy
driver, by 35-113 ms a run) slips against the monotonic clock, so each block has its own time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT = 4.0  # seconds of sound


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound, and when each sample came by: `times` and `samples` are (n,), in seconds."""

    times: NDArray[np.float64]
    samples: NDArray[np.float32]


class Recording:
    """The last seconds of one channel. One thread may add while another looks."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._blocks: deque[tuple[float, bytes]] = deque()
        self._samples = 0

    def add(self, at: float, samples: bytes) -> None:
        """Keep a block of float32 samples, the first of which came at `at`."""
        self._blocks.append((at, samples))
        self._samples += len(samples) // 4
        while self._samples > KEPT * self._rate:
            self._samples -= len(self._blocks.popleft()[1]) // 4

    def heard(self, start: float, end: float) -> Heard:
        """What came in the blocks that began in a span of time."""
        blocks = [(at, data) for at, data in self._blocks.copy() if start <= at < end]
        if not blocks:
            return Heard(np.zeros(0), np.zeros(0, np.float32))
        samples = [np.frombuffer(data, np.float32) for _, data in blocks]
        times = [
            at + np.arange(len(some)) / self._rate
            for (at, _), some in zip(blocks, samples, strict=True)
        ]
        return Heard(np.concatenate(times), np.concatenate(samples))


def onset(heard: Heard, sent: float) -> float | None:
    """When something sounds after `sent`, in seconds; None where nothing does.

    The first sample that rises above four times what was there before, and above a fiftieth of
    the peak, so that neither hum nor the tail of the note before is taken for it. At least
    -60 dB of full scale must come.
    """
    loud = np.abs(heard.samples)
    before, after = heard.times < sent, heard.times >= sent
    if not before.any() or not after.any():
        return None
    noise, peak = float(loud[before].max()), float(loud[after].max())
    threshold = max(4 * noise, peak / 50)
    if peak < max(1e-3, threshold):
        return None
    first = int(np.flatnonzero(after & (loud >= threshold))[0])
    return float(heard.times[first])
