"""The ports of ALSA's sequencer and who is connected; connecting two, and taking them apart.

Linux lists them in a file (snd_seq_info_clients_read in sound/core/seq/seq_clientmgr.c), which
costs no client. To connect ports of others is asked of libasound, as `aconnect` does.

What is sent to a program waits in its pool until it reads, 200 messages in all. Rule: one that
doesn't read is taken off before its pool is full. From then on libasound would send the first
message it doesn't take again and again to all others that are connected, and nothing behind it:
of 300 notes they hear 100 end (tests/faults/test_f07_on_alsa.py).
"""

from __future__ import annotations

import ctypes
import errno
import re
from pathlib import Path
from typing import NamedTuple

from improv.ports.loaded import loaded

CLIENTS = Path("/proc/asound/seq/clients")
DUPLEX = 3  # SND_SEQ_OPEN_DUPLEX of alsa/seq.h


class AlsaPort(NamedTuple):
    """One of anybody's."""

    name: str  # "client:port"
    gives: bool
    takes: bool
    others: tuple[str, ...] = ()  # the numbers of those it is connected to
    unread: float = 0.0  # how full its program's pool is: 1.0 takes nothing more


class _Address(ctypes.Structure):  # snd_seq_addr_t
    _fields_ = (("client", ctypes.c_ubyte), ("port", ctypes.c_ubyte))


def listed(path: Path = CLIENTS) -> dict[str, AlsaPort]:
    """All ports by their numbers, "20:0"; none where there is no such file."""
    ports: dict[str, AlsaPort] = {}
    client, name, port, pool, size = "", "", "", "", 0
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ports
    for line in lines:
        if said := re.match(r'Client +(\d+) : "(.*)"', line):
            client, name = said[1], said[2]
        elif said := re.match(r'  Port +(\d+) : "(.*)" \((.)(.)', line):
            port = f"{client}:{said[1]}"
            ports[port] = AlsaPort(f"{name}:{said[2]}", said[3] == "R", said[4] == "W")
        elif port and (said := re.match(r"    Connect(?:ing To|ed From): (.*)", line)):
            found = re.findall(r"(\d+:\d+)(?:\[[^]]*\])?(?:, |$)", said[1])
            ports[port] = ports[port]._replace(others=(*ports[port].others, *found))
        elif said := re.match(r"  (Input|Output) pool :", line):
            pool = said[1]
        elif said := re.match(r"    Pool size +: (\d+)", line):
            size = int(said[1])
        elif pool == "Input" and size and (said := re.match(r"    Cells in use +: (\d+)", line)):
            of = (at for at in ports if at.startswith(f"{client}:"))
            ports |= {at: ports[at]._replace(unread=int(said[1]) / size) for at in of}
    return ports


def connect(source: str, sink: str) -> bool:
    """Connect two ports by their numbers; whether they are connected now."""
    # EBUSY: they were already
    return _subscribe(source, sink, "subscribe") in {0, -errno.EBUSY}


def disconnect(source: str, sink: str) -> None:
    """Take two ports apart, if they are connected."""
    _subscribe(source, sink, "unsubscribe")


def _subscribe(source: str, sink: str, what: str) -> int:
    """What libasound answers; ENOSYS without it."""
    path = loaded("libasound")
    if path is None:
        return -errno.ENOSYS
    library = ctypes.CDLL(path)
    client, wanted = ctypes.c_void_p(), ctypes.c_void_p()
    if (failed := library.snd_seq_open(ctypes.byref(client), b"default", DUPLEX, 0)) < 0:
        return int(failed)
    try:
        library.snd_seq_port_subscribe_malloc(ctypes.byref(wanted))
        library.snd_seq_port_subscribe_set_sender(wanted, ctypes.byref(_address(source)))
        library.snd_seq_port_subscribe_set_dest(wanted, ctypes.byref(_address(sink)))
        answer = int(getattr(library, f"snd_seq_{what}_port")(client, wanted))
        library.snd_seq_port_subscribe_free(wanted)
        return answer
    finally:
        library.snd_seq_close(client)


def _address(port: str) -> _Address:
    client, _, number = port.partition(":")
    return _Address(int(client), int(number))
