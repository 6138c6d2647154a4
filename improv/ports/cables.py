"""Cables: who is connected to a port of ours, whether anybody is, and connecting it again.

A program that leaves and returns between two looks is there at both by its name, and the cable to
it is gone; so it is with a keyboard whose plug was in the wrong hole for half a second. On JACK
there may have been none from the start: a program makes its ports before it works, JACK connects
it to nothing until then, and rtmidi doesn't say so. On ALSA a program that doesn't read keeps all
others that listen to the same port from hearing more (alsa_graph.py): it is taken off. On macOS
and Windows nobody is asked, and a cable is taken to be there.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from improv.errors import DeviceError
from improv.ports import alsa_graph
from improv.ports.backend import Backend, stable_names
from improv.ports.jack_pulse import IS_INPUT, IS_OUTPUT, JACK_CLIENTS

TAKES = 0.2
"""Seconds that a cable may take: PipeWire tells the programs on its JACK of it a little later. And
that a program may take to read what came at once."""
LOOK = 0.005
UNREAD = 0.5
"""How full a program's pool may be: who reads at all leaves next to nothing in it."""


class Graph(Protocol):
    """All ports of a MIDI system by their addresses, as one looks at them to connect one way.

    An address is of one port as long as it is there; a name is what a musician sees, the same
    tomorrow, and may be of several.
    """

    def ends(self) -> Mapping[str, str]:
        """Those that may be our end of a cable: their names by their addresses."""

    def far_ends(self) -> Mapping[str, str]:
        """The same of those that may be the other end."""

    def others(self, end: str) -> Collection[str]:
        """The addresses of those that one is connected to."""

    def unread(self, other: str) -> float:
        """How full of what it hasn't read the program of one is; 1.0 takes no more."""

    def connect(self, end: str, other: str) -> bool:
        """Connect two addresses; whether they are connected now."""

    def disconnect(self, end: str, other: str) -> None:
        """Take them apart."""


class Cable:
    """One that may be there or not, from a port of ours: made just before that is."""

    def __init__(self, graph: Graph, *, may_be_late: bool = False) -> None:
        self._graph = graph
        self._may_be_late = may_be_late
        self._before = set(graph.ends())
        self.end = ""  # the address of ours; empty where it was not found

    def made(self, name: str) -> None:
        """Find our end, which others may connect to, by how its name begins."""
        new = (at for at in self._new() if self._graph.ends().get(at, "").startswith(name))
        self.end = next(new, "")

    def plugged(self, port: str) -> None:
        """Find our end, which is to be connected to a port by now. Raises DeviceError if not.

        Args:
            port: its address.
        """
        if self._graph.unread(port) > UNREAD:
            raise DeviceError(f"{port} takes no notes: its program hangs; start it again")
        deadline = time.monotonic() + TAKES
        while new := self._new():
            self.end = next((end for end in new if port in self._graph.others(end)), "")
            if self.end or not self._may_be_late:
                return
            if time.monotonic() > deadline:
                raise DeviceError(f"{port} takes no cable; wait until its program is ready")
            time.sleep(LOOK)

    def _new(self) -> list[str]:
        return [at for at in self._graph.ends() if at not in self._before]

    @property
    def name(self) -> str:
        """What our end is called now; empty where it is not there."""
        return self._graph.ends().get(self.end, "")

    @property
    def is_there(self) -> bool:
        """Whether our end is connected, to whatever: a musician may have moved the cable."""
        return not self.end or bool(self._graph.others(self.end))

    @property
    def others(self) -> tuple[str, ...]:
        """The names of those that are connected to our end."""
        names = self._graph.far_ends()
        others = self._graph.others(self.end) if self.end else ()
        return tuple(names[other] for other in others if other in names)

    @property
    def stuck(self) -> tuple[str, ...]:
        """The names of those connected that hang: they don't read what comes.

        A full release can be more than a program reads at once, so one that seems to is looked at
        twice.
        """
        hang = self._behind(self._graph.others(self.end) if self.end else ())
        if hang:
            time.sleep(TAKES)
            hang = self._behind(hang)
        names = self._graph.far_ends() if hang else {}
        return tuple(names[other] for other in hang if other in names)

    def _behind(self, others: Collection[str]) -> list[str]:
        return [other for other in others if self._graph.unread(other) > UNREAD]

    def connect(self, name: str) -> bool:
        """Connect our end to the port of this name, if it doesn't hang; whether it is now."""
        far = self._far(name)
        if not self.end or not far or self._graph.unread(far) > UNREAD:
            return False
        return self._graph.connect(self.end, far)

    def disconnect(self, name: str) -> None:
        """Take our end off the port of this name."""
        if self.end and (far := self._far(name)):
            self._graph.disconnect(self.end, far)

    def _far(self, name: str) -> str:
        return next((at for at, called in self._graph.far_ends().items() if called == name), "")


