"""F9: a callback that raises one time in ten. Counted, told once, and all the others handled."""

from __future__ import annotations

from collections.abc import Callable

from faults.instrument import Playing
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, wait_for, wait_until

from improv.play.clock import monotonic

SENT = 100
FLAKY = """
import improv.ports.midi as midi
opened = midi.open_input
def open_input(spec, listener, *others, **named):
    count = 0
    def flaky(event):
        nonlocal count
        count += 1
        if count % 10 == 0:
            raise ZeroDivisionError(count)
        listener(event)
    return opened(spec, flaky, *others, **named)
midi.open_input = open_input
"""
WITHOUT = (
    FLAKY
    + """
from improv.ports.wire import to_event
def hand_on(self, data, at):
    event = to_event(data, at)
    if event is not None:
        self._listener(event)
midi.MidiInput._hand_on = hand_on
"""
)
Say = Callable[[str], None]


def through(far: FarEnd) -> tuple[Playing, int]:
    """Move a hundred controls; how many came through."""
    playing = Playing(setup())
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    start = monotonic() + 0.2
    far.play((start + 0.01 * i, bytes((0xB0, 1, i))) for i in range(SENT))
    wait_until(start + 0.01 * SENT + 0.5)
    moved = [m for m in far.heard() if m.data[:2] == b"\xb0\x01"]
    return playing, len(moved)


def test_what_raises_is_counted_and_the_rest_is_handled(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """Ten of a hundred are lost, and the musician knows of how many."""
    mutant(FLAKY)
    playing, came = through(far)
    try:
        wait_for(lambda: playing.status.faults, 5, "the count")
        faults = dict(playing.status.faults)["virtual:improv"]
        assert "a message from virtual:improv was lost" in playing.words
        assert playing.end().sounding == 0
    finally:
        playing.player.stop()
    figure(f"of {SENT} messages {came} handled, {faults} counted and shown")
    assert (came, faults) == (SENT - 10, 10)


def test_without_catching_it_the_first_ends_all(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """An input whose thread dies of what it calls."""
    mutant(WITHOUT)
    playing, came = through(far)
    playing.player.stop()
    figure(f"of {SENT} messages {came} handled")
    assert came < 10
