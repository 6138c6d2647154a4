"""Active sensing: a byte often enough that a synth knows we live.

A synth that has once heard it lets go of every note when nothing has come for 300 ms (MIDI 1.0,
"Active Sensing"): so what rings ends even where a cable is pulled or a computer dies. One that has
never heard it waits for nothing. Pure: asked `due`, it gives what is to be sent by a time.
"""

from __future__ import annotations

import math

ACTIVE_SENSING = b"\xfe"
EVERY = 0.25
"""Seconds between two; receivers wait 0.3."""


class Sensing:
    """When to send it to the outputs; never where it is not `on`."""

    def __init__(self, *, on: bool) -> None:
        self.due = -math.inf if on else math.inf

    def is_time(self, now: float) -> bool:
        """Whether to send one now; after a hold-up it is one and no more."""
        if now < self.due:
            return False
        late = now - self.due
        self.due = self.due + EVERY if late < EVERY else now + EVERY
        return True
