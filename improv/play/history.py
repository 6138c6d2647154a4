"""Undo and redo: what the knobs were before each gesture, and when the music was moved by hand.

What the context was then is for `play.places` to know; here is only that it was moved. A burst of
turns of one knob is one step, and so are turns of several at one moment (a preset, a scale with its
key, all to their defaults). A new turn after an undo forgets what was undone.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from improv.play.params import Params

STEPS = 100
BURST = 1.0
"""Seconds between two turns of a knob within which they are one gesture."""
MOMENT = 0.05
"""Seconds within which turns of different knobs are one gesture."""


class Moved(Enum):
    """Stands for a step that was none of a knob's."""

    MUSIC = "music"
    SIDE = "side"  # from A to B or back: its own inverse


Step = Params | Moved


class History:
    """The steps that can be undone, and those that were."""

    def __init__(self) -> None:
        self._before: deque[Step] = deque(maxlen=STEPS)
        self._after: list[Step] = []
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

    def moved(self, what: Moved) -> None:
        """The music was moved by hand, or the sides were changed."""
        self._begin(what)

    def undo(self, params: Params) -> Step | None:
        """What to go back to from here, if there is anything: knobs, or where the music was."""
        return self._go(self._before, self._after, params)

    def redo(self, params: Params) -> Step | None:
        """What was undone last."""
        return self._go(self._after, self._before, params)

    def _begin(self, before: Step) -> None:
        self._before.append(before)
        self._after.clear()
        self._gesture = frozenset()

    def _go(
        self, away: deque[Step] | list[Step], back: deque[Step] | list[Step], params: Params
    ) -> Step | None:
        self._gesture = frozenset()
        while away:
            there = away.pop()
            if isinstance(there, Moved):
                back.append(there)
                return there
            if there != params:  # else a turn that was taken back by hand
                back.append(params)
                return there
        return None
