"""F8: 10,000 messages a second of clock, sense and sysex. No note-off is lost, memory stays."""

from __future__ import annotations

from collections.abc import Callable

from faults.instrument import Playing, down, memory_mb
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, wait_for, wait_until

from improv.play.clock import monotonic

RATE, SECONDS, NOTES = 10_000, 10.0, 60
FLOOD = (b"\xf8", b"\xfe", b"\xf0\x7e\x7f\x09\x01\xf7")
Say = Callable[[str], None]


def flooded(far: FarEnd) -> tuple[Playing, float, int, int]:
    """Play notes through a flood; memory before, ons and offs that came through."""
    playing = Playing(setup(idle_start=None))
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    playing.wait_ready()
    wait_until(monotonic() + 1.0)
    before = memory_mb(playing.pid)
    far.flood(FLOOD, RATE, SECONDS)
    start = monotonic() + 0.2
    notes = [(start + 0.15 * i, 36 + i) for i in range(NOTES)]
    far.play(
        event
        for at, pitch in notes
        for event in ((at, bytes((0x90, pitch, 80))), (at + 0.1, bytes((0x80, pitch, 0))))
    )
    wait_until(start + SECONDS + 0.5)
    pitches = set(range(36, 36 + NOTES))
    struck = {m.data[1] for m in far.heard() if m.is_on and m.data[2] == 80}
    let_go = {m.data[1] for m in far.heard() if m.is_off}
    return playing, before, len(struck & pitches), len(let_go & pitches)


def test_a_flood_loses_no_note_and_grows_no_memory(far: FarEnd, figure: Say) -> None:
    """Ten seconds of it, with sixty notes played meanwhile."""
    playing, before, ons, offs = flooded(far)
    try:
        grown = memory_mb(playing.pid) - before
        sent = far.flooded()
        assert playing.end().sounding == 0
        wait_for(lambda: not down(far.heard()), 5, "silence")
    finally:
        playing.player.stop()
    figure(
        f"{sent:,} messages in {SECONDS:g} s: {ons} of {NOTES} note-ons and {offs} note-offs came "
        f"through, memory grew by {grown:.1f} MB"
    )
    assert sent > 0.9 * RATE * SECONDS
    assert (ons, offs) == (NOTES, NOTES)
    assert grown < 20


WITHOUT = """
import improv.ports.backend, improv.ports.midi
improv.ports.backend.QUEUE = 64
improv.ports.midi.POLL = 0.05
start = improv.ports.midi.MidiInput.start
def deaf_to_nothing(self):
    self._midi.ignore_types(sysex=False, timing=False, active_sense=False)
    start(self)
improv.ports.midi.MidiInput.start = deaf_to_nothing
"""


def test_without_room_for_it_notes_are_lost(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """An input that takes everything in, with room for 64, looked at twenty times a second."""
    mutant(WITHOUT)
    playing, _, ons, offs = flooded(far)
    playing.player.stop()
    figure(f"{ons} of {NOTES} note-ons and {offs} note-offs came through")
    assert ons + offs < 2 * NOTES
