"""OSC over UDP: what others send in, and what is sent to them. Needs the extra `improv[osc]`.

Nothing that comes in is evaluated, and nobody outside can hold up the player: the socket is read by
a thread of its own, so many messages a tick and no more (the system drops the rest), what is too
long is dropped, and at most `WAITING` messages wait for the player, the oldest giving way. What
goes out waits in a queue of the same kind.
"""

from __future__ import annotations

import importlib.util
import logging
import select
import socket
import threading
from collections import deque
from collections.abc import Callable

from improv.errors import DeviceError, UsageError

Argument = float | int | bool | str
Message = tuple[str, tuple[Argument, ...]]

LOOPBACK = "127.0.0.1"
LONGEST = 1024
"""Bytes of a datagram; what improv understands has some fifty."""
TICK = 0.005
"""Seconds between two readings of the socket."""
MOST = 4
"""Datagrams read in one."""
WAITING = 256
_KINDS = (bool, int, float, str)


def check() -> None:
    """Raise DeviceError where the extra is missing."""
    if importlib.util.find_spec("pythonosc") is None:
        raise DeviceError("OSC needs python-osc: install improv-midi[osc]")


def parse_address(text: str) -> tuple[str, int]:
    """``[HOST:]PORT``; this machine alone where no host is given. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(
            f"an OSC address is [HOST:]PORT, as in 9000 or 127.0.0.1:9000, not {text!r}"
        )
    return host.strip("[]") or LOOPBACK, int(port)


class OscInput(threading.Thread):
    """Listens until it is closed. `wake` is called when messages begin to wait for `taken`."""

    def __init__(self, address: tuple[str, int], wake: Callable[[], None]) -> None:
        """Raises DeviceError where the port can't be had."""
        super().__init__(name="osc-in", daemon=True)
        self._socket = _socket(address)
        try:
            self._socket.bind(address)
        except OSError as error:
            self._socket.close()
            host, port = address
            raise DeviceError(f"OSC can't listen on {host}:{port}: {error.strerror}") from None
        self._socket.settimeout(0.0)
        self._wake = wake
        self._messages: deque[Message] = deque(maxlen=WAITING)
        self._woken = False  # and nothing taken since
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def taken(self) -> list[Message]:
        """What has come since it was last asked, in order."""
        self._woken = False  # first: what comes from now on wakes again
        messages = []
        while self._messages:
            messages.append(self._messages.popleft())
        return messages

    def close(self) -> None:
        self._closing.set()
        if self.is_alive():
            self.join(1.0)
        self._socket.close()

    def run(self) -> None:
        # python-osc logs each type it does not know: a stranger must not fill our log's disk
        logging.disable(logging.WARNING)
        while not self._closing.is_set():
            if select.select([self._socket], [], [], 0.2)[0]:
                self._read()
                self._closing.wait(TICK)

    def _read(self) -> None:
        for _ in range(MOST):
            try:
                data = self._socket.recv(LONGEST + 1)
            except OSError:  # nothing more there
                break
            if len(data) <= LONGEST:
                self._messages.extend(decode(data))
        if self._messages and not self._woken:
            self._woken = True
            self._wake()


class OscOutput(threading.Thread):
    """Sends messages to one address, from a queue of at most `WAITING`."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(name="osc-out", daemon=True)
        self._socket = _socket(address)
        self._socket.settimeout(0.0)
        self._address = address
        self._messages: deque[Message] = deque(maxlen=WAITING)
        self._there = threading.Event()
        self._closing = False

    def send(self, address: str, *arguments: Argument) -> None:
        """Returns at once; never raises."""
        self._messages.append((address, arguments))
        self._there.set()

    def close(self) -> None:
        self._closing = True
        self._there.set()
        if self.is_alive():
            self.join(1.0)
        self._socket.close()

    def run(self) -> None:
        while not self._closing or self._messages:
            self._there.wait()
            self._there.clear()
            while self._messages:
                data = encode(*self._messages.popleft())
                try:
                    self._socket.sendto(data, self._address)
                except OSError:  # nobody listens there, or not yet
                    continue


def decode(data: bytes) -> list[Message]:
    """The messages of a datagram, those of a bundle one by one; none of nonsense."""
    from pythonosc.osc_packet import OscPacket

    try:
        timed = OscPacket(data).messages
        return [(each.message.address, _plain(each.message.params)) for each in timed]
    except Exception:  # noqa: BLE001  # whatever a stranger has sent, it is no fault of ours
        return []


def encode(address: str, arguments: tuple[Argument, ...]) -> bytes:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    data: bytes = builder.build().dgram
    return data


def _plain(arguments: list[object]) -> tuple[Argument, ...]:
    return tuple(a for a in arguments if isinstance(a, _KINDS))


def _socket(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM)
