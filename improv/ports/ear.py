"""Hearing what sounds at an audio port of JACK; with the latencies that JACK knows of it.

They are told beside the sound, never mixed into it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import time
from typing import Self

from improv.errors import DeviceError
from improv.ports.jack_pulse import NO_START_SERVER
from improv.ports.loaded import loaded
from improv.ports.recording import Recording
from improv.quiet import quiet

NAME = "improv-ear"
# of jack/types.h
AUDIO = b"32 bit float mono audio"
IS_INPUT, IS_OUTPUT, IS_PHYSICAL = 1, 2, 4
CAPTURE_LATENCY, PLAYBACK_LATENCY = 0, 1
_Process = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)


class _Range(ctypes.Structure):
    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


class Ear:
    """A JACK client; `recording` has the last seconds of what one audio port sends.

    Through ctypes, as jack_pulse.py, so that a calibration needs nothing that playing does not.
    """

    def __init__(self) -> None:
        """Join JACK. Raises DeviceError where it is missing."""
        self._library = library = _library()
        status = ctypes.c_int(0)
        with quiet():
            self._client = ctypes.c_void_p(
                library.jack_client_open(NAME.encode(), NO_START_SERVER, ctypes.byref(status))
            )
        if not self._client:
            raise DeviceError(
                "no JACK server answers, and improv listens through JACK; start one (jackd, or"
                " pw-jack under PipeWire)"
            )
        self._port = ctypes.c_void_p(
            library.jack_port_register(self._client, b"in", AUDIO, IS_INPUT, 0)
        )
        self._rate: int = library.jack_get_sample_rate(self._client)
        self.recording = Recording(self._rate)
        self._called = _Process(self._process)  # kept, since C does not keep it
        library.jack_set_process_callback(self._client, self._called, None)

    def _process(self, frames: int, _: int | None) -> int:  # on JACK's realtime thread
        now = time.monotonic()
        buffer = self._library.jack_port_get_buffer(self._port, frames)
        self.recording.add(now, ctypes.string_at(buffer, 4 * frames))
        return 0

    def __enter__(self) -> Self:
        with quiet():
            self._library.jack_activate(self._client)
        return self

    def __exit__(self, *_: object) -> None:
        with quiet():
            self._library.jack_deactivate(self._client)
            self._library.jack_client_close(self._client)

    def sources(self) -> list[str]:
        """Every audio port that sound comes from."""
        return self._ports(IS_OUTPUT)

    def microphones(self) -> list[str]:
        """Those of a sound card."""
        return self._ports(IS_OUTPUT | IS_PHYSICAL)

    def listen(self, source: str) -> None:
        """Hear this port. Raises DeviceError where it is not there."""
        library = self._library
        own = library.jack_port_name(self._port)
        with quiet():
            refused = library.jack_connect(self._client, source.encode(), own)
        if refused:
            found = ", ".join(repr(name) for name in self.sources()) or "none"
            raise DeviceError(f"JACK has no sound from {source!r}; found: {found}")

    def latency(self, source: str) -> tuple[float, float]:
        """What JACK knows of a port: seconds from the air to it, and from it to the air.

        A sound card's input has the first, a program that is connected to its output the second.
        """
        port = ctypes.c_void_p(self._library.jack_port_by_name(self._client, source.encode()))
        if self._library.jack_port_flags(port) & IS_PHYSICAL:
            return self._longest(port, CAPTURE_LATENCY), 0.0
        return 0.0, self._longest(port, PLAYBACK_LATENCY)

    def _longest(self, port: ctypes.c_void_p, mode: int) -> float:
        found = _Range()
        self._library.jack_port_get_latency_range(port, mode, ctypes.byref(found))
        return float(found.most) / self._rate

    def _ports(self, flags: int) -> list[str]:
        names = self._library.jack_get_ports(self._client, None, AUDIO, ctypes.c_ulong(flags))
        if not names:
            return []
        found, index = [], 0
        while names[index] is not None:
            found.append(names[index].decode())
            index += 1
        self._library.jack_free(names)
        return found


def _library() -> ctypes.CDLL:
    """The libjack this process has, else the system's. Raises DeviceError."""
    path = loaded("libjack") or ctypes.util.find_library("jack")
    if path is None:
        raise DeviceError(
            "JACK's library was not found, and improv listens through JACK; install it (apt:"
            " jackd2, brew: jack)"
        )
    library = ctypes.CDLL(path)
    for name in ("client_open", "port_register", "port_get_buffer", "port_by_name"):
        getattr(library, f"jack_{name}").restype = ctypes.c_void_p
    library.jack_port_name.restype = ctypes.c_char_p
    library.jack_get_ports.restype = ctypes.POINTER(ctypes.c_char_p)
    return library
