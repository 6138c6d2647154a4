"""Whether the JACK server still runs, told by JACK itself; and when it is safe to ask for another.

rtmidi never learns that its server has died: it goes on listing the ports there were and takes
2,340 messages before it waits for ever, with Python's lock held. To ask by making another rtmidi
client would stop the player for 20-60 ms each time. So one client of libjack's own, without
ports, waits to be told (3 ms after a stop, 30 ms after a kill, measured); ctypes lets go of
Python's lock meanwhile. It uses the libjack that rtmidi has loaded. Since it is never activated,
JACK does not wake it in every period, so it is also what lists the ports: the pair of rtmidi
clients that did so before cost a waiting player 0.55 % of a core.

Rule: after a server has died nobody opens a client before every old one is closed. libjack keeps
one map of the server's memory for the whole process, opening replaces it, even in vain, and
closing an old client then crashes (measured: six times of six).
"""

from __future__ import annotations

import ctypes
import errno
import itertools
from collections.abc import Iterator
from typing import Any, Self

from improv.ports.loaded import loaded

NO_START_SERVER = 1  # JackNoStartServer of jack/types.h
IS_INPUT, IS_OUTPUT = 1, 2  # JackPortIsInput, JackPortIsOutput, of the same
MIDI = b"8 bit raw midi"  # JACK_DEFAULT_MIDI_TYPE
_Told = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Pulse:
    """A libjack client that waits for the end of its server; `beats` until then."""

    def __init__(self, library: ctypes.CDLL, client: int) -> None:
        self.beats = True
        self._library = library
        self._client = ctypes.c_void_p(client)
        self._told = _Told(self._stopped)  # kept, since C does not keep it
        library.jack_on_shutdown(self._client, self._told, None)

    def _stopped(self, _: int | None) -> None:  # on a thread of libjack
        self.beats = False

    @classmethod
    def feel(cls) -> Self | None:
        """A pulse, or None where no server answers or rtmidi has no libjack loaded."""
        path = loaded("libjack")
        if path is None:
            return None
        library = ctypes.CDLL(path)
        library.jack_client_open.restype = ctypes.c_void_p
        status = ctypes.c_int(0)
        client = library.jack_client_open(
            b"improv-pulse", ctypes.c_int(NO_START_SERVER), ctypes.byref(status)
        )
        return cls(library, client) if client else None

    def ports(self, flag: int) -> tuple[str, ...]:
        """The full names of all MIDI ports, of everybody, that take (IS_INPUT) or give."""
        find = self._library.jack_get_ports
        find.restype = ctypes.POINTER(ctypes.c_char_p)
        return self._names(find(self._client, None, MIDI, ctypes.c_ulong(flag)))

    def cables(self, port: str) -> tuple[str, ...]:
        """The full names of all ports that a port, of anybody's, is connected to."""
        look_up, find = self._library.jack_port_by_name, self._library.jack_port_get_all_connections
        look_up.restype, find.restype = ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)
        there = look_up(self._client, port.encode())
        return self._names(find(self._client, ctypes.c_void_p(there))) if there else ()

    def plug(self, source: str, sink: str) -> bool:
        """Connect two ports, of anybody's; whether they are connected now."""
        done = self._library.jack_connect(self._client, source.encode(), sink.encode())
        return int(done) in {0, errno.EEXIST}

    def _names(self, found: Any) -> tuple[str, ...]:
        if not found:  # none is NULL
            return ()
        try:
            return tuple(name.decode(errors="replace") for name in _until_null(found))
        finally:
            self._library.jack_free(found)

    def close(self) -> None:
        """Leave the server. Once only."""
        self._library.jack_client_close(self._client)


class JackClients:
    """How many clients this process has on JACK, with a pulse as long as there are any.

    One for the process, as libjack's memory is; used by one thread at a time.
    """

    def __init__(self) -> None:
        self.open = 0
        self._pulse: Pulse | None = None

    @property
    def stopped(self) -> bool:
        """Whether the server of the open clients has died."""
        return self._pulse is not None and not self._pulse.beats

    def ports(self, flag: int) -> tuple[str, ...]:
        """As `Pulse.ports`; none where there is no server any more, or no libjack to ask."""
        return self._pulse.ports(flag) if self._pulse is not None and self._pulse.beats else ()

    def cables(self, port: str) -> tuple[str, ...]:
        """As `Pulse.cables`; none where there is no server any more, or no libjack to ask."""
        return self._pulse.cables(port) if self._pulse is not None and self._pulse.beats else ()

    def plug(self, source: str, sink: str) -> bool:
        """As `Pulse.plug`; False where there is no server any more, or no libjack to ask."""
        if self._pulse is None or not self._pulse.beats:
            return False
        return self._pulse.plug(source, sink)

    def before_opening(self) -> None:
        """Raises OSError where it is not safe."""
        if self.stopped:
            raise OSError("JACK has stopped, and some of its ports are still open")

    def opened(self) -> None:
        self.open += 1
        if self._pulse is None:
            self._pulse = Pulse.feel()

    def closed(self) -> None:
        self.open -= 1
        if self.open == 0 and self._pulse is not None:
            self._pulse.close()
            self._pulse = None

    def watch(self) -> bool:
        """Count one that asks for the ports only, for whom the pulse stays; False without one."""
        if self._pulse is None:
            return False
        self.open += 1
        return True


JACK_CLIENTS = JackClients()


def _until_null(names: Any) -> Iterator[bytes]:
    return itertools.takewhile(bool, names)
