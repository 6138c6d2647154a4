"""A MIDI system that goes and comes back under a playing instrument."""

from __future__ import annotations

from rig.support import FarEnd, JackServer, wait_for

from improv.music.opening import phrase
from improv.play.params import Params
from improv.session.messages import ModelSetup, Notice, PlayerSetup, Report, Status
from improv.session.terminal import PlayerProcess


def test_ports_come_back_with_their_server(mortal: JackServer) -> None:
    """JACK dies while it plays: the ports return with it by name, and their cables."""
    ports = ("virtual:improv",)
    player = PlayerProcess(
        PlayerSetup(Params(), 3, ModelSetup("seed", "cpu"), phrase(), 0.0, ports, ports)
    )
    player.start()
    reports: list[Report] = []

    def status() -> Status | None:
        reports.extend(player.receive())
        return next((r for r in reversed(reports) if isinstance(r, Status)), None)

    def is_open() -> bool:
        now = status()
        return now is not None and now.outputs == now.inputs == ports

    def plugged(far: FarEnd) -> bool:
        now = status()
        return now is not None and any(far.midi_in in each.others for each in now.plugged)

    def heard(far: FarEnd) -> bool:
        return any(m.is_on for m in far.heard())

    try:
        wait_for(is_open, word="the ports")
        with FarEnd(mortal.env) as far:
            far.connect("improv:out", far.midi_in)
            wait_for(lambda: heard(far), 20, word="music")
            wait_for(lambda: plugged(far), word="the cable to be known")
            mortal.stop()
        wait_for(lambda: not is_open(), word="the loss to be noticed")
        mortal.start()
        with FarEnd(mortal.env) as far:
            wait_for(is_open, 10, word="the ports to return")
            wait_for(lambda: heard(far), word="music on the new port")
    finally:
        assert player.stop() == 0
    texts = [r.text for r in reports if isinstance(r, Notice)]
    assert "lost virtual:improv; it is opened again when it returns" in texts
    assert "virtual:improv is back" in texts
