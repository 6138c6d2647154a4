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
from pathlib import Path

import platformdirs


def log_path(name: str) -> Path:
    """Where a child's stderr goes."""
    folder = platformdirs.user_log_path("improv", appauthor=False, ensure_exists=True)
    return folder / f"{name}.log"


def start(module: str, log: str) -> subprocess.Popen[bytes]:
    """Start a child running `module`, with pipes on its stdin and stdout."""
    try:
        stderr: int | None = os.open(log_path(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:  # no place for a log is no reason not to play
        stderr = None
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
