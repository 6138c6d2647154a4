"""What was connected to our ports is connected again, and what was pulled is not."""

from __future__ import annotations

from improv.ports.spec import Plugged
from improv.session.plugs import Moved, Plugs

SYNTH, DAW = "synth:in", "daw:in"
BEFORE = Plugged("output", "virtual:improv", (SYNTH, DAW))


class Port:
    """A virtual port, on a server where only some others are there."""

    name = "virtual:improv"

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.cables: list[str] = []
        self.hang: set[str] = set()

    @property
    def plugged(self) -> tuple[str, ...]:
        return tuple(self.cables)

    def plug(self, other: str) -> bool:
        takes = other in self.there and other not in self.hang
        if takes and other not in self.cables:
            self.cables.append(other)
        return takes

    def unplug_stuck(self) -> tuple[str, ...]:
        stuck = tuple(other for other in self.cables if other in self.hang)
        self.cables = [other for other in self.cables if other not in stuck]
        return stuck


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
    assert plugs.look("output", port, {SYNTH}) == Moved(pulled=(SYNTH,))
    assert not any(plugs.look("output", port, {SYNTH}))
    assert port.plugged == ()
    assert plugs.all == ()


def test_who_leaves_and_returns_is_told_once_each():
    plugs, port = Plugs(), Port(SYNTH, DAW)
    plugs.opened("output", port)
    port.cables = [SYNTH, DAW]
    assert plugs.look("output", port, {SYNTH, DAW}) == Moved(new=(SYNTH, DAW))
    assert not any(plugs.look("output", port, {SYNTH, DAW}))
    port.cables, port.there = [DAW], {DAW}
    assert plugs.look("output", port, {DAW}) == Moved(gone=(SYNTH,))
    assert not any(plugs.look("output", port, {DAW}))
    port.there = {SYNTH, DAW}
    assert plugs.look("output", port, port.there) == Moved(back=(SYNTH,))
    assert not any(plugs.look("output", port, port.there))


def test_who_hangs_is_taken_off_until_it_reads():
    """The others would hear nothing more."""
    plugs, port = Plugs(), Port(SYNTH, DAW)
    plugs.opened("output", port)
    port.cables = [SYNTH, DAW]
    plugs.look("output", port, port.there)
    port.hang = {DAW}
    moved = plugs.look("output", port, port.there)
    assert moved == Moved(gone=(DAW,), hang=(DAW,))
    assert "daw:in takes no notes: it hangs" in next(moved.notices("output", "virtual:improv")).text
    assert port.plugged == (SYNTH,)
    assert plugs.all == (BEFORE,), "should this player be killed meanwhile"
    assert not any(plugs.look("output", port, port.there))
    port.hang = set()
    assert plugs.look("output", port, port.there) == Moved(back=(DAW,))
    assert port.plugged == (SYNTH, DAW)
