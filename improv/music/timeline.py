"""A timeline: which beat it is at a time, and when a beat comes. Pure arithmetic.

Beats are quarter notes, counted from the first beat of the song, which is 0; MIDI clock counts 24
pulses to each (MIDI 1.0, "Timing Clock") and its song position six of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PULSES = 24
"""Pulses of MIDI clock to a beat."""
NEAR = 1e-9
"""Beats within which a time counts as on a line: sums of floats are not exact."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A steady tempo: at the time `at` it is the beat `beat`, a fraction and all."""

    at: float
    beat: float
    bpm: float

    def beat_at(self, time: float) -> float:
        """Where in the song it is."""
        return self.beat + (time - self.at) * self.bpm / 60.0

    def time_of(self, beat: float) -> float:
        """When a beat comes, or came."""
        return self.at + (beat - self.beat) * 60.0 / self.bpm

    def at_tempo(self, now: float, bpm: float) -> Timeline:
        """The same place in the song now, and another tempo from here."""
        return Timeline(now, self.beat_at(now), bpm)

    def bar_line(self, time: float, beats_per_bar: int) -> float:
        """When the next bar begins, from `time` on."""
        bars = math.ceil(self.beat_at(time) / beats_per_bar - NEAR)
        return max(time, self.time_of(bars * beats_per_bar))

    def position(self, time: float, beats_per_bar: int) -> tuple[int, int]:
        """Bar and beat as musicians count: from 1."""
        bar, beat = divmod(math.floor(self.beat_at(time) + NEAR), beats_per_bar)
        return bar + 1, beat + 1