def cable(direction: str, backend: Backend) -> Cable:
    """`direction`: MidiOut for one that notes go out by, MidiIn for one they come in by."""
    out = direction == "MidiOut"
    match backend:
        case Backend.JACK:
            return Cable(JackGraph(out=out), may_be_late=True)
        case Backend.ALSA:
            return Cable(AlsaGraph(out=out))
        case _:
            return Cable(Unknown())


class JackGraph:
    """Asked of libjack; an address is the name."""

    def __init__(self, *, out: bool) -> None:
        self._out = out

    def ends(self) -> Mapping[str, str]:
        return self._listed(out=self._out)

    def far_ends(self) -> Mapping[str, str]:
        return self._listed(out=not self._out)

    def _listed(self, *, out: bool) -> Mapping[str, str]:
        names = JACK_CLIENTS.ports(IS_OUTPUT if out else IS_INPUT)
        return dict(zip(names, names, strict=True))

    def others(self, end: str) -> Collection[str]:
        return JACK_CLIENTS.cables(end)

    def unread(self, other: str) -> float:  # noqa: ARG002  # JACK throws out who doesn't read
        return 0.0

    def connect(self, end: str, other: str) -> bool:
        return JACK_CLIENTS.plug(*((end, other) if self._out else (other, end)))

    def disconnect(self, end: str, other: str) -> None:
        """Never asked for: nobody hangs."""


class AlsaGraph:
    """Read from Linux's list; an address is the number, "20:0"."""

    def __init__(self, *, out: bool, path: Path = alsa_graph.CLIENTS) -> None:
        self._out = out
        self._path = path

    def ends(self) -> Mapping[str, str]:
        return self._listed(out=self._out)

    def far_ends(self) -> Mapping[str, str]:
        return self._listed(out=not self._out)

    def _listed(self, *, out: bool) -> Mapping[str, str]:
        ports = alsa_graph.listed(self._path)
        there = {at: port.name for at, port in ports.items() if (port.gives if out else port.takes)}
        long = [f"{name} {at}" for at, name in there.items()]  # as rtmidi has them
        return dict(zip(there, stable_names(long, Backend.ALSA), strict=True))

    def others(self, end: str) -> Collection[str]:
        port = alsa_graph.listed(self._path).get(end)
        return port.others if port is not None else ()

    def unread(self, other: str) -> float:
        port = alsa_graph.listed(self._path).get(other)
        return port.unread if port is not None and self._out else 0.0

    def connect(self, end: str, other: str) -> bool:
        return alsa_graph.connect(*((end, other) if self._out else (other, end)))

    def disconnect(self, end: str, other: str) -> None:
        alsa_graph.disconnect(*((end, other) if self._out else (other, end)))


class Unknown:
    """Where nobody can be asked."""

    def ends(self) -> Mapping[str, str]:
        return {}

    def far_ends(self) -> Mapping[str, str]:
        return {}

    def others(self, end: str) -> Collection[str]:  # noqa: ARG002  # Graph's
        return ()

    def unread(self, other: str) -> float:  # noqa: ARG002  # Graph's
        return 0.0

    def connect(self, end: str, other: str) -> bool:  # noqa: ARG002  # Graph's
        return False

    def disconnect(self, end: str, other: str) -> None:
        pass
