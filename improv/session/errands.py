"""Errands: small work with files for the thread that plays, which must not wait for a disk.

One worker does them in order. What comes of one goes into the inbox; what goes wrong becomes a
sentence for the musician.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from improv.errors import ImprovError
from improv.play.messages import Level, Notice


class Errands(threading.Thread):
    """`do` returns at once. `report` is called on the worker."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        super().__init__(name="errands", daemon=True)
        self._report = report
        self._work: queue.SimpleQueue[Callable[[], object | None] | None] = queue.SimpleQueue()

    def do(self, work: Callable[[], object | None]) -> None:
        """Have this done; a result that is not None is reported."""
        self._work.put(work)

    def close(self, timeout: float) -> None:
        """Do what is queued, for at most `timeout` seconds."""
        self._work.put(None)
        if self.is_alive():
            self.join(timeout)

    def run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                result = work()
            except ImprovError as error:
                result = Notice(str(error), Level.ERROR)
            if result is not None:
                self._report(result)
