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
