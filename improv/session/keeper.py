"""Keeping a model process alive: start it, hand on what it says, start it again when it dies.

At most `RESTARTS` times in `WINDOW` seconds; a model that can't be loaded is not tried again,
since it would only fail the same way.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from improv.session import child, link
from improv.session.messages import ModelFailed, ModelSetup, Reply, Request

RESTARTS, WINDOW = 3, 30.0
HANGS = 5.0
"""Seconds without an answer after which a model is taken for dead: a note takes a millisecond."""


@dataclass(frozen=True, slots=True)
class ModelGone:
    """The model process has died. `final`: it will not be started again."""

    final: bool


class ModelKeeper(threading.Thread):
    """A thread that is inside `read` for as long as the model lives."""

    def __init__(self, setup: ModelSetup, handle: Callable[[Reply | ModelGone], None]) -> None:
        super().__init__(name="model-keeper", daemon=True)
        self._setup = setup
        self._handle = handle
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: link.Writer | None = None
        self._closing = False
        self._asked_at: float | None = None  # of the oldest request without an answer

    def ask(self, request: Request) -> None:
        """Send a request; lost if the model is not there (it is asked again when it returns)."""
        writer = self._writer
        if writer is not None:
            writer.post(request)
            if self._asked_at is None:
                self._asked_at = time.monotonic()

    def look(self, now: float) -> None:
        """End a model that hangs, so that it is started again. Called every now and then."""
        asked_at, process = self._asked_at, self._process
        if asked_at is not None and process is not None and now - asked_at > HANGS:
            self._asked_at = None
            process.kill()

    def close(self) -> None:
        """End the model process; does not wait for it."""
        self._closing = True
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost

    def run(self) -> None:
        starts: deque[float] = deque()
        while not self._closing:
            starts.append(time.monotonic())
            refused = self._live_once()
            while starts and starts[0] < time.monotonic() - WINDOW:
                starts.popleft()
            final = refused or len(starts) > RESTARTS
            if not self._closing:
                self._handle(ModelGone(final))
            if final:
                return

    def _live_once(self) -> bool:
        """One life of the model process; True if it refused to load."""
        refused = False
        with child.start("improv.session.model_process", log="model") as process:
            self._process = process
            if self._closing:
                process.kill()
            assert process.stdin is not None  # both are pipes  # noqa: S101
            assert process.stdout is not None  # noqa: S101
            try:
                link.write(process.stdin.fileno(), self._setup)
            except OSError:
                process.kill()
            # Only the newest request matters: older ones are for plans that were dropped.
            writer = link.Writer(process.stdin.fileno(), "model", size=1)
            writer.start()
            self._writer = writer
            while (reply := link.read(process.stdout.fileno())) is not None:
                refused = isinstance(reply, ModelFailed)
                self._asked_at = None
                self._handle(reply)
            self._writer = self._asked_at = None
            writer.close()
        return refused
