"""Whose turn it is: when a phrase of yours has ended.

Rule: a phrase ends when no key is down and nothing has happened for `pause` seconds. A key held
longer than `HOLD` counts as a phrase that rests on its last note: the answer may come over it, and
a release that got lost on the way does not silence improv for ever.
"""

from __future__ import annotations

HOLD = 3.0
"""Seconds after the last onset when held keys no longer keep the turn."""


class Turns:
    """Remembers the last time you did something."""

    def __init__(self) -> None:
        self._last_onset: float | None = None
        self._last_event: float | None = None
        self._held = 0

    def onset(self, at: float, held: int) -> None:
        """You struck a key; `held` keys are down now."""
        self._last_onset = at
        self._last_event = at
        self._held = held

    def release(self, at: float, held: int) -> None:
        """You let a key go; `held` keys are still down."""
        self._last_event = at
        self._held = held

    def phrase_end(self, pause: float) -> float | None:
        """When your phrase will have ended if you do nothing more; None if you never played."""
        if self._last_onset is None or self._last_event is None:
            return None
        if self._held:
            return self._last_onset + max(HOLD, pause)
        return self._last_event + pause
