"""The pipes between our processes: whole messages in, whole messages out, nobody blocks.

A frame is four bytes of length and a pickled message. Both ends are our own processes, started by
us over anonymous pipes; nothing from a network or a file comes through here. Writing happens on a
thread with a bounded queue, so a stopped reader can't stop the player; reading on a thread that
hands each message on and ends with the pipe, which is how a process learns that another died.
"""

from __future__ import annotations

import os
import pickle  # our own processes only, see above
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_LENGTH = struct.Struct("<I")


def encode(message: object) -> bytes:
    """A message as one frame."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def read(fd: int) -> Any | None:
    """The next message from a pipe, waiting for it; None at its end."""
    head = _read_exactly(fd, _LENGTH.size)
    if head is None:
        return None
    body = _read_exactly(fd, _LENGTH.unpack(head)[0])
    return None if body is None else pickle.loads(body)  # noqa: S301  # written by `encode`


def write(fd: int, message: object) -> None:
    """Write a message, waiting for room. Raises OSError when the reader is gone."""
    frame = memoryview(encode(message))
    while frame:
        frame = frame[os.write(fd, frame) :]


def _read_exactly(fd: int, count: int) -> bytes | None:
    parts = []
    while count:
        try:
            part = os.read(fd, count)
        except OSError:
            part = b""
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class Reader(threading.Thread):
    """Hands each message of a pipe to `handle`, then `None` once at its end."""

    def __init__(self, fd: int, handle: Callable[[Any | None], None], name: str) -> None:
        super().__init__(name=f"{name}-reader", daemon=True)
        self._fd = fd
        self._handle = handle

    def run(self) -> None:
        while (message := read(self._fd)) is not None:
            self._handle(message)
        self._handle(None)


class Writer(threading.Thread):
    """Writes messages to a pipe from a queue of at most `size`; the oldest gives way."""

    def __init__(self, fd: int, name: str, size: int = 512) -> None:
        super().__init__(name=f"{name}-writer", daemon=True)
        self._fd = fd
        self._queue: deque[object] = deque(maxlen=size)
        self._wake = threading.Condition()
        self._closing = False

    def post(self, message: object) -> None:
        """Queue a message; never waits."""
        with self._wake:
            self._queue.append(message)
            self._wake.notify()

    def close(self, timeout: float = 1.0) -> None:
        """Write what is queued, for at most `timeout` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self.join(timeout)

    def run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
                message = self._queue.popleft()
            try:
                write(self._fd, message)
            except OSError:  # the other end is gone; its reader says so
                return
