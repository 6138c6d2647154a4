"""F7, of sound: the device under FluidSynth goes and returns, as a JACK server does here.

Nothing says so: its driver ends, and FluidSynth takes every note in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from faults.instrument import Playing
from rig.playing import setup
from rig.support import FarEnd, JackServer, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

LEFT = "improv-synth:left"
Say = Callable[[str], None]


@pytest.fixture
def play(mortal: JackServer) -> Iterator[Callable[[], Playing]]:
    """Have music sound from FluidSynth."""
    players: list[Playing] = []

    def begin() -> Playing:
        playing = Playing(setup(outputs=("fluidsynth",), inputs=("none",)))
        players.append(playing)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_for(lambda: len(playing.sounded()) > 5, 20, "music")
        return playing

    yield begin
    for playing in players:
        playing.player.stop()


def loudest(far: FarEnd) -> float:
    """Of what was recorded; 1 is full scale."""
    samples = far.audio().samples
    return float(np.abs(samples).max()) if samples.size else 0.0


def wait_sound(far: FarEnd) -> float:
    """When FluidSynth was first heard."""
    far.connect(LEFT, far.audio_in)
    far.record()
    wait_for(lambda: loudest(far) > 1e-3, 20, "sound")
    return monotonic()


def test_a_sound_device_that_returns_is_played_on_again(
    mortal: JackServer, play: Callable[[], Playing], figure: Say
) -> None:
    with FarEnd(mortal.env) as far:
        playing = play()
        wait_sound(far)
        mortal.stop()
    gone = monotonic()
    wait_for(lambda: "lost fluidsynth" in playing.words, 20, "the banner")
    told = monotonic() - gone
    mortal.start()
    returned = monotonic()
    with FarEnd(mortal.env) as far:
        sounds = wait_sound(far) - returned
    assert "fluidsynth is back" in playing.words
    assert playing.end().sounding == 0
    figure(f"told {told:.1f} s after the sound device goes, heard {sounds:.1f} s after its return")
    assert told < allowed(4.0)
    assert sounds < allowed(8.0)


WITHOUT = """
from improv.ports.synth import FluidOutput
FluidOutput.is_there = lambda self, ports: True
"""


def test_without_counting_what_is_rendered_it_is_silent(
    mortal: JackServer,
    play: Callable[[], Playing],
    mutant: Callable[[str], None],
    figure: Say,
) -> None:
    mutant(WITHOUT)
    playing = play()
    mortal.stop()
    wait_until(monotonic() + 1.0)
    mortal.start()
    with FarEnd(mortal.env) as far:
        wait_until(monotonic() + 8.0)
        assert playing.status.outputs == ("fluidsynth",)
        assert LEFT not in far.ports()
    figure("no sound, and no word of it, 8 s after the sound device is back")
