"""Replacing a file whole: a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_bytes(path: Path, data: bytes) -> None:
    """Write `data` as the file `path`, through a temporary file beside it.

    It is on the disk before it takes the name, so a crash at any time leaves a whole file.
    Raises OSError, with the old file untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_writable(path: Path) -> None:
    """Raise OSError now where `replace_bytes` would later."""
    if path.is_dir():
        raise IsADirectoryError(0, "it is a folder", str(path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    os.close(handle)
    Path(name).unlink()


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new one would have."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
