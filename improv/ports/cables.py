"""Cables: whether a port of ours is connected to the one it was opened for, and connecting ports.

A program that leaves and returns between two looks is there at both by its name, and the cable to
it is gone; so it is with a keyboard whose plug was in the wrong hole for half a second. On JACK
there may have been none from the start: a program makes its ports before it works, JACK connects
it to nothing until then, and rtmidi doesn't say so. ALSA lists every cable in a file of Linux
(snd_seq_info_clients_read in sound/core/seq/seq_clientmgr.c), JACK's are asked of libjack. On
macOS and Windows nobody is asked, and a cable is taken to be there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from improv.errors import DeviceError
from improv.ports.backend import Backend
from improv.ports.jack_pulse import IS_INPUT, IS_OUTPUT, JACK_CLIENTS

TAKES = 0.2
"""Seconds that a cable may take: PipeWire tells the programs on its JACK of it a little later."""
LOOK = 0.005
ALSA_CLIENTS = Path("/proc/asound/seq/clients")


class Asked(NamedTuple):
    """Who is asked: for all ports that may be our end, and for those that one is connected to."""

    ends: Callable[[], Collection[str]]
    others: Callable[[str], Collection[str]]


class Cable:
    """One that may be there or not; made just before a port is opened, `plugged` just after."""

    def __init__(self, direction: str, backend: Backend) -> None:
        """`direction`: MidiOut for one that notes go out by, MidiIn for one they come in by."""
        self._asked = _asked(direction, backend)
        self._may_be_late = backend is Backend.JACK
        self._before = set(self._asked.ends())
        self._end = ""  # ours

    def plugged(self, port: str) -> None:
        """Find our new end, which is to be connected to a port. Raises DeviceError if it is not.

        Args:
            port: as JACK calls it; on ALSA its number, "20:0".
        """
        deadline = time.monotonic() + TAKES
        while new := set(self._asked.ends()) - self._before:
            self._end = next((end for end in new if port in self._asked.others(end)), "")
            if self._end or not self._may_be_late:
                return
            if time.monotonic() > deadline:
                raise DeviceError(f"{port} takes no cable; wait until its program is ready")
            time.sleep(LOOK)

    @property
    def is_there(self) -> bool:
        """Whether our end is connected, to whatever: a musician may have moved the cable."""
        return not self._end or bool(self._asked.others(self._end))


def plugged(port: str, backend: Backend) -> tuple[str, ...]:
    """What others have connected to a port that was made here; none where nobody can be asked."""
    return JACK_CLIENTS.cables(port) if backend is Backend.JACK else ()


def plug(source: str, sink: str, backend: Backend) -> bool:
    """Connect two ports by their names; whether they are connected now."""
    return backend is Backend.JACK and JACK_CLIENTS.plug(source, sink)


def _asked(direction: str, backend: Backend) -> Asked:
    match backend:
        case Backend.JACK:
            flag = IS_OUTPUT if direction == "MidiOut" else IS_INPUT
            return Asked(lambda: JACK_CLIENTS.ports(flag), JACK_CLIENTS.cables)
        case Backend.ALSA:
            return asked_of_alsa(ALSA_CLIENTS)
        case _:
            return Asked(tuple, lambda _: ())


def asked_of_alsa(path: Path) -> Asked:
    """The file that lists its clients."""
    return Asked(lambda: alsa_ends(path), lambda end: alsa_ends(path).get(end, ()))


def alsa_ends(path: Path) -> dict[str, set[str]]:
    """The ports of ALSA's sequencer by their numbers, "20:0"; none where there is no such file."""
    ends: dict[str, set[str]] = {}
    client, port = "", ""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ends
    for line in lines:
        if said := re.match(r"Client +(\d+) : ", line):
            client = said[1]
        elif said := re.match(r"  Port +(\d+) : ", line):
            port = f"{client}:{said[1]}"
            ends[port] = set()
        elif port and (said := re.match(r"    Connect(?:ing To|ed From): (.*)", line)):
            ends[port] |= set(re.findall(r"\d+:\d+", said[1]))
    return ends
