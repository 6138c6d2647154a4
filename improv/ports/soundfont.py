"""Finds a SoundFont, the file of recorded instruments that FluidSynth plays.

Order: the one that was asked for, $IMPROV_SOUNDFONT, the system's default, any in the system's
folders (the largest: General MIDI sets are), the small one in pretty_midi's package. That package
is never imported for it: its import takes half a second.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from improv.errors import DeviceError, InputError

VARIABLE = "IMPROV_SOUNDFONT"

_DEFAULTS = (  # what distributions point at the SoundFont their administrator chose
    Path("/usr/share/sounds/sf2/default-GM.sf2"),  # Debian, Ubuntu
    Path("/usr/share/soundfonts/default.sf2"),  # Fedora, Arch
)
_FOLDERS = (
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
    Path("/usr/local/share/sounds/sf2"),
    Path("/opt/homebrew/share/soundfonts"),
    Path("/opt/homebrew/share/fluid-synth/sf2"),
    Path("/usr/local/share/fluid-synth/sf2"),
    Path("~/.local/share/soundfonts"),
    Path("~/Library/Audio/Sounds/Banks"),
    Path("/Library/Audio/Sounds/Banks"),
)


def find_soundfont(asked: Path | None = None, folders: Sequence[Path] | None = None) -> Path:
    """The SoundFont to play. `folders` replaces the system's.

    Raises InputError where the file asked for (by argument or variable) is no SoundFont, and
    DeviceError where there is none at all.
    """
    wanted = asked or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if wanted is not None:
        return check_soundfont(wanted.expanduser())
    for path in _candidates(folders):
        if is_soundfont(path):
            return path
    raise DeviceError(f"no SoundFont was found; {fix()}")


def check_soundfont(path: Path) -> Path:
    """`path`, if it is a SoundFont. Raises InputError."""
    if not path.is_file():
        raise InputError(f"no SoundFont at {str(path)!r}; name an .sf2 or .sf3 file")
    if not is_soundfont(path):
        raise InputError(f"{str(path)!r} is no SoundFont (RIFF sfbk); name an .sf2 or .sf3 file")
    return path


def is_soundfont(path: Path) -> bool:
    """Whether `path` is a file that begins as the SoundFont 2.04 specification (4.1) says."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[:4] == b"RIFF" and head[8:12] == b"sfbk"


def fix(platform: str = sys.platform) -> str:
    """What a musician does who has none."""
    if platform == "darwin":
        return "put an .sf2 file into ~/Library/Audio/Sounds/Banks or name one with --soundfont"
    if platform == "win32":
        return "name an .sf2 file with --soundfont"
    return (
        "install one (apt: timgm6mb-soundfont or fluid-soundfont-gm, dnf: fluid-soundfont-gm,"
        " pacman: soundfont-fluid) or name one with --soundfont"
    )


def _candidates(folders: Sequence[Path] | None) -> Iterator[Path]:
    if folders is None:
        yield from _DEFAULTS
        folders = _FOLDERS
    for folder in folders:
        yield from sorted(
            (path for path in _files(folder.expanduser())), key=lambda path: (-_size(path), path)
        )
    yield from _in_pretty_midi()


def _files(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.suffix.lower() in {".sf2", ".sf3"}]
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _in_pretty_midi() -> Iterator[Path]:
    package = importlib.util.find_spec("pretty_midi")
    for folder in (package and package.submodule_search_locations) or ():
        yield Path(folder) / "TimGM6mb.sf2"
