"""Cables as ALSA lists them; JACK's are in tests/faults/test_f07_cable_goes.py, on real ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from improv.errors import DeviceError
from improv.ports import cables
from improv.ports.backend import Backend
from improv.ports.cables import Cable, alsa_ends, asked_of_alsa

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
Client 128 : "improv-to" [User Legacy]
Client 130 : "other" [User Legacy]
  Port   1 : "out" (R-e-)
    Connecting To: 20:0[real:0], 0:1[ex]
    Connected From: 20:0
"""
OUR_PORT = """Client 128 : "improv-to" [User Legacy]
  Port   0 : "out" (----) [Out]
    Connecting To: 20:0
  Output pool :
    Pool size          : 500
"""
AFTER = BEFORE.replace(
    "(RWeX) [In/Out]\n", "(RWeX) [In/Out]\n    Connected From: 128:0, 130:1[real:0]\n"
).replace('Client 128 : "improv-to" [User Legacy]\n', OUR_PORT)


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which ALSA lists them."""
    path = tmp_path / "clients"
    path.write_text(BEFORE)
    monkeypatch.setattr(cables, "_asked", lambda *_: asked_of_alsa(path))
    return path


def plugged(listed: Path) -> Cable:
    cable = Cable("MidiOut", Backend.ALSA)
    listed.write_text(AFTER)
    cable.plugged("20:0")
    return cable


def test_each_port_has_those_it_is_connected_to_either_way(listed: Path) -> None:
    """As kernels old and new list them, with what is said of each connection left out."""
    listed.write_text(AFTER)
    ends = alsa_ends(listed)
    assert ends["20:0"] == {"128:0", "130:1"}
    assert ends["128:0"] == {"20:0"}
    assert ends["130:1"] == {"20:0", "0:1"}
    assert ends["0:0"] == set()


def test_a_machine_without_alsa_has_no_ports(tmp_path: Path) -> None:
    assert alsa_ends(tmp_path / "clients") == {}


def test_a_cable_that_is_pulled_is_seen_though_both_ports_are_there(listed: Path) -> None:
    cable = plugged(listed)
    assert cable.is_there
    listed.write_text(AFTER.replace("    Connecting To: 20:0\n", ""))
    assert not cable.is_there


def test_a_cable_that_the_musician_has_put_elsewhere_is_there(listed: Path) -> None:
    cable = plugged(listed)
    listed.write_text(AFTER.replace("    Connecting To: 20:0\n", "    Connecting To: 24:0\n"))
    assert cable.is_there


def test_where_our_end_is_not_found_the_cable_is_taken_to_be_there(listed: Path) -> None:
    """ALSA itself refuses what it does not connect."""
    cable = Cable("MidiOut", Backend.ALSA)
    cable.plugged("20:0")
    assert cable.is_there


def test_on_jack_one_that_does_not_come_is_refused(listed: Path) -> None:
    cable = Cable("MidiOut", Backend.JACK)
    listed.write_text(AFTER.replace("    Connecting To: 20:0\n", ""))
    with pytest.raises(DeviceError, match="20:0 takes no cable"):
        cable.plugged("20:0")


def test_where_nobody_can_be_asked_it_is_taken_to_be_there() -> None:
    cable = Cable("MidiIn", Backend.COREMIDI)
    cable.plugged("keys")
    assert cable.is_there
