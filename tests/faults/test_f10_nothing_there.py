"""F10: no sound card, SoundFont, libfluidsynth or MIDI system. Falls back, or says the fix."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

NO_LIBRARY = """
import ctypes.util
ctypes.util.find_library = lambda name: None
"""
NO_RTMIDI = """
import sys
sys.modules["rtmidi"] = None
"""
NO_CARD = """
import improv.ports.synth
improv.ports.synth.drivers = lambda *_: ("nowhere",)
"""
NO_SOUNDFONT = """
import improv.ports.soundfont
improv.ports.soundfont._candidates = lambda *_: iter(())
"""
Say = Callable[[str], None]
Mutant = Callable[[str], None]


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No JACK server; ALSA's sequencer and a sound card are only there if the machine has them."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "improv-nowhere")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.chdir(tmp_path)


def improv(*line: str) -> tuple[int, list[str]]:
    """The exit code, and what was said."""
    done = subprocess.run(
        [sys.executable, "-m", "improv.cli", *line],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if line.strip()]


HEADLESS = ("play", "--headless", "--model", "seed", "--seconds", "1")


def test_with_nothing_at_all_it_plays_on_into_a_take(
    mutant: Mutant, tmp_path: Path, figure: Say
) -> None:
    """And without a library of sounds either: nothing is lost at least."""
    mutant(NO_LIBRARY + NO_RTMIDI)
    code, said = improv(*HEADLESS)
    assert code == 0, said
    assert any("file:" in words for words in said), said
    figure("nothing at all: plays on into a take, exit 0")


@pytest.mark.parametrize(
    ("mutation", "output", "fix"),
    [
        (NO_RTMIDI, "virtual:improv", "install"),
        ("", "port:nowhere", "found:"),
        (NO_LIBRARY, "fluidsynth", "libfluidsynth"),
        (NO_CARD, "fluidsynth", "no sound device answers"),
        (NO_SOUNDFONT, "fluidsynth", "no SoundFont was found; install one"),
    ],
    ids=["no MIDI library", "no such port", "no libfluidsynth", "no sound card", "no SoundFont"],
)
def test_what_was_asked_for_and_is_not_there_is_one_sentence_with_its_fix(
    mutant: Mutant,
    figure: Say,
    request: pytest.FixtureRequest,
    mutation: str,
    output: str,
    fix: str,
) -> None:
    """Exit 3, whatever of it the machine has; a system that lacks more says that first."""
    mutant(mutation)
    code, said = improv(*HEADLESS, "--input", "none", "--output", output)
    assert code == 3, said
    fixes = (fix, "modprobe", "libfluidsynth")
    assert any(each in words for words in said for each in fixes), said
    figure(f"{request.node.callspec.id}: exit 3")


def test_a_soundfont_that_is_not_there_is_named(figure: Say) -> None:
    """By its path."""
    line = ("--input", "none", "--output", "fluidsynth", "--soundfont", "nowhere.sf2")
    code, said = improv(*HEADLESS, *line)
    assert code in {2, 3}, said
    assert any("nowhere.sf2" in words or "libfluidsynth" in words for words in said), said
    figure(f"a SoundFont that is named and not there: exit {code}")


def test_the_doctor_says_what_is_missing(mutant: Mutant) -> None:
    """With all of it gone it still answers."""
    mutant(NO_LIBRARY + NO_RTMIDI)
    assert improv("doctor")[0] in {0, 3}


def test_without_falling_back_it_would_end(mutant: Mutant, figure: Say) -> None:
    """A start that takes what is usual for what was asked for."""
    mutant(
        NO_LIBRARY
        + NO_RTMIDI
        + """
import improv.session.rack as rack
output, source = rack.Rack._output, rack.Rack._input
rack.Rack._output = lambda self, text, *, wanted: output(self, text, wanted=True)
rack.Rack._input = lambda self, text, *, wanted: source(self, text, wanted=True)
"""
    )
    code, _ = improv(*HEADLESS)
    assert code == 3
    assert os.environ["JACK_DEFAULT_SERVER"] == "improv-nowhere"
    figure("exit 3 though nothing was asked for")
