"""Where pieces come from: a folder or a zip of MIDI files, and which split each belongs to.

A source is never unpacked and nothing in it is trusted: members are read one at a time, up to
the size a MIDI file may have.
"""

from __future__ import annotations

import csv
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from improv.errors import InputError
from improv.ports.midifile import MAX_BYTES

SPLITS = ("train", "validation", "test")
_ENDINGS = (".mid", ".midi")
_HELD_OUT = 0.1  # of the pieces, for validation and again for test, where nobody says


class Source(Protocol):
    """A folder or a zip, opened."""

    def names(self) -> list[str]:
        """Every file in it, by its path with /, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """Its bytes. Raises InputError."""
        ...

    def key(self) -> str:
        """A digest that changes when the content does."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The source at `path`. Raises InputError if there is none."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        pack = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InputError(f"no folder or zip {str(path)!r}; give one with MIDI files") from None
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(
            f"{str(path)!r} is not a folder and not a zip ({error}); give one with MIDI files"
        ) from None
    with pack:
        yield _Zip(path, pack)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        found = [
            Path(folder, file).relative_to(self._path).as_posix()
            for folder, _, files in os.walk(self._path)
            for file in files
        ]
        return sorted(found)

    def read(self, name: str) -> bytes:
        try:
            with (self._path / name).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}") from None

    def key(self) -> str:
        digest = hashlib.sha256()
        for name in self.names():
            if name.lower().endswith((*_ENDINGS, ".csv")):
                status = (self._path / name).lstat()
                digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


class _Zip:
    def __init__(self, path: Path, pack: zipfile.ZipFile) -> None:
        self._path = path
        self._pack = pack

    def names(self) -> list[str]:
        return sorted(info.filename for info in self._pack.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        try:
            with self._pack.open(name) as member:
                return member.read(MAX_BYTES + 1)  # whatever size it claims
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,  # encrypted
            NotImplementedError,  # a compression Python doesn't know
        ) as error:
            raise InputError(f"{name} cannot be unpacked: {error}") from None

    def key(self) -> str:
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def pieces(source: Source) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The MIDI files of each split, sorted, and those left out with the reason.

    The split is the source's own where it has one: `split.csv` (columns path, split; paths from
    where the file lies) or MAESTRO's (`maestro-v3.0.0.csv`: midi_filename, split). Otherwise a
    tenth of the pieces are for validation and a tenth for testing, chosen by the digest of their
    names: the same on every machine.
    """
    names = source.names()
    midi = [name for name in names if _is_midi(name)]
    table = _table(source, names)
    if table is None:
        return _by_digest(midi), {}
    listed, where = table
    split: dict[str, list[str]] = {label: [] for label in SPLITS}
    for name in midi:
        if name in listed:
            split[listed[name]].append(name)
    missing = dict.fromkeys(sorted({*listed} - {*midi}), f"listed in {where} and not there")
    return split, {name: f"not listed in {where}" for name in midi if name not in listed} | missing


def _is_midi(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return path.suffix.lower() in _ENDINGS and not hidden


def _table(source: Source, names: list[str]) -> tuple[dict[str, str], str] | None:
    """The split each file is listed with, and the list's name; None where there is no list."""
    lists = [name for name in names if _list_columns(name)]
    if not lists:
        return None
    where = min(lists, key=lambda name: (name.count("/"), name))
    column = _list_columns(where)
    folder = PurePosixPath(where).parent
    listed = {}
    text = source.read(where).decode("utf-8-sig", errors="replace")
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        name, label = row.get(column), row.get("split")
        if not name or label not in SPLITS:
            raise InputError(
                f"{where} line {number}: needs {column} and split "
                f"({', '.join(SPLITS)}), found {name!r} and {label!r}"
            )
        listed[(folder / name).as_posix()] = label
    return listed, where


def _list_columns(name: str) -> str:
    """The column with the paths, if this is a list of splits."""
    file = PurePosixPath(name).name
    if file == "split.csv":
        return "path"
    return "midi_filename" if file.startswith("maestro-v") and file.endswith(".csv") else ""


def _by_digest(names: list[str]) -> dict[str, list[str]]:
    shuffled = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    held = max(1, round(len(names) * _HELD_OUT)) if len(names) >= 3 else 0
    return {
        "validation": sorted(shuffled[:held]),
        "test": sorted(shuffled[held : 2 * held]),
        "train": sorted(shuffled[2 * held :]),
    }
