"""Tap tempo: the tempo of your last taps. Pure."""

from __future__ import annotations

from collections import deque

KEPT = 8  # taps
PAUSE = 3.2
"""Seconds without a tap after which the next is a first one: below 20 bpm nobody taps."""
SLOWEST, FASTEST = 20.0, 300.0
"""What the knob takes."""


class Taps:
    """`take` each tap."""

    def __init__(self) -> None:
        self._taps: deque[float] = deque(maxlen=KEPT)

    def take(self, at: float) -> float | None:
        """The tempo by the taps so far, to a tenth of a bpm; None after the first."""
        if self._taps and not 0.0 < at - self._taps[-1] <= PAUSE:
            self._taps.clear()
        self._taps.append(at)
        if len(self._taps) < 2:
            return None
        step = (self._taps[-1] - self._taps[0]) / (len(self._taps) - 1)
        return min(max(round(60.0 / step, 1), SLOWEST), FASTEST)
