"""F7, the worse half: a port that stays and takes nothing more, so that the send doesn't return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.instrument import Playing, down, hold_chord
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, JackServer, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session import sending
from improv.session.messages import Action, Transport

BLOCKS = "port:keys:in"
DRIVER = """
import ctypes, os
from improv.ports.midi import MidiOutput
send = MidiOutput.send
def stand(self, message, at, source):
    if self.name == "port:keys:in" and os.path.exists({flag!r}):
        ctypes.PyDLL(None).sleep(1000)  # as rtmidi does, with Python's lock held
    send(self, message, at, source)
MidiOutput.send = stand
"""
Say = Callable[[str], None]


class Hung:
    """A player with two outputs, one of which has just begun to take nothing, a chord held down."""

    def __init__(self, far: FarEnd, rig: JackServer, flag: Path) -> None:
        self.rig, self.flag = rig, flag
        self.keys = FarEnd(rig.env, "keys").__enter__()
        self.playing = Playing(setup(outputs=("virtual:improv", BLOCKS)))
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        self.playing.wait_ready()
        self.playing.wait_cabled()
        hold_chord(far)
        self.playing.player.send(Transport(Action.PLAY))
        wait_for(lambda: len(self.playing.sounded()) > 6, 20, "music")
        self.first, self.since = self.playing.pid, monotonic()
        flag.touch()

    def replug(self) -> None:
        self.keys.__exit__(None, None, None)
        wait_until(monotonic() + 1.2)  # until it was seen to be gone
        self.flag.unlink()
        self.keys = FarEnd(self.rig.env, "keys").__enter__()


@pytest.fixture
def hung(
    far: FarEnd, rig: JackServer, mutant: Callable[[str], None], tmp_path: Path
) -> Iterator[Hung]:
    mutant(DRIVER.format(flag=str(tmp_path / "blocks")))
    made = Hung(far, rig, tmp_path / "blocks")
    yield made
    made.playing.player.stop()
    made.keys.__exit__(None, None, None)


def test_an_output_that_blocks_is_left_out_and_the_others_go_on(
    far: FarEnd, hung: Hung, figure: Say
) -> None:
    """Told at once, every note let go, music again; it is opened again when it was unplugged."""
    playing = hung.playing
    wait_for(lambda: f"{BLOCKS} took no more notes" in playing.words, 10, "the banner")
    told = monotonic() - hung.since
    released = playing.wait_released(far, hung.since)
    again = wait_for(lambda: [n for n in playing.sounded() if n.start > released][2:], 20, "music")
    assert playing.pid != hung.first
    assert playing.status.outputs == ("virtual:improv",)
    hung.replug()
    wait_for(lambda: BLOCKS in playing.status.outputs, 10, "the output that was unplugged")
    wait_for(lambda: any(m.is_on for m in hung.keys.heard()), 20, "music there")
    assert playing.words.count("the player died") == 1
    assert playing.end().sounding == 0
    wait_until(monotonic() + 0.1)
    assert down(far.heard()) == set()
    let_go, back = released - hung.since, again[0].start - hung.since
    figure(
        f"an output blocks: told after {told:.1f} s, all let go at the other one after "
        f"{let_go:.1f} s, music again there after {back:.1f} s"
    )
    assert told < sending.LIMIT + allowed(0.3)
    assert let_go < sending.LIMIT + allowed(2.0)


def test_without_looking_at_the_send_all_outputs_are_silent_for_seconds(
    far: FarEnd, hung: Hung, figure: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left is the player's silence, and the next player hangs in the same output."""
    monkeypatch.setattr(sending, "LIMIT", float("inf"))
    playing = hung.playing
    wait_for(lambda: "has said nothing for" in playing.words, 10, "the banner")
    told = monotonic() - hung.since
    wait_for(lambda: playing.words.count("has said nothing for") == 2, 20, "it again")
    figure(
        f"an output blocks: noticed after {told:.1f} s, and again {monotonic() - hung.since:.1f} s"
    )
    assert told > 3.0
