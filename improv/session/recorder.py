"""The recorder: keeps the take of every session, whatever the outputs.

The thread that plays puts each step of the engine into a queue and goes on; a thread of the
recorder's own writes them to a journal, so that a disk that hangs delays no note. Four times a
second: a player that is killed loses a quarter of a second of its take. What can't be written
waits here and is tried again, so that a full disk costs nothing once there is room.

Each step is written by itself. Writing lets go of the interpreter's lock, which the thread that
plays would else wait for: in bundles, up to the five milliseconds of its switch interval.
"""

from __future__ import annotations

import os
import subprocess
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.errors import ImprovError
from improv.play.clock import Clock, monotonic
from improv.play.effects import Send
from improv.play.interfaces import Output
from improv.play.messages import Level, Notice
from improv.session import journal, takes
from improv.session.journal import About, Session, Step
from improv.session.messages import NO_TAKE, TakeState
from improv.session.take_process import ask, do, leave
from improv.session.takes import Job, TakeWork

if TYPE_CHECKING:
    from improv.ports.take import Account

EVERY = 0.25
"""Seconds between writes."""
SYNC = 1.0
"""Seconds between forcing what is written onto the disk, for when the power fails."""
MOST = 64 * 2**20
"""Bytes that wait for a disk at most."""
MOST_STEPS = 100_000
"""Steps that wait for a writer at most, where a disk hangs."""
LARGE = 2**20
"""Bytes of a journal, of ten minutes or so, whose take nobody waits for at the end."""


