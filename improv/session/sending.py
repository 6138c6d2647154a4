"""Where the player is while it sends: a few bytes that whoever watches it reads too.

A driver that doesn't return from a send stops the player whole: rtmidi holds Python's lock
meanwhile, so that no thread of the player's could say anything either. It therefore writes down
before each send to whom, and after it that it came back, into a small file that both processes
have mapped into memory (0.5 us a send). `Watch` sees from outside that a send doesn't end.

A thread that opens a port holds the lock as well: for 0.03 s on JACK, and for as long as it takes
where a busy machine does not let it run. A send that the player is in the middle of then waits
with no fault of its output's, so that thread writes down that it is at work.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from improv.music.event import Source
from improv.play.interfaces import Message, Output

LIMIT = 1.0
"""Seconds that a send may take. A message is 1 ms on a MIDI cable, and a full driver waits for
that."""
EXCUSED = 2.5
"""Seconds that it may take longer where a port is being opened or closed, which may hang, too."""
_COUNTS, _NAME = struct.Struct("<QQ"), struct.Struct("<H240s")  # begun, ended; length and name
_PORTS = _COUNTS.size + _NAME.size  # where it stands whether ports are being opened or closed
SIZE = _PORTS + 1


class Sending:
    """The player's side; `path` is the watcher's file, or empty where nobody watches."""

    def __init__(self, path: str = "") -> None:
        self._seen: mmap.mmap | bytearray = bytearray(SIZE)
        self._count, self._name = 0, ""
        with suppress(OSError, ValueError):
            if path:
                with Path(path).open("r+b") as file:
                    self._seen = mmap.mmap(file.fileno(), SIZE)
                Path(path).unlink()  # it lives on in both processes, and goes with the last

    def send(self, output: Output, message: Message, at: float, source: Source) -> None:
        """Send one message. Raises DeviceError."""
        if output.name != self._name:
            self._name = output.name
            name = self._name.encode()[:240]
            _NAME.pack_into(self._seen, _COUNTS.size, len(name), name)
        count = self._count = self._count + 1
        _COUNTS.pack_into(self._seen, 0, count, count - 1)
        try:
            output.send(message, at, source)
        finally:
            _COUNTS.pack_into(self._seen, 0, count, count)

    @contextmanager
    def at_ports(self) -> Iterator[None]:
        """While another thread opens and closes ports."""
        self._seen[_PORTS] = 1
        try:
            yield
        finally:
            self._seen[_PORTS] = 0


class Watch:
    """The watcher's side: makes the file, and looks whether a send has come back."""

    def __init__(self) -> None:
        self.path = ""
        self._seen: mmap.mmap | None = None
        self._begun, self._first, self._since = 0, 0.0, 0.0
        with suppress(OSError):  # without a place for it, a player that hangs is seen by silence
            with tempfile.NamedTemporaryFile(prefix="improv-sending-", delete=False) as file:
                file.write(bytes(SIZE))  # all of it, since a full disk would kill who writes later
                file.flush()
                self._seen = mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ)
            self.path = file.name

    def stuck(self, now: float, *, asleep: bool = False) -> str | None:
        """The output in whose send the player has been for longer than it may, or None.

        `asleep`: we were stopped since the last look, and the player may have been too.
        """
        if self._seen is None:
            return None
        begun, ended = _COUNTS.unpack_from(self._seen)
        if begun == ended or begun != self._begun or asleep:
            self._begun, self._first, self._since = begun, now, now
        elif self._seen[_PORTS] and now - self._first < EXCUSED:
            self._since = now
        if now - self._since <= LIMIT:
            return None
        length, name = _NAME.unpack_from(self._seen, _COUNTS.size)
        return bytes(name[:length]).decode(errors="replace")

    def close(self) -> None:
        """Give it back; where the player never came to it, with the file."""
        if self._seen is not None:
            self._seen.close()
            self._seen = None
            with suppress(OSError):
                Path(self.path).unlink(missing_ok=True)
