"""Music to learn from, read once and kept as columns that are mapped into memory.

A prepared dataset is a folder in the user's cache: pitch, velocity, start and duration of every
note of every piece end to end, how much longer the sustain pedal let each ring, where each piece
begins, and manifest.json. So one folder serves both lengths a note can have. Pieces lie sorted by
split, so a split is a slice of the columns and loading one reads nothing. It is made anew when
the source's content or this format changes; files that can't be read are listed and left out.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt
import platformdirs

from improv.errors import InputError, UsageError
from improv.music.event import DURATIONS, HELD, PEDALLED
from improv.ports.midifile import NoteArrays, read_arrays
from improv.train import sources
from improv.train.progress import Report, silent
from improv.train.sources import SPLITS

FORMAT = 4  # raise it when what is stored, or how files are read, changes
_COLUMNS: dict[str, np.dtype[Any]] = {
    "pitch": np.dtype(np.uint8),
    "velocity": np.dtype(np.uint8),
    "start": np.dtype(np.float64),
    "duration": np.dtype(np.float32),
    "rings": np.dtype(np.float32),
    "improv": np.dtype(np.bool_),
    "melody": np.dtype(np.bool_),
}


@dataclass(frozen=True, slots=True)
class Pieces:
    """The notes of many pieces end to end; piece i is [offsets[i], offsets[i + 1])."""

    pitch: npt.NDArray[np.uint8]  # (notes,) 0-127
    velocity: npt.NDArray[np.uint8]  # (notes,) 1-127
    start: npt.NDArray[np.float64]  # (notes,) seconds; each piece begins at 0
    duration: npt.NDArray[np.float32]  # (notes,) seconds, as was asked for
    offsets: npt.NDArray[np.int64]  # (pieces + 1,)
    names: tuple[str, ...]
    improv: npt.NDArray[np.bool_] | None = None  # (notes,) played by improv, in takes of its own

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a dataset holds, and how fast it was made (0 where it was there already)."""

    folder: Path
    notes: int
    pedalled: int  # of the notes, those that ring on when their keys are let go
    pieces: dict[str, int]  # by split
    skipped: dict[str, str]  # file to reason
    seconds: float
    notes_per_second: float


def prepare(source: Path, *, cache: Path | None = None, progress: Report = silent) -> Prepared:
    """Read a folder or zip of MIDI files into the cache, or find it there.

    `progress` counts files. One process does it all: two million notes a second, a third of a
    million where several tracks share pedals, and starting another takes as long as a thousand
    performances do.

    Raises InputError where nothing in the source can be used.
    """
    with sources.opened(source) as opened:
        folder = _cache(cache) / f"{source.stem}-{opened.key()[:16]}-{FORMAT}"
        if (there := _manifest(folder)) is not None:
            return _summary(folder, there, 0.0)
        began = time.perf_counter()
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
        try:
            manifest = _make(making, opened, str(source), progress)
            making.chmod(0o755)
            shutil.rmtree(folder, ignore_errors=True)  # damaged, or it would have been found
            making.rename(folder)
        except OSError as error:
            if _manifest(folder) is None:  # unless another process was first
                raise InputError(f"cannot write the dataset {folder}: {error.strerror}") from None
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return _summary(folder, manifest, time.perf_counter() - began)


def load(
    source: Path,
    split: str,
    *,
    durations: str = HELD,
    melody: bool = False,
    cache: Path | None = None,
) -> Pieces:
    """The pieces of a split (train, validation, test) or all of them; prepared if need be.

    `durations` is one of DURATIONS: notes as long as their keys are held, or as they sound with the
    sustain pedal. `melody` takes only what is on tracks of that name, and the pieces that have one.
    """
    if durations not in DURATIONS:
        raise UsageError(f"durations must be {' or '.join(DURATIONS)}, not {durations!r}")
    if split not in {*SPLITS, "all"}:
        raise UsageError(f"no split {split!r}; there are {', '.join(SPLITS)} and all")
    folder = prepare(source, cache=cache).folder
    manifest = _manifest(folder) or {"pieces": []}
    listed = [(i, p) for i, p in enumerate(manifest["pieces"]) if split in {p["split"], "all"}]
    if not listed:
        counts = ", ".join(f"{label} {n}" for label, n in _counts(manifest).items())
        raise InputError(f"no pieces in the {split} split of {source}; there are: {counts}")
    offsets = np.load(folder / "offsets.npy", allow_pickle=False)
    first, last = listed[0][0], listed[-1][0] + 1
    begin, end = offsets[first], offsets[last]
    columns = {name: _column(folder, name)[begin:end] for name in _COLUMNS}
    rings, tune = columns.pop("rings"), columns.pop("melody")
    if durations == PEDALLED:
        columns["duration"] = columns["duration"] + rings
    pieces = Pieces(
        **columns,
        offsets=offsets[first : last + 1] - begin,
        names=tuple(piece["name"] for _, piece in listed),
    )
    if not melody:
        return pieces
    if not tune.any():
        raise InputError(
            f"no melody in the {split} split of {source}: no track of that name has notes"
        )
    return _those(pieces, np.asarray(tune))


