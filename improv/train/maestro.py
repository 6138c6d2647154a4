"""The MAESTRO data set: 1,276 piano performances, fetched once, on request, and checked.

Hawthorne et al., "Enabling Factorized Piano Music Modeling and Generation with the MAESTRO
Dataset", ICLR 2019; CC BY-NC-SA 4.0. A download that breaks off is kept and gone on with, now
or the next time; what does not have the published digest is thrown away.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from improv.errors import InputError
from improv.train.progress import Report, silent

_BLOCK = 2**18
_TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True, slots=True)
class Archive:
    """A file on a server that never changes."""

    title: str
    url: str
    size: int  # bytes
    sha256: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


MAESTRO = Archive(
    title="MAESTRO",
    url="https://storage.googleapis.com/magentadata/datasets/maestro/v3.0.0/maestro-v3.0.0-midi.zip",
    size=58_416_533,
    # as published at magenta.tensorflow.org/datasets/maestro
    sha256="70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c",
)


def source_of(text: str, *, cache: Path | None = None) -> Path:
    """The folder or zip that `--data` names; `maestro` is the archive, if it has been fetched."""
    if text != "maestro":
        return Path(text)
    path = _folder(cache) / MAESTRO.name
    if not path.exists():
        raise InputError("MAESTRO is not here yet; fetch it with: improv data maestro")
    return path


def fetch(
    archive: Archive = MAESTRO, *, cache: Path | None = None, progress: Report = silent
) -> Path:
    """The archive on this machine, downloaded if it is not here. `progress` counts bytes.

    Raises InputError where the server can't be reached, breaks off for good or sends another
    file; what has come so far is kept, unless it is wrong.
    """
    path = _folder(cache) / archive.name
    if path.exists() and path.stat().st_size == archive.size and _digest(path) == archive.sha256:
        return path
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _complete(archive, part, progress)
        if part.stat().st_size != archive.size or _digest(part) != archive.sha256:
            size = part.stat().st_size
            part.unlink()
            raise InputError(
                f"what came from {archive.url} is not {archive.title}: {size:,} bytes with "
                f"another digest, where {archive.size:,} belong; nothing was kept, try again later"
            )
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot store {archive.title} as {path}: {error.strerror}") from None
    return path


def _folder(cache: Path | None) -> Path:
    return cache or platformdirs.user_cache_path("improv", appauthor=False) / "downloads"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(archive: Archive, part: Path, progress: Report) -> None:
    """Ask for what is missing until all is there; give up when an attempt brings nothing."""
    part.touch()
    while (have := part.stat().st_size) < archive.size:
        why = ""
        try:
            _receive(archive, part, have, progress)
        except (
            urllib.error.URLError,
            http.client.HTTPException,
            ConnectionError,
            TimeoutError,
        ) as e:
            why = f": {getattr(e, 'reason', None) or e}"
        now = part.stat().st_size
        if now == have:
            raise InputError(
                f"cannot download {archive.title}{why}; {now / 1e6:.1f} of "
                f"{archive.size / 1e6:.1f} MB are here and are kept: try again to go on, or fetch "
                f"{archive.url} yourself and give improv that file"
            )


def _receive(archive: Archive, part: Path, have: int, progress: Report) -> None:
    """One request for the bytes from `have` on, appended to `part` as they come."""
    headers = {"User-Agent": "improv", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(archive.url, headers=headers)  # noqa: S310  # our own address
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310  # the same
        resumed = bool(have) and _begins_at(response, have)
        with part.open("ab") as file:
            if not resumed:  # a server that knows no ranges sends all again
                file.truncate(0)
                have = 0
            # one byte more than belongs is enough to know that it is another file
            while have <= archive.size and (block := response.read(_BLOCK)):
                file.write(block)
                have += len(block)
                progress(min(have, archive.size), archive.size)


def _begins_at(response: Any, have: int) -> bool:
    """Whether a reply is the rest of the file: 206 and a Content-Range that begins there."""
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return bool(response.status == 206 and start == str(have))