class Recorder(threading.Thread):
    """`note`, `know` and `save` are for the thread that plays and return at once.

    `report` is told what the musician should know, from any thread.
    """

    def __init__(
        self,
        about: About,
        takes_folder: Path,
        report: Callable[[Notice], None],
        clock: Clock = monotonic,
        write: Callable[[int, bytes], int] = os.write,
    ) -> None:
        super().__init__(name="recorder", daemon=True)
        self.take: Path | None = None  # once it is closed, where a note sounded
        self.left: subprocess.Popen[bytes] | None = None  # which is writing it
        self._takes = takes_folder
        self._report = report
        self._clock = clock
        self._put = write
        self._queue: deque[Step | dict[str, Any]] = deque()
        self._lines: deque[bytes] = deque([journal.about_line(about)])  # to be written
        self._waiting = len(self._lines[0])  # bytes of those
        self._began = about.began
        self._path: Path | None = None  # of the journal
        self._file = -1
        self._synced = 0.0
        self._first: float | None = None  # when its first note sounded
        self._saved: float | None = None
        self._trouble = ""
        self._lost = False
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._kept = self._save_wanted = self._closing = False
        self._helper: threading.Thread | None = None

    # --- for the thread that plays

    def note(self, step: Step) -> None:
        if self._first is None and any(isinstance(e, Send) and e.is_onset for e in step.effects):
            self._first = step.now
        if len(self._queue) < MOST_STEPS:
            self._queue.append(step)
        else:
            self._lost = True

    def know(self, **facts: str) -> None:
        """Something more about the session, by the names of `About`."""
        self._queue.append(dict(facts))

    def explain(self, output: Output) -> None:
        """Have a take of the musician's say how it came about, as ours do."""
        if hasattr(output, "account"):
            output.account = self._account

    def save(self) -> None:
        """Keep this take for ever, and write what there is of it now."""
        self._queue.append({"kept": True})
        self._kept = self._save_wanted = True
        self._wake.set()

    def standing(self, now: float) -> TakeState:
        """How the take stands, for the screen."""
        if self._first is None:
            return NO_TAKE
        saved = None if self._saved is None else self._saved - self._first
        return TakeState(now - self._first, saved, trouble=bool(self._trouble))

    def close(self, timeout: float) -> None:
        """Write the take. What is not done in `timeout` seconds is, at the latest, at a start."""
        self._closing = True
        self._wake.set()
        self.join(timeout)

    # --- for any other

    def so_far(self) -> Session | None:
        """All that has happened; waits for the disk."""
        with self._writing:
            self._write()
            there = b"" if self._path is None else self._path.read_bytes()
            return journal.read(there + b"".join(self._lines))

    def _account(self) -> Account | None:
        from improv.session.account import account

        try:
            session = self.so_far()
        except (OSError, ValueError):
            return None  # its notes are worth more
        return None if session is None else account(session.about, session.steps, session.damaged)

    # --- its own thread

    def run(self) -> None:
        try:
            self._record()
        except Exception:  # noqa: BLE001  # whatever it is, the music goes on and is told of it
            traceback.print_exc()
            words = "improv has a fault, and this take is recorded no further; see `improv doctor`"
            self._say(words, Level.ERROR)

    def _record(self) -> None:
        from importlib.metadata import version  # 25 ms that a start need not wait for

        self.know(version=version("improv-midi"))
        self._recover()
        while not self._closing:
            with self._writing:
                self._write()
            if self._save_wanted and not self._is_busy():
                self._save_wanted = False
                self._start_save()
            self._wake.wait(EVERY)
            self._wake.clear()
        if self._helper is not None:
            self._helper.join()
        with self._writing:
            self._write()
        self._finish()

    def _recover(self) -> None:
        if any(takes.recent(self._takes).glob(f"*{takes.JOURNAL}")):
            self._have_done(TakeWork(Job.RECOVER, self._takes))

    def _start_save(self) -> None:
        if self._path is None or self._lines:
            self._say(f"the take can't be saved now: {self._trouble}", Level.ERROR)
        else:
            self._have_done(TakeWork(Job.SAVE, self._path))

    def _is_busy(self) -> bool:
        return self._helper is not None and self._helper.is_alive()

    def _have_done(self, work: TakeWork) -> None:
        asked = self._clock()

        def wait() -> None:
            outcome = ask(work)
            if work.job is Job.SAVE and outcome.take is not None:
                self._saved = asked
            for notice in outcome.said:
                self._report(notice)

        self._helper = threading.Thread(target=wait, name="take", daemon=True)
        self._helper.start()

    def _finish(self) -> None:
        if self._path is None:
            session = self.so_far()
            if session is not None and any(step.effects for step in session.steps):
                self._say(f"the take of this session is lost: {self._trouble}", Level.ERROR)
            return
        if self._lines:
            self._finish_beside()
        elif self._path.stat().st_size > LARGE:
            self.left = leave(TakeWork(Job.FINISH, self._path))
            self.take = takes.place_of(self._path, kept=self._kept)
            self._say(f"the take is being written: {self.take}")
        else:
            outcome = do(TakeWork(Job.FINISH, self._path))
            self.take = outcome.take
            for notice in outcome.said:
                self._report(notice)
        os.close(self._file)

    def _finish_beside(self) -> None:
        """The journal can't be written to its end: perhaps the take can."""
        assert self._path is not None  # the caller has looked  # noqa: S101
        try:
            self.take = takes.finish(self._path, b"".join(self._lines))
        except (OSError, ImprovError) as error:
            words = f"the end of this take is lost: {error}; `improv takes` finishes the rest"
            self._say(words, Level.ERROR)
        else:
            if self.take is not None:
                self._say(f"the take: {self.take}")

    # --- the disk

    def _write(self) -> None:
        """Write what has been noted; on trouble say so once, and keep it for the next time."""
        try:
            if self._path is None:
                self._path, self._file = _new_journal(self._takes, self._began)
            written = False
            while self._lines or self._take_in(most=1):
                done = self._put(self._file, self._lines[0])
                self._waiting -= done
                if done < len(self._lines[0]):
                    self._lines[0] = self._lines[0][done:]
                else:
                    self._lines.popleft()
                written = True
            if written and self._clock() - self._synced >= SYNC:
                self._synced = self._clock()
                os.fsync(self._file)
        except OSError as error:
            self._take_in(most=MOST_STEPS)
            self._fail(error)
        else:
            if self._trouble:
                self._say("the take is recorded again; nothing of it is missing")
                self._trouble = ""
        if self._lost:
            self._lost = False
            self._say("the disk has hung for too long: a part of the take is missing", Level.ERROR)

    def _take_in(self, most: int) -> bool:
        """Make lines of at most so many steps; whether there was one."""
        for _ in range(most):
            if not self._queue:
                break
            noted = self._queue.popleft()
            line = (
                journal.step_line(noted) if isinstance(noted, Step) else journal.about_line(noted)
            )
            if self._waiting < MOST:
                self._lines.append(line)
                self._waiting += len(line)
            else:
                self._lost = True
        return bool(self._lines)

    def _fail(self, error: OSError) -> None:
        if not self._trouble:
            self._trouble = f"{error.strerror or error} ({self._takes}); free some space there"
            if self._path is None:
                self._trouble = f"{error.strerror or error} ({self._takes}); make it writable"
            self._say(
                f"this take can't be recorded: {self._trouble}; "
                "until then it is kept in memory, and the music goes on",
                Level.WARNING,
            )

    def _say(self, text: str, level: Level = Level.INFO) -> None:
        self._report(Notice(text, level))


def now_and_here() -> str:
    """The date and time of day, for `About.began`."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _new_journal(takes_folder: Path, began: str) -> tuple[Path, int]:
    """A journal with a name that no take has, open and locked. Raises OSError."""
    place = takes.recent(takes_folder)
    place.mkdir(parents=True, exist_ok=True)
    stamp = began[:19].replace("T", "-").replace(":", "")
    number = 1
    while True:
        name = stamp if number == 1 else f"{stamp}-{number}"
        number += 1
        if not takes.is_free(takes_folder, name):
            continue
        path = place / f"{name}{takes.JOURNAL}"
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            continue
        if takes.claim(file) and os.fstat(file).st_nlink:  # else taken for a dead one's just now
            return path, file
        os.close(file)
