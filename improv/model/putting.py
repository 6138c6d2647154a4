"""Putting a folder in the place of another, so that at every moment one of the two is there.

POSIX renames a file over another, but no folder over one that holds something: between moving the
old one away and the new one in, a kill would leave none. Linux can exchange two names in one step
(renameat2, since 3.15). Where that is not to be had, the old one is moved away first.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_HERE = -100  # AT_FDCWD of fcntl.h: relative paths begin at the working folder
_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h


def put(fresh: Path, path: Path) -> None:
    """Give the folder `fresh` the name `path`; what was there is beside it then. Raises OSError.

    What was there is called as `fresh` was, or that with ``.before``: the caller's to remove.
    """
    if not path.exists():
        fresh.rename(path)
    elif not _exchanged(fresh, path):
        path.rename(fresh.with_name(fresh.name + ".before"))
        fresh.rename(path)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system could exchange the names of two folders."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)  # glibc 2.28 or later, musl 1.2.6
    return rename is not None and (
        rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
    )
