"""What a network that names chords is made of, and what its network.json says; without NumPy."""

from __future__ import annotations

import json
from pathlib import Path

from improv.errors import ModelRefused
from improv.model.folder import NETWORK, TEXT_LIMIT, read_limited, refused
from improv.music import chord_classes
from improv.music.halves import SLOTS
from improv.music.scale import OCTAVE

ARCHITECTURE = "chords"
VERSION = "chords-3"  # what goes in and which classes come out
LARGEST = 1024  # units
FEATURES = OCTAVE * SLOTS + 2  # see music.halves; whether a bar begins, whether one goes on
LAYERS = 2
KINDS = len(chord_classes.QUALITIES) + 1  # what is said of each root: its chords, and none
NETWORKS = {"whole": ("forward", "backward"), "coming": ("forward",)}
"""Both networks, and the ways in which each reads a melody."""


def shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Of every array of the weights, by its name."""
    found: dict[str, tuple[int, ...]] = {}
    for kind, ways in NETWORKS.items():
        for layer in range(LAYERS):
            width = FEATURES if layer == 0 else units * len(ways)
            for way in ways:
                name = f"{kind}_{layer}_{way}"
                found[f"{name}_kernel"] = (width, 4 * units)
                found[f"{name}_recurrent"] = (units, 4 * units)
                found[f"{name}_bias"] = (4 * units,)
        found[f"{kind}_chord_kernel"] = (units * len(ways), KINDS)
        found[f"{kind}_chord_bias"] = (KINDS,)
    return found


def is_chords(folder: Path) -> bool:
    """Whether a folder is of such a network, sound or not."""
    try:
        table = json.loads(read_limited(folder / NETWORK, TEXT_LIMIT))
    except (ModelRefused, ValueError, RecursionError):
        return False
    return isinstance(table, dict) and table.get("architecture") == ARCHITECTURE


def read(path: Path) -> tuple[int, str]:
    """The units that network.json says, and the SHA-256 of its weights. Raises ModelRefused."""
    try:
        table = json.loads(read_limited(path, TEXT_LIMIT))
        found = (table["architecture"], table["version"])
        units, digest = table["units"], table["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise refused(path, "it does not describe a chord network") from error
    if set(table) != {"architecture", "version", "units", "sha256"}:
        raise refused(path, "it does not describe a chord network as improv does")
    if found != (ARCHITECTURE, VERSION):
        raise refused(path, f"it is not of {ARCHITECTURE} {VERSION} but {found}")
    if type(units) is not int or not 1 <= units <= LARGEST:
        raise refused(path, f"units must be from 1 to {LARGEST}, not {units!r}")
    return units, digest
