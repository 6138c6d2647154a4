"""Undo and redo of the knobs: what they were before each gesture.

A burst of turns of one knob is one step, and so are turns of several at one moment (a preset, a
scale with its key, all to their defaults). A new turn after an undo forgets what was undone.
"""

from __future__ import annotations

from collections import deque

from improv.play.params import Params

STEPS = 100
BURST = 1.0
"""Seconds between two turns of a knob within which they are one gesture."""
MOMENT = 0.05
"""Seconds within which turns of different knobs are one gesture."""


class History:
    """The steps that can be undone, and those that were."""

    def __init__(self) -> None:
        self._before: deque[Params] = deque(maxlen=STEPS)
        self._after: list[Params] = []
        self._gesture: frozenset[str] = frozenset()
        self._at = 0.0  # of the last turn

    @property
    def steps(self) -> tuple[int, int]:
        """How many can be undone, and redone."""
        return len(self._before), len(self._after)

    def turned(self, before: Params, name: str, now: float) -> None:
        """A knob was turned, from where it was in `before`."""
        since = now - self._at
        joins = since <= BURST if name in self._gesture else since <= MOMENT
        if not self._gesture or not joins:
            self._begin(before)
        self._gesture |= {name}
        self._at = now

    def leap(self, before: Params) -> None:
        """Many knobs are about to turn together, however long that takes."""
        self._begin(before)
        self._gesture = frozenset()

    def undo(self, params: Params) -> Params | None:
        """What to go back to from here, if there is anything."""
        return self._go(self._before, self._after, params)

    def redo(self, params: Params) -> Params | None:
        """What was undone last."""
        return self._go(self._after, self._before, params)

    def _begin(self, before: Params) -> None:
        self._before.append(before)
        self._after.clear()
        self._gesture = frozenset()

    def _go(
        self, away: deque[Params] | list[Params], back: deque[Params] | list[Params], params: Params
    ) -> Params | None:
        self._gesture = frozenset()
        while away:
            there = away.pop()
            if there != params:  # else a turn that was taken back by hand
                back.append(params)
                return there
        return None
