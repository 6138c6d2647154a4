"""F8 on ALSA, which keeps 200 messages for who doesn't read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alsa.fixtures import SLOW, Programs, Start
from faults.instrument import down
from rig.support import wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

Say = Callable[[str], None]


@pytest.mark.slow
def test_a_flood_of_clock_stops_no_note(program: Programs, on_alsa: Start, figure: Say) -> None:
    keys, synth = program("keys"), program("synth")
    playing = on_alsa(outputs=("port:synth:in",), inputs=("port:keys:out",))
    playing.player.send(Transport(Action.PAUSE))
    for note in range(10):
        for _ in range(50):  # as many as its pool has room for, and then as many more
            keys.play(*[bytes((0xF8,))] * 10)
            wait_until(monotonic() + 0.01)
        keys.play(bytes((0x90, 60 + note, 80)), bytes((0x80, 60 + note, 0)))
    wait_for(lambda: sum(m.is_off for m in synth.heard()) == 10, SLOW, "all notes")
    assert down(synth.heard()) == set()
    assert playing.end().sounding == 0
    figure("on ALSA: 5,000 clock messages as fast as they are taken: 10 of 10 notes came through")
