"""Cables as ALSA lists them; those of real ports are in tests/alsa and tests/faults/test_f07_*."""

from __future__ import annotations

from pathlib import Path

import pytest

from improv.errors import DeviceError
from improv.ports import cables
from improv.ports.alsa_graph import listed
from improv.ports.backend import Backend
from improv.ports.cables import AlsaGraph, Cable, cable

BEFORE = """Client info
  cur  clients : 3
  peak clients : 4
  max  clients : 192

Client   0 : "System" [Kernel Legacy]
  Port   0 : "Timer" (Rwe-) [In/Out]
  Port   1 : "Announce" (R-e-) [Out]
    Connecting To: 129:0
Client  20 : "Client 9 : micro" [Kernel UMP MIDI1]
  Port   0 : "MicroFreak MIDI 1" (RWeX) [In/Out]
  Output pool :
    Pool size          : 500
    Cells in use       : 0
  Input pool :
    Pool size          : 200
    Cells in use       : 30
Client 128 : "improv-to" [User Legacy]
Client 130 : "other" [User Legacy]
  Port   1 : "out" (R-e-)
    Connecting To: 20:0[real:0], 0:1[ex]
    Connected From: 20:0
"""
OUR_PORT = """Client 128 : "improv-to" [User Legacy]
  Port   0 : "out" (R-e-) [Out]
    Connecting To: 20:0
  Output pool :
    Pool size          : 500
    Cells in use       : 400
"""
AFTER = BEFORE.replace(
    "(RWeX) [In/Out]\n", "(RWeX) [In/Out]\n    Connected From: 128:0, 130:1[real:0]\n"
).replace('Client 128 : "improv-to" [User Legacy]\n', OUR_PORT)

HANGS = AFTER.replace("Cells in use       : 30", "Cells in use       : 150")


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """The file in which ALSA lists them."""
    path = tmp_path / "clients"
    path.write_text(BEFORE)
    return path


def made(clients: Path, *, may_be_late: bool = False) -> Cable:
    return Cable(AlsaGraph(out=True, path=clients), may_be_late=may_be_late)


def plugged(clients: Path) -> Cable:
    cable = made(clients)
    clients.write_text(AFTER)
    cable.plugged("20:0")
    return cable


def test_each_port_has_those_it_is_connected_to_either_way(clients: Path) -> None:
    """As kernels old and new list them, with what is said of each connection left out."""
    clients.write_text(AFTER)
    ports = listed(clients)
    assert set(ports["20:0"].others) == {"128:0", "130:1"}
    assert ports["128:0"].others == ("20:0",)
    assert set(ports["130:1"].others) == {"20:0", "0:1"}
    assert ports["0:0"].others == ()


def test_each_port_has_its_name_and_what_its_program_has_not_read(clients: Path) -> None:
    clients.write_text(AFTER)
    ports = listed(clients)
    assert ports["20:0"].name == "Client 9 : micro:MicroFreak MIDI 1"
    assert (ports["20:0"].gives, ports["20:0"].takes) == (True, True)
    assert (ports["0:1"].gives, ports["0:1"].takes) == (True, False)
    assert ports["20:0"].unread == 0.15
    assert ports["128:0"].unread == 0.0, "what it has not sent is no matter"


def test_a_machine_without_alsa_has_no_ports(tmp_path: Path) -> None:
    assert listed(tmp_path / "clients") == {}


def test_a_cable_that_is_pulled_is_seen_though_both_ports_are_there(clients: Path) -> None:
    cable = plugged(clients)
    assert cable.is_there
    clients.write_text(AFTER.replace("    Connecting To: 20:0\n", ""))
    assert not cable.is_there


def test_a_cable_that_the_musician_has_put_elsewhere_is_there(clients: Path) -> None:
    cable = plugged(clients)
    clients.write_text(AFTER.replace("    Connecting To: 20:0\n", "    Connecting To: 24:0\n"))
    assert cable.is_there


def test_where_our_end_is_not_found_the_cable_is_taken_to_be_there(clients: Path) -> None:
    """ALSA itself refuses what it does not connect."""
    cable = made(clients)
    cable.plugged("20:0")
    assert cable.is_there


def test_on_jack_one_that_does_not_come_is_refused(clients: Path) -> None:
    cable = made(clients, may_be_late=True)
    clients.write_text(AFTER.replace("    Connecting To: 20:0\n", ""))
    with pytest.raises(DeviceError, match="20:0 takes no cable"):
        cable.plugged("20:0")


def test_who_hangs_is_seen_by_name_and_takes_no_cable(clients: Path) -> None:
    cable = plugged(clients)
    assert cable.others == ("Client 9 : micro:MicroFreak MIDI 1",)
    assert cable.stuck == ()
    clients.write_text(HANGS)
    assert cable.stuck == cable.others
    assert not cable.connect(cable.others[0])
    with pytest.raises(DeviceError, match="takes no notes: its program hangs"):
        made(clients).plugged("20:0")


def test_who_reads_a_moment_later_does_not_hang(
    clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cable = plugged(clients)
    clients.write_text(HANGS)
    monkeypatch.setattr(cables.time, "sleep", lambda _: clients.write_text(AFTER))
    assert cable.stuck == ()


def test_two_of_one_name_are_told_apart_as_rtmidi_does(clients: Path) -> None:
    twin = OUR_PORT.replace("128", "129")
    clients.write_text(BEFORE)
    cable = made(clients)
    clients.write_text(AFTER)
    cable.made("improv-to")
    assert (cable.end, cable.name) == ("128:0", "improv-to:out")
    clients.write_text(AFTER + twin)
    assert cable.name == "improv-to:out 128:0"
    clients.write_text(BEFORE)
    assert cable.name == ""


def test_where_nobody_can_be_asked_it_is_taken_to_be_there() -> None:
    there = cable("MidiIn", Backend.COREMIDI)
    there.plugged("keys")
    assert there.is_there
    assert there.stuck == there.others == ()
