"""Replacing a file whole: a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_bytes(path: Path, data: bytes) -> None:
    """Write `data` as the file `path`, as `replacing` does. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes the name when the block is left.

    It is on the disk before it takes the name, so a crash at any time leaves a whole file.
    Raises OSError, with the old file untouched, as after any error in the block.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    temporary = Path(name)
    try:
        yield temporary
        os.fsync(handle)  # one file, whoever wrote it
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


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
