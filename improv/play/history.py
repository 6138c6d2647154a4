"""Undo and redo: what the knobs were before each gesture, and when the music was moved by hand.

What the context was then is for `play.places` to know; here is only that it was moved. A burst of
turns of one knob is one step, and so are turns of several at one moment (a preset, a scale with its
key, all to their defaults). A new turn after an undo forgets what was undone.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

STEPS = 100
BURST = 1.0
"""Seconds between two turns of a knob within which they are one gesture."""
MOMENT = 0.05
"""Seconds within which turns of different knobs are one gesture."""


class Moved(Enum):
    """Stands for a step that was none of a knob's."""

    MUSIC = "music"
    SIDE = "side"  # from A to B or back: its own inverse


State = TypeVar("State")
"""How the knobs stand, and what else belongs to that; two that are equal are one."""


class History(Generic[State]):
    """The steps that can be undone, and those that were."""

    def __init__(self) -> None:
        self._before: deque[State | Moved] = deque(maxlen=STEPS)
        self._after: list[State | Moved] = []
        self._gesture: frozenset[str] = frozenset()
        self._at = 0.0  # of the last turn

    @property
    def steps(self) -> tuple[int, int]:
        """How many can be undone, and redone."""
        return len(self._before), len(self._after)

    def turned(self, before: State, name: str, now: float) -> None:
        """A knob was turned, from where it was in `before`."""
        since = now - self._at
        joins = since <= BURST if name in self._gesture else since <= MOMENT
        if not self._gesture or not joins:
            self._begin(before)
        self._gesture |= {name}
        self._at = now

    def leap(self, before: State) -> None:
        """Many knobs are about to turn together, however long that takes."""
        self._begin(before)
        self._gesture = frozenset()

    def moved(self, what: Moved) -> None:
        """The music was moved by hand, or the sides were changed."""
        self._begin(what)

    def undo(self, now: State) -> State | Moved | None:
        """What to go back to from here, if there is anything: knobs, or where the music was."""
        return self._go(self._before, self._after, now)

    def redo(self, now: State) -> State | Moved | None:
        """What was undone last."""
        return self._go(self._after, self._before, now)

    def _begin(self, before: State | Moved) -> None:
        self._before.append(before)
        self._after.clear()
        self._gesture = frozenset()

    def _go(
        self,
        away: deque[State | Moved] | list[State | Moved],
        back: deque[State | Moved] | list[State | Moved],
        now: State,
    ) -> State | Moved | None:
        self._gesture = frozenset()
        while away:
            there = away.pop()
            if isinstance(there, Moved):
                back.append(there)
                return there
            if there != now:  # else a turn that was taken back by hand
                back.append(now)
                return there
        return None
