"""From a port of ours through a separate synth to the sound that leaves it."""

from __future__ import annotations

import statistics
import time

from rig.support import FarEnd, Synth, wait_until

from improv.music.event import Source
from improv.ports.midi import open_output
from improv.ports.spec import parse_spec

XYLOPHONE = 13  # its attack is at the start of the sample


def test_each_note_is_heard_within_5_ms_of_its_sending(far: FarEnd, synth: Synth) -> None:
    """The onset of each of 20 notes, in recorded audio, follows its note-on by 5 ms at most."""
    output = open_output(parse_spec("virtual:improv"))
    far.connect(output.port, synth.midi_in)
    far.connect(synth.left, far.audio_in)
    output.send(bytes((0xC0, XYLOPHONE)), time.monotonic(), Source.IMPROV)
    far.record()
    start, sent = time.monotonic() + 0.2, []
    for k in range(20):
        wait_until(start + k * 0.15)
        sent.append(time.monotonic())
        output.send(bytes((0x90, 60 + k % 12, 100)), sent[-1], Source.IMPROV)
        wait_until(sent[-1] + 0.1)
        output.send(bytes((0x80, 60 + k % 12, 0)), sent[-1], Source.IMPROV)
    wait_until(sent[-1] + 0.3)
    audio = far.audio()
    onsets = [audio.onset(at) for at in sent]
    lateness = [onset - at for at, onset in zip(sent, onsets, strict=True) if onset is not None]
    assert len(lateness) == 20
    assert 0 <= statistics.median(lateness) < 0.005, sorted(lateness)
    assert audio.onset(sent[-1] + 0.25) is None  # nothing sounds where nothing was played
    output.close()
