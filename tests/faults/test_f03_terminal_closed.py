"""F3: the terminal's window is closed. Let go, no process left, and none that spins meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faults.instrument import (
    AtTheTerminal,
    family,
    hold_chord,
    lives,
    notes_in,
    processor_seconds,
    wait_released,
)
from rig.playing import IN, OUT
from rig.support import FarEnd, allowed, wait_for, wait_until

from improv.play.clock import monotonic

Say = Callable[[str], None]


def test_a_closed_terminal_lets_go_and_leaves_no_process(
    far: FarEnd, own_takes: Path, figure: Say
) -> None:
    """With a chord held and the screen drawn; the take is complete."""
    screen = AtTheTerminal()
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        screen.wait_drawn(b"temperature")
        hold_chord(far)
        every = family(screen.process.pid)
        before = sum(processor_seconds(pid) for pid in every)
        spent, closed = [before], monotonic()
        screen.hang_up()

        def is_over() -> bool:
            screen.process.poll()
            alive = [pid for pid in every if lives(pid)]
            if len(alive) == len(every):
                spent.append(sum(processor_seconds(pid) for pid in every))
            return not alive

        wait_for(is_over, 20, "every process to end")
        gone = monotonic() - closed
        released = wait_released(far, closed)
    finally:
        screen.close()
    figure(
        f"all let go after {1000 * released:.0f} ms, no process after {gone:.1f} s, "
        f"{spent[-1] - before:.2f} s of processor time until the first ended"
    )
    assert notes_in(own_takes) == 4
    assert released < allowed(0.2)
    assert gone < allowed(3.0)
    assert spent[-1] - before < 1.0


WITHOUT = """
import sys
if "improv.cli" in sys.orig_argv:
    import signal
    import improv.ui.app
    improv.ui.app.hung_up = lambda: False
    improv.ui.app.on_signals = lambda leave: None
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
"""


def test_without_looking_for_it_the_notes_ring_on(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """Nobody tells Textual that its terminal is gone: three seconds later all still sounds."""
    mutant(WITHOUT)
    screen = AtTheTerminal()
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        screen.wait_drawn(b"temperature")
        hold_chord(far)
        heard = len(far.heard())
        screen.hang_up()
        wait_until(monotonic() + 3.0)
        assert screen.process.poll() is None
        assert not any(m.is_off for m in far.heard()[heard:])
        figure("after 3 s it lives and 4 of 4 notes ring")
    finally:
        screen.close()
