"""Panic: each note's own note-off, then every channel reset, in less than five milliseconds."""

from __future__ import annotations

from collections.abc import Callable

from faults.instrument import Playing, down, hold_chord, released_at
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, allowed, wait_for

from improv.cli import main
from improv.commands.panic import players
from improv.play.clock import monotonic
from improv.session.messages import Action, Phase, Transport

CHORD = (48, 52, 55)
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


def test_panic_comes_from_the_command_line_too(far: FarEnd, capsys) -> None:
    """By a signal to the player itself, however its screen is; it plays on when it is asked to."""
    playing = Playing(setup())
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        hold_chord(far, CHORD)
        pid = playing.player.pid
        assert pid in players()
        assert main(["panic", str(pid)]) == 0
        wait_for(lambda: down(far.heard()) == set(), 5, "panic")
        assert "silenced: 1 improv" in capsys.readouterr().err
        wait_for(lambda: (now := playing.state()) and now.phase is Phase.STOPPED, 5, "its word")
        assert playing.end().sounding == 0
    finally:
        playing.player.stop()
    assert main(["panic", str(pid)]) == 2
    assert "no improv is playing" in capsys.readouterr().err
