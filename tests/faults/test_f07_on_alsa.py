"""F7 on ALSA: who leaves, who returns, and who hangs, so that all others would hear no more.

The tests that are slow are of a whole player; the machine is slow too: nothing is timed.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from alsa.far_end import FarEnd
from alsa.fixtures import SLOW, Hanging, Programs, Start, cable, music, number
from faults.instrument import CHORD, down
from rig.support import wait_for, wait_until

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.clock import monotonic
from improv.ports import alsa_graph
from improv.ports.backend import PortWatch
from improv.ports.midi import MidiOutput, open_output
from improv.ports.spec import parse_spec
from improv.session.messages import Action, Transport
from improv.session.plugs import Moved, Plugs

Say = Callable[[str], None]
ON, OFF = bytes((0x90, 60, 80)), bytes((0x80, 60, 0))
NOTES = 300  # who hangs has room for 100


class Looking:
    """An open output that is looked at now and then, as the rack does it each second."""

    def __init__(self, spec: str) -> None:
        self.output: MidiOutput = open_output(parse_spec(spec))
        self._watch = PortWatch()
        self._plugs = Plugs()
        self._plugs.opened("output", self.output)

    def play(self, notes: int) -> None:
        """Send notes one after another, and look after every ten."""
        for note in range(notes):
            for message in (ON, OFF):
                with suppress(DeviceError):
                    self.output.send(message, monotonic(), Source.IMPROV)
            if note % 10 == 0:
                self.look()

    def look(self) -> Moved:
        there = self._watch.look()
        return self._plugs.look("output", self.output, (*there.inputs, *there.outputs))

    def is_there(self) -> bool:
        return self.output.is_there(self._watch.look())

    def close(self) -> None:
        self.output.close()
        self._watch.close()


@pytest.fixture
def looking(alsa: None) -> Iterator[Callable[[str], Looking]]:
    made: list[Looking] = []

    def start(spec: str) -> Looking:
        made.append(Looking(spec))
        return made[-1]

    yield start
    for each in made:
        each.close()


Look = Callable[[str], Looking]


def heard_beside(looking: Looking, synth: FarEnd, daw: subprocess.Popen[bytes]) -> int:
    """Of how many notes a synth hears the end, while another program that listens stands still."""
    assert looking.output.plug("daw:in")  # first, so that it is served first
    assert looking.output.plug(synth.midi_in)
    os.kill(daw.pid, signal.SIGSTOP)
    looking.play(NOTES)
    wait_until(monotonic() + 1.0)
    return [message.data for message in synth.heard()].count(OFF)


def test_who_hangs_keeps_nobody_else_from_hearing(
    looking: Look, program: Programs, hanging: Hanging, figure: Say
) -> None:
    """ALSA keeps 200 messages for it; with the next one, all who listen would hear no more."""
    virtual, synth, daw = looking("virtual:improv"), program("synth"), hanging("daw")
    heard = heard_beside(virtual, synth, daw)
    assert virtual.output.plugged == (synth.midi_in,)
    os.kill(daw.pid, signal.SIGCONT)
    wait_for(lambda: "daw:in" in virtual.look().back, SLOW, "its return")
    assert set(virtual.output.plugged) == {synth.midi_in, "daw:in"}
    figure(f"on ALSA: beside a program that hangs {heard} of {NOTES} notes end")
    assert heard == NOTES


def test_without_taking_it_off_nobody_hears_more(
    looking: Look,
    program: Programs,
    hanging: Hanging,
    monkeypatch: pytest.MonkeyPatch,
    figure: Say,
) -> None:
    monkeypatch.setattr(MidiOutput, "unplug_stuck", lambda self: ())
    heard = heard_beside(looking("virtual:improv"), program("synth"), hanging("daw"))
    figure(f"on ALSA: beside a program that hangs {heard} of {NOTES} notes end")
    assert heard < NOTES // 2


def test_a_port_whose_program_hangs_is_not_there_until_it_reads(
    looking: Look, hanging: Hanging
) -> None:
    daw = hanging("daw")
    port = looking("port:daw:in")
    os.kill(daw.pid, signal.SIGSTOP)
    port.play(75)
    assert not port.is_there()
    port.output.close()
    with pytest.raises(DeviceError, match="takes no notes: its program hangs"):
        looking("port:daw:in")
    os.kill(daw.pid, signal.SIGCONT)
    wait_for(lambda: not alsa_graph.listed()[number("daw:in")].unread, SLOW, "it to read")
    assert looking("port:daw:in").is_there()


def play_through(keys: FarEnd, notes: int) -> None:
    """Play notes, each let go before the next, no faster than the machine takes them in."""
    for note in range(notes):
        pitch = 40 + note % 40
        keys.play(bytes((0x90, pitch, 80)), bytes((0x80, pitch, 0)))
        wait_until(monotonic() + 0.03)


@pytest.mark.slow
def test_a_player_plays_on_beside_one_that_hangs(
    program: Programs, on_alsa: Start, hanging: Hanging, figure: Say
) -> None:
    keys, synth, daw = program("keys"), program("synth"), hanging("daw")
    playing = on_alsa(inputs=("port:keys:out",))
    cable("improv:out", "daw:in")
    cable("improv:out", synth.midi_in)
    wait_for(lambda: playing.status.plugged, SLOW, "the cables to be known")
    playing.player.send(Transport(Action.PAUSE))  # none but your notes
    before = len(synth.heard())
    os.kill(daw.pid, signal.SIGSTOP)
    play_through(keys, NOTES)
    wait_until(monotonic() + 2.0)
    offs = [m for m in synth.heard()[before:] if m.data[0] & 0xF0 == 0x80]
    assert "daw:in takes no notes: it hangs" in playing.words
    os.kill(daw.pid, signal.SIGCONT)
    wait_for(lambda: "daw:in hears virtual:improv again" in playing.words, SLOW, "its return")
    assert playing.end().sounding == 0
    figure(f"on ALSA: a player beside a program that hangs: {len(offs)} of {NOTES} notes end")
    assert len(offs) == NOTES


@pytest.mark.slow
def test_a_port_whose_program_hangs_is_lost_until_it_reads(
    program: Programs, on_alsa: Start, hanging: Hanging, figure: Say
) -> None:
    keys, daw = program("keys"), hanging("daw")
    playing = on_alsa(outputs=("port:daw:in",), inputs=("port:keys:out",))
    playing.player.send(Transport(Action.PAUSE))
    os.kill(daw.pid, signal.SIGSTOP)
    play_through(keys, 70)
    wait_for(lambda: "lost port:daw:in" in playing.words, SLOW, "the banner")
    wait_until(monotonic() + 3.0)
    assert playing.status.outputs == ()
    os.kill(daw.pid, signal.SIGCONT)
    wait_for(lambda: "port:daw:in is back" in playing.words, SLOW, "its return")
    assert playing.end().sounding == 0
    figure("on ALSA: a port whose program hangs is lost, and back when it reads again")


@pytest.mark.slow
def test_what_rang_at_a_synth_that_went_is_let_go_when_it_is_back(
    program: Programs, on_alsa: Start, figure: Say
) -> None:
    synth, keys = program("synth"), program("keys")
    playing = on_alsa(outputs=("port:synth:in",), inputs=("port:keys:out",))
    playing.player.send(Transport(Action.PAUSE))
    keys.play(*(bytes((0x90, pitch, 80)) for pitch in CHORD))
    wait_for(lambda: down(synth.heard()) == set(CHORD), SLOW, "the chord")
    synth.leave()
    wait_for(lambda: "lost port:synth:in" in playing.words, SLOW, "the banner")
    keys.play(*(bytes((0x80, pitch, 0)) for pitch in CHORD))
    wait_until(monotonic() + 1.0)
    synth.come()
    wait_for(lambda: down(synth.heard()) == set(), SLOW, "the release")
    playing.player.send(Transport(Action.PLAY))
    music(synth)
    assert playing.end().sounding == 0
    figure("on ALSA: what rang at a synth that went is let go when it is back")


@pytest.mark.slow
def test_what_rang_with_one_who_left_our_port_is_let_go_when_it_is_back(
    program: Programs, on_alsa: Start, figure: Say
) -> None:
    """So it is with a synth behind a bridge that is started again."""
    keys, bridge = program("keys"), program("bridge")
    playing = on_alsa(inputs=("port:keys:out",))
    cable("improv:out", bridge.midi_in)
    wait_for(lambda: playing.status.plugged, SLOW, "the cable to be known")
    playing.player.send(Transport(Action.PAUSE))
    keys.play(*(bytes((0x90, pitch, 80)) for pitch in CHORD))
    wait_for(lambda: down(bridge.heard()) == set(CHORD), SLOW, "the chord")
    bridge.leave()
    wait_for(lambda: "bridge:in has gone" in playing.words, SLOW, "the banner")
    keys.play(*(bytes((0x80, pitch, 0)) for pitch in CHORD[1:]))
    wait_until(monotonic() + 1.0)
    bridge.come()
    wait_for(lambda: down(bridge.heard()) == {CHORD[0]}, SLOW, "all but the key that is held")
    keys.play(bytes((0x80, CHORD[0], 0)))
    wait_for(lambda: down(bridge.heard()) == set(), SLOW, "the last off")
    assert playing.end().sounding == 0
    figure("on ALSA: who listened on our own port is let go when it is back, but for what is held")
