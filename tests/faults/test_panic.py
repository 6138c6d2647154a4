"""Panic: each note's own note-off, then every channel reset, in less than five milliseconds."""

from __future__ import annotations

from collections.abc import Callable

from faults.instrument import Playing, down, hold_chord, released_at
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, allowed, wait_for

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

CLUSTER = tuple(range(40, 80))


def test_panic_leaves_within_five_milliseconds(far: FarEnd, figure: Callable[[str], None]) -> None:
    """Forty keys held: from the first message to the last at the other end of the port."""
    playing = Playing(setup())
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        hold_chord(far, CLUSTER)
        before, pressed = len(far.heard()), monotonic()
        playing.player.send(Transport(Action.PANIC))
        last = bytes((0xEF, 0, 64))  # the bend of the sixteenth channel
        wait_for(lambda: last in [m.data for m in far.heard()[before:]], 5, "panic")
        said = far.heard()[before:]
        assert released_at(far.heard(), pressed)
        assert down(far.heard()) == set()
        assert playing.end().sounding == 0
    finally:
        playing.player.stop()
    taken, spread = said[-1].at - pressed, said[-1].at - said[0].at
    figure(f"panic, 40 keys held: {1000 * taken:.1f} ms, of that {1000 * spread:.1f} ms sending")
    assert spread < allowed(0.005)
