"""Finding a SoundFont."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from improv.errors import InputError
from improv.ports.soundfont import VARIABLE, find_soundfont, fix, is_soundfont

HEAD = b"RIFF\x00\x00\x00\x00sfbk"


def test_the_one_asked_for_is_taken_or_refused_by_name(tmp_path: Path) -> None:
    """A path that is none is an error, and never replaced by another."""
    good, bad = tmp_path / "good.sf2", tmp_path / "bad.sf2"
    good.write_bytes(HEAD)
    bad.write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    assert find_soundfont(good) == good
    with pytest.raises(InputError, match=r"bad\.sf2' is no SoundFont"):
        find_soundfont(bad)
    with pytest.raises(InputError, match=r"no SoundFont at .*gone\.sf2"):
        find_soundfont(tmp_path / "gone.sf2")
    with pytest.raises(InputError, match="no SoundFont at"):
        find_soundfont(tmp_path)


def test_the_variable_names_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """$IMPROV_SOUNDFONT stands before the system's."""
    mine = tmp_path / "mine.sf2"
    mine.write_bytes(HEAD)
    monkeypatch.setenv(VARIABLE, str(mine))
    assert find_soundfont() == mine


def test_of_the_systems_the_largest_real_one_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that only has the ending is passed over, as is a folder that is not there."""
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "small.sf2").write_bytes(HEAD)
    (tmp_path / "large.SF2").write_bytes(HEAD + bytes(100))
    (tmp_path / "fake.sf2").write_bytes(bytes(1000))
    assert find_soundfont(folders=[tmp_path / "gone", tmp_path]).name == "large.SF2"


def test_without_a_system_one_pretty_midis_is_taken_without_its_import() -> None:
    """The last resort is a file in a package that is not imported for it."""
    code = (
        "import sys; from improv.ports.soundfont import find_soundfont;"
        "path = find_soundfont(folders=[]);"
        "assert 'pretty_midi' not in sys.modules; print(path)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).name == "TimGM6mb.sf2"
    assert is_soundfont(Path(done.stdout.strip()))


def test_the_fix_names_packages_of_the_platform() -> None:
    """apt, dnf and pacman on Linux; a folder on macOS."""
    assert "apt: timgm6mb-soundfont" in fix("linux")
    assert "~/Library/Audio/Sounds/Banks" in fix("darwin")
    assert "--soundfont" in fix("win32")
