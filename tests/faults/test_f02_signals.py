"""F2: a signal in the middle of a chord. Let go, the terminal restored, the take complete."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.instrument import (
    LINE,
    AtTheTerminal,
    family,
    hold_chord,
    lives,
    notes_in,
    wait_released,
)
from rig.playing import IN, OUT
from rig.support import FarEnd, allowed, wait_for, wait_until

from improv.play.clock import monotonic

SIGNALS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
NAMES = ["SIGTERM", "SIGINT", "SIGHUP"]


@pytest.fixture
def screen(far: FarEnd) -> Iterator[AtTheTerminal]:
    made = AtTheTerminal()
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    made.wait_drawn(b"\x1b[?1049h")
    yield made
    made.close()


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=NAMES)
def test_a_signal_in_a_chord_lets_go_and_leaves_all_in_order(
    far: FarEnd,
    screen: AtTheTerminal,
    own_takes: Path,
    figure: Callable[[str], None],
    number: signal.Signals,
    code: int,
) -> None:
    """In a real terminal: no note rings, the shell has its screen back, no process is left."""
    screen.wait_drawn(b"temperature")
    hold_chord(far)
    every, sent = family(screen.process.pid), monotonic()
    screen.process.send_signal(number)
    ended = screen.wait_end(20)
    released = wait_released(far, sent)
    figure(f"{number.name}: all let go after {1000 * released:.0f} ms, exit {ended}")
    assert ended == code
    assert screen.is_restored
    wait_for(lambda: not any(lives(pid) for pid in every), 5, "every process to end")
    assert notes_in(own_takes) == 4
    assert released < allowed(0.2)


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=NAMES)
def test_a_signal_without_a_screen_does_the_same(
    far: FarEnd,
    own_takes: Path,
    figure: Callable[[str], None],
    number: signal.Signals,
    code: int,
) -> None:
    """`--headless`, as a script or a service runs it."""
    improv = subprocess.Popen(
        [sys.executable, "-m", "improv.cli", "play", "--headless", *LINE],
        stderr=subprocess.DEVNULL,
    )
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        hold_chord(far)
        every, sent = family(improv.pid), monotonic()
        improv.send_signal(number)
        assert improv.wait(20) == code
        released = wait_released(far, sent)
    finally:
        improv.kill()
        improv.wait()
    figure(f"{number.name} headless: {1000 * released:.0f} ms")
    wait_for(lambda: not any(lives(pid) for pid in every), 5, "every process to end")
    assert notes_in(own_takes) == 4
    assert released < allowed(0.2)


WITHOUT = """
import sys
if "improv.cli" in sys.orig_argv:
    import improv.ui.terminal
    improv.ui.terminal.on_signals = lambda leave: None
"""


def test_without_handlers_the_terminal_is_left_in_disorder(
    far: FarEnd, mutant: Callable[[str], None], figure: Callable[[str], None]
) -> None:
    """Textual cleans up on no signal: the shell would be left on the other screen, without echo."""
    mutant(WITHOUT)
    screen = AtTheTerminal()
    try:
        screen.wait_drawn(b"temperature")
        screen.process.send_signal(signal.SIGTERM)
        assert screen.wait_end() == -signal.SIGTERM
        wait_until(monotonic() + 0.2)
        assert not screen.is_restored
        figure("exit -15, no echo and no cursor")
    finally:
        screen.close()
