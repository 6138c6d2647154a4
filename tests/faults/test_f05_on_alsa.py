"""F5 on ALSA: its cables are made again by libasound. In a machine that is slow: no times."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from alsa.fixtures import SLOW, Programs, Start, cable, music
from faults.instrument import CHORD, down, released_at
from rig.support import wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

Say = Callable[[str], None]


@pytest.mark.slow
def test_a_killed_player_lets_go_and_plays_on_with_nobody_patching(
    program: Programs, on_alsa: Start, figure: Say
) -> None:
    synth = program("synth")
    playing = on_alsa()
    cable("improv:out", synth.midi_in)
    cable(synth.midi_out, "improv:in")
    wait_for(lambda: len(playing.status.plugged) == 2, SLOW, "the cables to be known")
    playing.player.send(Transport(Action.PAUSE))  # none but your notes
    synth.play(*(bytes((0x90, pitch, 80)) for pitch in CHORD))
    wait_for(lambda: down(synth.heard()) == set(CHORD), SLOW, "the chord")
    killed = monotonic()
    os.kill(playing.pid, signal.SIGKILL)
    wait_for(lambda: playing.reports and released_at(synth.heard(), killed), SLOW, "the release")
    playing.wait_ready(SLOW)
    playing.player.send(Transport(Action.PLAY))
    music(synth)
    assert playing.end().sounding == 0
    wait_until(monotonic() + 0.5)
    assert down(synth.heard()) == set()
    figure("on ALSA: killed: all let go, and music again with nobody patching")
