"""The system libraries that rtmidi has loaded, for what it doesn't ask of them itself."""

from __future__ import annotations

from pathlib import Path


def loaded(library: str, maps: Path = Path("/proc/self/maps")) -> str | None:
    """The path of a library of this process, rtmidi's own before the system's; None without one."""
    try:
        lines = maps.read_text().splitlines()
    except OSError:  # not Linux
        return None
    paths = {line.split(maxsplit=5)[-1] for line in lines if library in line}
    return min(paths, key=lambda path: ("rtmidi" not in path, path), default=None)
