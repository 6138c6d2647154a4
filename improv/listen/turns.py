"""Whose turn it is: when a phrase of yours has ended.

Rule: a phrase ends when nothing of yours has sounded for `pause` seconds: no key is down and no
note rings under your pedal. Lifting the foot is as good as lifting the last key. What is held
longer than `HOLD` counts as a phrase that rests on its last notes: the answer may come over them,
and a release that got lost on the way does not silence improv for ever. A foot that rests on a
pedal under which nothing rings holds nothing.
"""

from __future__ import annotations

HOLD = 3.0
"""Seconds after the last onset when held keys or a held pedal no longer keep the turn."""


class Turns:
    """Remembers the last time you did something."""

    def __init__(self) -> None:
        self._last_onset: float | None = None
        self._last_event: float | None = None
        self._held = 0

    def onset(self, at: float, held: int) -> None:
        """You struck a key; `held` notes of yours are kept by a key or by the pedal now."""
        self._last_onset = at
        self._last_event = at
        self._held = held

    def release(self, at: float, held: int) -> None:
        """You let a key or the pedal go; `held` notes are still kept."""
        self._last_event = at
        self._held = held

    def over_at(self, now: float) -> float:
        """When your last note was let go; now, while one is held."""
        return now if self._held or self._last_event is None else self._last_event

    def phrase_end(self, pause: float) -> float | None:
        """When your phrase will have ended if you do nothing more; None if you never played."""
        if self._last_onset is None or self._last_event is None:
            return None
        if self._held:
            return self._last_onset + max(HOLD, pause)
        return self._last_event + pause
