"""Folders of chord models: like those of improv/model/store.py, without a graph for LiteRT.

network.json, weights.npz and card.toml; only numbers of known names and shapes are read, and a
folder that isn't exactly that is refused (ModelRefused, exit 4).
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from improv.errors import ModelRefused, UsageError
from improv.model import chords
from improv.model.chords import Floats
from improv.model.putting import put
from improv.model.store import (
    CARD,
    HEADER_LIMIT,
    NETWORK,
    TEXT_LIMIT,
    WEIGHTS,
    ZIP_ERRORS,
    replace_file,
    roots,
)

ARCHITECTURE = "chords"
VERSION = "chords-1"  # what goes in and which classes come out
LARGEST = 1024  # units
DEFAULT = "chords"


@dataclass(frozen=True, slots=True)
class ChordModel:
    """A chord model that has been checked."""

    name: str
    path: Path
    units: int
    weights: Mapping[str, Floats]
    card: dict[str, Any]


def find(name_or_path: str | Path = DEFAULT) -> ChordModel:
    """The chord model of that name or in that folder. Raises UsageError or ModelRefused."""
    text = str(name_or_path)
    named = text and text not in {".", ".."} and Path(text).name == text
    for place in [*(root / text for root in roots() if named), Path(text)]:
        if text and place.is_dir():
            return read(place)
    raise UsageError(f"no chord model named {text!r}, and no such folder; try {DEFAULT}")


def read(path: Path) -> ChordModel:
    """Check a folder without trusting anything in it. Raises ModelRefused."""
    try:
        table = json.loads(_limited(path / NETWORK, TEXT_LIMIT))
        found = (table["architecture"], table["version"])
        units, digest = table["units"], table["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _refused(path / NETWORK, "it does not describe a chord network") from error
    if found != (ARCHITECTURE, VERSION):
        raise _refused(path / NETWORK, f"it is not of {ARCHITECTURE} {VERSION} but {found}")
    if type(units) is not int or not 1 <= units <= LARGEST:
        raise _refused(path / NETWORK, f"units must be from 1 to {LARGEST}, not {units!r}")
    wanted = chords.shapes(units)
    most = sum(4 * prod(shape) + 2 * HEADER_LIMIT for shape in wanted.values())
    content = _limited(path / WEIGHTS, most)
    if hashlib.sha256(content).hexdigest() != digest:
        raise _refused(path / WEIGHTS, "it is not the file its network.json was written with")
    weights = _unpacked(path / WEIGHTS, content, wanted)
    try:
        card = tomllib.loads(_limited(path / CARD, TEXT_LIMIT).decode())
    except (ValueError, RecursionError) as error:
        raise _refused(path / CARD, f"it is not TOML ({error})") from error
    return ChordModel(path.resolve().name, path, units, weights, card)


def write(path: Path, units: int, weights: Mapping[str, Floats], card: str) -> None:
    """Write a folder: complete in a new place first, then put where it belongs."""
    archive = io.BytesIO()
    np.savez(archive, **{name: np.asarray(weights[name]) for name in chords.shapes(units)})  # type: ignore[arg-type]  # its stub takes the names for options
    content = archive.getvalue()
    network = {
        "architecture": ARCHITECTURE,
        "version": VERSION,
        "units": units,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    text = json.dumps(network, indent=2) + "\n"
    files = {NETWORK: text.encode(), WEIGHTS: content, CARD: card.encode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        fresh.chmod(0o755)
        for name, part in files.items():
            with replace_file(fresh / name) as file:
                file.write(part)
        read(fresh)
        put(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(fresh.with_name(fresh.name + ".before"), ignore_errors=True)


def _unpacked(path: Path, content: bytes, wanted: dict[str, tuple[int, ...]]) -> dict[str, Floats]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
            if set(members) != set(wanted) or len(archive.infolist()) != len(wanted):
                raise _refused(path, "it does not hold this network's weights")
            for name, member in members.items():
                if member.file_size > 4 * prod(wanted[name]) + HEADER_LIMIT:
                    raise _refused(path, f"{name} is larger than it can be")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = {name: arrays[name] for name in wanted}
    except ZIP_ERRORS as error:
        raise _refused(path, f"it is damaged ({error})") from error
    for name, array in weights.items():
        if array.dtype != np.float32 or array.shape != wanted[name]:
            raise _refused(path, f"{name} must be float32 of shape {wanted[name]}")
        if not np.isfinite(array).all():
            raise _refused(path, f"{name} holds what is no number")
    return weights


def _limited(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _refused(path, f"it can't be read ({error.strerror})") from error
    if len(content) > limit:
        raise _refused(path, f"it is larger than {limit} bytes")
    return content


def _refused(path: Path, why: str) -> ModelRefused:
    return ModelRefused(f"{path} can't be used: {why}; copy the model folder again or train anew")
