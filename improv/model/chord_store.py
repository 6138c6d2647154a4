"""Folders of chord models: like those of improv/model/store.py, without a graph for LiteRT.

network.json, weights.npz and card.toml; only numbers of known names and shapes are read, and a
folder that isn't exactly that is refused (ModelRefused, exit 4).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improv.errors import UsageError
from improv.model import chord_spec, weights
from improv.model.chords import Floats
from improv.model.folder import (
    CARD,
    NETWORK,
    WEIGHTS,
    ZIP_ERRORS,
    check_weights,
    digest_of,
    no_archive,
    read_card,
    read_limited,
    refused,
    roots,
    weights_limit,
)
from improv.model.folder import write as write_folder

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
    no_archive(text)
    raise UsageError(f"no chord model named {text!r}, and no such folder; try {DEFAULT}")


def read(path: Path) -> ChordModel:
    """Check a folder without trusting anything in it. Raises ModelRefused."""
    units, digest = chord_spec.read(path / NETWORK)
    wanted = chord_spec.shapes(units)
    limit = weights_limit(wanted)
    if digest_of(path / WEIGHTS, limit)[0] != digest:
        raise refused(path / WEIGHTS, "it is not the file its network.json was written with")
    check_weights(path / WEIGHTS, wanted)
    try:
        numbers = weights.unpack(read_limited(path / WEIGHTS, limit), wanted)
    except ZIP_ERRORS as error:
        raise refused(path / WEIGHTS, f"it is damaged ({error})") from error
    return ChordModel(path.resolve().name, path, units, numbers, read_card(path / CARD))


def write(path: Path, units: int, numbers: Mapping[str, Floats], card: str) -> None:
    """Write a folder, see improv.model.folder."""
    content = weights.pack(numbers, chord_spec.shapes(units))
    network = {
        "architecture": chord_spec.ARCHITECTURE,
        "version": chord_spec.VERSION,
        "units": units,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    text = json.dumps(network, indent=2) + "\n"
    files = {NETWORK: text.encode(), WEIGHTS: content, CARD: card.encode()}
    write_folder(path, files, read)
