"""F4: the terminal's process is killed. The player lets go and ends, unless it is to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.instrument import (
    LINE,
    children_of,
    command_of,
    hold_chord,
    lives,
    notes_in,
    wait_released,
)
from rig.playing import IN, OUT
from rig.support import FarEnd, allowed, wait_for, wait_until

from improv.play.clock import monotonic

Say = Callable[[str], None]


@contextmanager
def headless(far: FarEnd, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Improv without a screen, a chord held; its process and its player's number."""
    improv = subprocess.Popen(
        [sys.executable, "-m", "improv.cli", "play", "--headless", *LINE, *options],
        stderr=subprocess.DEVNULL,
    )
    player = 0
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        (player,) = (p for p in children_of(improv.pid) if b"player_process" in command_of(p))
        hold_chord(far)
        yield improv, player
    finally:
        improv.kill()
        improv.wait()
        if player and lives(player):
            os.kill(player, signal.SIGTERM)
            wait_for(lambda: not lives(player), 10, "the player to end")


def test_a_killed_terminal_leaves_no_note_and_no_player(
    far: FarEnd, own_takes: Path, figure: Say
) -> None:
    """The end of the pipe is enough, and the take is complete."""
    with headless(far) as (improv, player):
        killed = monotonic()
        improv.kill()
        released = wait_released(far, killed)
        improv.wait()
        wait_for(lambda: not lives(player), 10, "the player to end")
        gone = monotonic() - killed
    figure(f"all let go after {1000 * released:.1f} ms, the player gone after {gone:.1f} s")
    assert notes_in(own_takes) == 4
    assert released < allowed(0.1)


def test_with_keep_playing_the_player_goes_on(far: FarEnd, figure: Say) -> None:
    """The chord sounds on, keys pass, and SIGTERM ends it in order."""
    with headless(far, "--keep-playing") as (improv, player):
        improv.kill()
        improv.wait()
        wait_until(monotonic() + 1.0)
        assert lives(player)
        hold_chord(far, (50, 57))
        ended = monotonic()
        os.kill(player, signal.SIGTERM)
        released = wait_released(far, ended)
        wait_for(lambda: not lives(player), 10, "the player to end")
    figure(f"--keep-playing: goes on; SIGTERM lets go after {1000 * released:.1f} ms")


WITHOUT = """
from improv.session import link
def run(self):
    while (message := link.read(self._fd)) is not None:
        self._handle(message)
link.Reader.run = run
"""


def test_without_minding_the_pipe_the_notes_ring_on(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """A player that does not hear of the pipe's end."""
    mutant(WITHOUT)
    with headless(far) as (improv, player):
        heard = len(far.heard())
        improv.kill()
        improv.wait()
        wait_until(monotonic() + 1.0)
        assert lives(player)
        assert not any(m.is_off for m in far.heard()[heard:])
        figure("after 1 s 4 of 4 notes ring and the player lives")
