"""F7: a port vanishes and returns. Told, opened again by its name, and what it missed counted."""

from __future__ import annotations

from collections.abc import Callable

from faults.instrument import Playing, down
from rig.playing import setup
from rig.support import FarEnd, JackServer, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

SPEC = "port:keys:in"
Say = Callable[[str], None]


def lost(rig: JackServer) -> tuple[Playing, float]:
    """Music to a port that goes away; and how long until the musician knows."""
    with FarEnd(rig.env, "keys") as keys:
        playing = Playing(setup(outputs=(SPEC,), inputs=("port:keys:out",)))
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_for(lambda: len(keys.heard()) > 5, 20, "music")
    gone = monotonic()
    wait_for(lambda: f"lost {SPEC}" in playing.words, 10, "the banner")
    return playing, monotonic() - gone


def test_a_port_that_returns_is_opened_again_by_name(rig: JackServer, figure: Say) -> None:
    """Output and input; the notes that it missed are counted, and nothing hangs on it."""
    playing, told = lost(rig)
    try:
        wait_until(monotonic() + 2.0)
        with FarEnd(rig.env, "keys") as keys:
            returned = monotonic()
            wait_for(lambda: playing.status.outputs == (SPEC,), 10, "the output")
            wait_for(lambda: playing.status.inputs, 10, "the input")
            back = monotonic() - returned
            wait_for(lambda: any(m.is_on for m in keys.heard()), 20, "music again")
            (missed,) = (w for w in playing.words.split(" | ") if w.startswith(f"{SPEC} missed"))
            assert playing.end().sounding == 0
            wait_until(monotonic() + 0.2)
            assert down(keys.heard()) == set()
    finally:
        playing.player.stop()
    figure(f"told after {told:.1f} s, open again {back:.1f} s after its return; {missed}")
    assert told < allowed(2.0)
    assert back < allowed(3.0)


WITHOUT = """
import improv.session.rack
improv.session.rack.Rack._try_again = lambda *_: None
"""


def test_without_trying_again_it_stays_away(
    rig: JackServer, mutant: Callable[[str], None], figure: Say
) -> None:
    """The port is there again, and nobody opens it."""
    mutant(WITHOUT)
    playing, _ = lost(rig)
    try:
        with FarEnd(rig.env, "keys"):
            wait_until(monotonic() + 4.0)
            assert playing.status.outputs == ()
            figure("not open 4 s after its return")
    finally:
        playing.player.stop()
