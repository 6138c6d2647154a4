"""The embedded FluidSynth, live, heard from another process."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from rig.support import FarEnd, wait_until

from improv.errors import DeviceError
from improv.music.event import Source
from improv.ports.synth import CLIENT, open_output

XYLOPHONE = 13


def test_a_note_sent_to_fluidsynth_sounds(far: FarEnd, capfd: pytest.CaptureFixture[str]) -> None:
    """With JACK running it plays there, within 25 ms, prints nothing, and ends when closed."""
    output = open_output()
    assert (output.name, output.driver) == ("fluidsynth", "jack")
    far.connect(f"{CLIENT}:left", far.audio_in)
    far.record()
    output.send(bytes((0xC0, XYLOPHONE)), time.monotonic(), Source.IMPROV)
    wait_until(time.monotonic() + 0.2)
    sent = time.monotonic()
    output.send(b"\x90\x3c\x64", sent, Source.IMPROV)
    wait_until(sent + 0.3)
    onset = far.audio().onset(sent)
    assert onset is not None
    assert 0 <= onset - sent < 0.025
    assert output.faults == 0
    output.close()
    output.close()
    assert not any(CLIENT in port for port in far.ports())
    with pytest.raises(DeviceError, match="fluidsynth is closed"):
        output.send(b"\x80\x3c\x00", 0.0, Source.IMPROV)
    assert capfd.readouterr().out == ""


def test_nothing_reaches_the_screen(far: FarEnd) -> None:
    """Opening, playing and closing in a process of its own leaves stdout and stderr empty."""
    code = (
        "from improv.ports.synth import open_output; from improv.music.event import Source\n"
        "out = open_output(); out.send(b'\\x90\\x3c\\x40', 0, Source.IMPROV); out.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"CI": "true"},
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
