"""Keeping a model process alive: start it, hand on what it says, start it again when it dies.

With its `DEATHS`th death in `WINDOW` seconds it stays down until the musician asks for music; a
model that can't be loaded is not tried again, since it would only fail the same way.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from improv.play.params import Params, turned
from improv.session import child, link
from improv.session.messages import (
    Action,
    Level,
    ModelFailed,
    ModelReady,
    ModelSetup,
    ModelState,
    NameChord,
    Notice,
    Primer,
    Reply,
    Request,
)
from improv.session.shorthand import Shortening

DEATHS, WINDOW = 3, 30.0
WAKING = (Action.PLAY, Action.NEW, Action.AGAIN)
"""What a musician who asks for it wants music with."""
WAITING = 64
"""Requests that may wait to be sent; of one plan the model answers only the newest."""
HANGS = 5.0
"""Seconds without an answer after which a model is taken for dead: a note takes a millisecond."""


@dataclass(frozen=True, slots=True)
class ModelGone:
    """The model process has died. `final`: it is not started again unless asked for."""

    final: bool

    @property
    def state(self) -> ModelState:
        return ModelState.DOWN if self.final else ModelState.RESTARTING

    @property
    def notice(self) -> Notice:
        if not self.final:
            return Notice("the model died; starting it again", Level.WARNING)
        words = "the model died too often and stays down; r starts it again, or see `improv doctor`"
        return Notice(words, Level.ERROR)


def unheard(model: ModelReady, params: Params) -> list[str]:
    """What to say of knobs that are turned and turn nothing in what a model plays."""
    knobs = sorted(model.inert & turned(params))
    return [f"the model {model.name} plays the same whatever {knob} is" for knob in knobs]


class ModelKeeper(threading.Thread):
    """A thread that is inside `read` for as long as the model lives."""

    def __init__(
        self, setup: ModelSetup, handle: Callable[[Reply | ModelGone | Notice], None]
    ) -> None:
        super().__init__(name="model-keeper", daemon=True)
        self._setup = setup
        self._handle = handle
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: link.Writer | None = None
        self._shortening = Shortening()
        self._closing = False
        self._wanted: threading.Event | None = None  # while it stays down
        self._asked_at: float | None = None  # of the oldest request without an answer

    def ask(self, request: Request | NameChord | Primer) -> None:
        """Send a request; lost if the model is not there (it is asked again when it returns)."""
        writer = self._writer
        if writer is not None:
            writer.post(self._shortening.shortened(request))
            # a chord may be asked for while the model loads, and then nobody waits for it
            if self._asked_at is None and isinstance(request, Request):
                self._asked_at = time.monotonic()

    def look(self, now: float) -> None:
        """End a model that hangs, so that it is started again. Called every now and then."""
        asked_at, process = self._asked_at, self._process
        if asked_at is not None and process is not None and now - asked_at > HANGS:
            self._asked_at = None
            process.kill()

    def wake(self, action: Action) -> None:
        """Start a model again that stays down, if music is asked for."""
        wanted = self._wanted
        if wanted is not None and action in WAKING:
            wanted.set()

    def close(self) -> None:
        """End the model process; does not wait for it."""
        self._closing = True
        if self._wanted is not None:
            self._wanted.set()
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost

    def run(self) -> None:
        deaths: deque[float] = deque()
        while True:
            refused = self._live_once()
            if self._closing:
                return
            deaths.append(time.monotonic())
            while deaths[0] < deaths[-1] - WINDOW:
                deaths.popleft()
            final = refused or len(deaths) >= DEATHS
            self._wanted = threading.Event() if final else None
            self._handle(ModelGone(final))
            if refused:
                return
            if self._wanted is not None:
                self._wanted.wait()
                self._wanted = None
                deaths.clear()
                self._handle(Notice("starting the model again"))

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
            writer = link.Writer(process.stdin.fileno(), "model", size=WAITING)
            writer.start()
            self._shortening = Shortening()
            self._writer = writer
            while (reply := link.read(process.stdout.fileno())) is not None:
                refused = isinstance(reply, ModelFailed)
                self._asked_at = None
                self._handle(reply)
            self._writer = self._asked_at = None
            writer.close()
        return refused
