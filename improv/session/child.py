"""Starting our own processes: `python -m improv.session.ROOM` on two pipes.

stdin carries messages to the child and its end means that the parent is gone; stdout carries
messages back. In the child file descriptor 1 is given away at once, so that no library can write
into the messages, and what libraries print (ALSA, TensorFlow) goes to the log and not over the
screen. A child is in a session of its own: Ctrl-C is for the terminal process to understand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

LARGE = 1_000_000  # bytes of a log that is begun anew


def log_path(name: str) -> Path:
    """Where a child's stderr goes."""
    folder = platformdirs.user_log_path("improv", appauthor=False, ensure_exists=True)
    return folder / f"{name}.log"


def open_log(name: str) -> int | None:
    """A log file's descriptor, to write at its end; None where there is no place for one.

    What is there stays, since a model that has died left its reason there, but for a large file.
    """
    path = log_path(name)
    try:
        large = path.exists() and path.stat().st_size > LARGE
        fresh = os.O_TRUNC if large else 0
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | fresh, 0o600)
    except OSError:  # no reason not to play
        return None


@contextmanager
def libraries_to_log(name: str) -> Iterator[None]:
    """What C libraries print (TensorFlow, six lines at import) goes to a log; our words stay."""
    log = open_log(name)
    if log is None:
        yield
        return
    screen, words = os.dup(2), sys.stderr
    if words is sys.__stderr__:  # else somebody has taken our words already
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(log, 2)
    try:
        yield
    finally:
        os.dup2(screen, 2)
        if sys.stderr is not words:
            sys.stderr.close()
            sys.stderr = words
        os.close(screen)
        os.close(log)


def start(module: str, log: str) -> subprocess.Popen[bytes]:
    """Start a child running `module`, with pipes on its stdin and stdout."""
    stderr = open_log(log)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if stderr is None else stderr,
            start_new_session=True,
            bufsize=0,
        )
    finally:
        if stderr is not None:
            os.close(stderr)


def take_pipes() -> tuple[int, int]:
    """In the child: the pipes to and from the parent; stdin and stdout then lead nowhere."""
    inward, outward = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return inward, outward
