"""What was connected to our ports is connected again, and what was pulled is not."""

from __future__ import annotations

from improv.ports.spec import Plugged
from improv.session.plugs import Plugs

SYNTH, DAW = "synth:in", "daw:in"
BEFORE = Plugged("output", "virtual:improv", (SYNTH, DAW))


class Port:
    """A virtual port, on a server where only some others are there."""

    name = "virtual:improv"

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.cables: list[str] = []

    @property
    def plugged(self) -> tuple[str, ...]:
        return tuple(self.cables)

    def plug(self, other: str) -> bool:
        if other in self.there:
            self.cables.append(other)
        return other in self.there


def test_a_port_that_is_made_again_has_the_cables_of_the_one_before():
    plugs, port = Plugs([BEFORE]), Port(SYNTH, DAW)
    plugs.opened("output", port)
    assert port.plugged == (SYNTH, DAW)
    assert plugs.all == (BEFORE,)


def test_a_port_of_the_other_way_has_none_of_them():
    plugs, port = Plugs([BEFORE]), Port(SYNTH, DAW)
    plugs.opened("input", port)
    assert port.plugged == ()
    assert plugs.all == (BEFORE,)


def test_one_that_comes_later_is_waited_for():
    plugs, port = Plugs([BEFORE]), Port(SYNTH)
    plugs.opened("output", port)
    assert port.plugged == (SYNTH,)
    assert plugs.all == (BEFORE,)  # should this player be killed as well
    plugs.look("output", port, port.there)
    port.there.add(DAW)
    plugs.look("output", port, port.there)
    assert port.plugged == (SYNTH, DAW)
    assert plugs.all == (BEFORE,)


def test_one_that_leaves_and_returns_is_connected_again():
    plugs, port = Plugs(), Port(SYNTH)
    plugs.opened("output", port)
    port.cables = [SYNTH]
    plugs.look("output", port, {SYNTH})
    port.cables, port.there = [], set()
    for _ in range(20):
        plugs.look("output", port, set())
    port.there = {SYNTH}
    plugs.look("output", port, {SYNTH})
    assert port.plugged == (SYNTH,)


def test_a_cable_that_is_pulled_is_forgotten_and_a_new_one_known():
    plugs, port = Plugs(), Port(SYNTH)
    plugs.opened("output", port)
    assert plugs.all == ()
    port.cables = [SYNTH]
    plugs.look("output", port, {SYNTH})
    assert plugs.all == (BEFORE._replace(others=(SYNTH,)),)
    port.cables = []
    plugs.look("output", port, {SYNTH})
    plugs.look("output", port, {SYNTH})
    assert port.plugged == ()
    assert plugs.all == ()
