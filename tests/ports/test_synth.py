"""What is said where FluidSynth can't sound."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from improv.ports.fluid import fix_library
from improv.ports.soundfont import find_soundfont
from improv.ports.synth import check, drivers, fix_sound


def test_checking_names_the_soundfont_it_would_play(fluidsynth: None) -> None:
    """Before minutes of composing it is known whether there will be sound."""
    assert check() == find_soundfont()


def test_without_a_sound_device_it_says_so_and_prints_nothing(fluidsynth: None) -> None:
    """Where no driver starts: one DeviceError that lists the tried, and a clean screen."""
    code = (
        "from improv.errors import DeviceError; from improv.ports.synth import open_output\n"
        "try: open_output().close()\n"
        "except DeviceError as e: assert 'no sound device answers (' in str(e), e\n"
    )
    env = os.environ | {"JACK_DEFAULT_SERVER": "improv-nonesuch", "CI": "true"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_without_the_library_the_fix_is_said(tmp_path: Path) -> None:
    """Where pyfluidsynth does not import, checking is a DeviceError and not a traceback."""
    (tmp_path / "fluidsynth.py").write_text("raise ImportError('no libfluidsynth')")
    code = (
        "from improv.errors import DeviceError; from improv.ports.synth import check\n"
        "try: check()\n"
        "except DeviceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert done.stdout.startswith("FluidSynth's library was not found; install it")


def test_the_live_synth_needs_no_numpy(fluidsynth: None) -> None:
    """The player imports it, and must be up in a moment."""
    code = (
        "import sys; import improv.ports.synth as s; s.check();"
        "assert not {'numpy', 'soundfile'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_platform_has_drivers_and_fixes() -> None:
    """What is said names that platform's package manager and sound system."""
    assert drivers("darwin") == ("coreaudio",)
    assert drivers("win32")[0] == "wasapi"
    assert drivers("linux")[-2:] == ("pulseaudio", "alsa")
    assert "brew install fluid-synth" in fix_library("darwin")
    assert "choco" in fix_library("win32")
    assert "apt: libfluidsynth3" in fix_library("linux")
    assert "pipewire" in fix_sound("linux")
    assert "settings" in fix_sound("darwin")
