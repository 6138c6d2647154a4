"""Time, and waiting for it. The only place in play/ that touches a real clock or a queue.

`Inbox` is the player's one waiting point: keys, commands and proposals from other threads on one
side, the loop's next deadline on the other. Deadlines are absolute, so lateness never adds up.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Clock = Callable[[], float]
"""Seconds that never go back."""

monotonic: Clock = time.monotonic

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue that any thread may put into and one thread takes from."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._queue: queue.SimpleQueue[T] = queue.SimpleQueue()

    def put(self, item: T) -> None:
        """Never blocks; safe in a driver's callback."""
        self._queue.put(item)

    def get_until(self, deadline: float | None) -> T | None:
        """The next item, or None once `deadline` has passed; None waits for an item for ever."""
        try:
            if deadline is None:
                return self._queue.get()
            wait = deadline - self._clock()
            return self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None


class Chore:
    """Something to be done every so often, but not just before a note: that would be late for it.

    `at` is when to look again.
    """

    def __init__(self, every: float, spare: float, now: float) -> None:
        """`spare`: seconds that it may take."""
        self.at = now
        self._every = every
        self._spare = spare
        self._wanted = now

    def is_time(self, now: float, *due: float | None) -> bool:
        """Whether to do it now, with something due at `due`; it waits for one turn at most."""
        if now < self.at:
            return False
        soon = [time for time in due if time is not None and now < time < now + self._spare]
        if soon and now < self._wanted + self._every:
            self.at = max(soon)
            return False
        self.at = self._wanted = now + self._every
        return True