def _those(pieces: Pieces, kept: npt.NDArray[np.bool_]) -> Pieces:
    """The notes `kept` alone, of the pieces that have any; each begins at 0 again."""
    edges = np.concatenate(([0], np.cumsum(kept)))[pieces.offsets]
    counts = np.diff(edges)
    has = counts > 0
    first = edges[:-1][has]
    start = pieces.start[kept]
    return Pieces(
        pitch=pieces.pitch[kept],
        velocity=pieces.velocity[kept],
        start=start - np.repeat(start[first], counts[has]),
        duration=pieces.duration[kept],
        offsets=np.concatenate((first, edges[-1:])).astype(np.int64),
        names=tuple(name for name, there in zip(pieces.names, has, strict=True) if there),
        improv=None if pieces.improv is None else pieces.improv[kept],
    )


def _cache(cache: Path | None) -> Path:
    return cache or platformdirs.user_cache_path("improv", appauthor=False) / "datasets"


def _column(folder: Path, name: str) -> npt.NDArray[Any]:
    """(notes,) one field of all notes, read from the disk where it is looked at."""
    column: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return column


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a dataset that is whole."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        for name in _COLUMNS:
            if len(_column(folder, name)) != manifest["notes"]:
                return None
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    return manifest


def _make(folder: Path, source: sources.Source, name: str, progress: Report) -> dict[str, Any]:
    split, skipped = sources.pieces(source)
    total = sum(len(names) for names in split.values())
    if not total:
        raise InputError(f"no MIDI files (.mid, .midi) in {name}")
    pieces: list[dict[str, Any]] = []
    offsets, pedalled = [0], 0
    with Columns(folder) as columns:
        for done, (label, piece, notes) in enumerate(_read(source, split, skipped)):
            progress(done + 1, total)
            if notes is None:
                continue
            columns.append(notes)
            offsets.append(offsets[-1] + len(notes))
            pedalled += int(np.count_nonzero(notes.rings))
            seconds = round(float((notes.start + notes.duration).max()), 3)
            pieces.append({"name": piece, "split": label, "notes": len(notes), "seconds": seconds})
    if not pieces:
        example = next(iter(skipped.values()))
        raise InputError(
            f"none of the {total} MIDI files in {name} can be used; the first: {example}"
        )
    np.save(folder / "offsets.npy", np.array(offsets, np.int64))
    manifest = {
        "format": FORMAT,
        "source": name,
        "notes": offsets[-1],
        "pedalled": pedalled,
        "pieces": pieces,
        "skipped": skipped,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text, "utf-8")
    return manifest


def _read(
    source: sources.Source, split: dict[str, list[str]], skipped: dict[str, str]
) -> Iterator[tuple[str, str, NoteArrays | None]]:
    """(split, name, notes) of each file; None, and a line in `skipped`, where it has none."""
    for label in SPLITS:
        for name in split[label]:
            notes = None
            try:
                notes = read_arrays(source.read(name), name)
            except InputError as error:
                skipped[name] = str(error)
            yield label, name, notes


class Columns:
    """The columns as .npy files that grow, so that memory holds one piece at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self._notes = 0

    def __enter__(self) -> Self:
        for name in _COLUMNS:
            self._files[name] = (self._folder / f"{name}.npy").open("wb")
        self._write_headers()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write_headers()
        for file in self._files.values():
            file.close()

    def append(self, notes: NoteArrays) -> None:
        for name, dtype in _COLUMNS.items():
            self._files[name].write(getattr(notes, name).astype(dtype, copy=False).data)
        self._notes += len(notes)

    def _write_headers(self) -> None:
        """The header leaves room for a longer shape, so writing it again moves nothing."""
        for name, dtype in _COLUMNS.items():
            file = self._files[name]
            file.seek(0)
            np.lib.format.write_array_header_1_0(
                file,
                {
                    "descr": np.lib.format.dtype_to_descr(dtype),
                    "fortran_order": False,
                    "shape": (self._notes,),
                },
            )
            file.seek(0, os.SEEK_END)


def _counts(manifest: dict[str, Any]) -> dict[str, int]:
    return {label: sum(piece["split"] == label for piece in manifest["pieces"]) for label in SPLITS}


def _summary(folder: Path, manifest: dict[str, Any], seconds: float) -> Prepared:
    notes = manifest["notes"]
    return Prepared(
        folder=folder,
        notes=notes,
        pedalled=manifest["pedalled"],
        pieces=_counts(manifest),
        skipped=manifest["skipped"],
        seconds=round(seconds, 3),
        notes_per_second=round(notes / seconds) if seconds else 0.0,
    )
