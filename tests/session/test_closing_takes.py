"""A take that is closed while keys are down holds them for as long as they were held."""

from __future__ import annotations

from pathlib import Path

import pytest

from improv.music.event import NoteOn, Other
from improv.play.effects import Send
from improv.ports.midifile import read_notes
from improv.ports.take import open_output
from support import stage


@pytest.mark.parametrize("thru", [True, False])
def test_a_key_held_when_a_take_closes_has_its_length(tmp_path: Path, *, thru: bool):
    """Its end goes to your track, and your pedal is in it, whether thru is on or off."""
    take = open_output(tmp_path / "take.mid")
    made = stage(idle_start=None, thru=thru)
    made.feed(Other(0.5, bytes((0xB0, 64, 127))), 0.5)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.run_until(3.0)
    for at, effect in made.effects:
        if isinstance(effect, Send):
            take.send(effect.message, at, effect.source)
    for send in made.engine.farewell(3.0):
        take.send(send.message, send.due, send.source)
    take.close()
    (note,) = read_notes(tmp_path / "take.mid")
    assert note.duration == pytest.approx(2.0, abs=0.002)
    assert note.rings == 0
