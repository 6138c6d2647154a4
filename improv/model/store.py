"""Model folders: where they are, what must be in them, and writing them.

A folder holds network.json (our own schema, see `NetworkSpec`, and the SHA-256 of the two files
that play), weights.npz (plain float32 arrays), model.tflite (the same network for LiteRT, but for
those that play in NumPy) and card.toml (what it was trained on, how well it does, whose it is);
most have lessons.bin too, by which copies of what was learnt from are seen (improv.play.lessons).
How a stranger's is kept from doing harm: improv.model.folder.

A folder is found and checked by this file before the screen is up, so it imports neither Keras
nor NumPy; the weights themselves are read with `improv.model.weights`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.errors import ModelRefused, UsageError
from improv.model import chord_spec
from improv.model.folder import (
    CARD,
    NETWORK,
    TEXT_LIMIT,
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
from improv.model.spec import (
    ARCHITECTURES,
    FEWEST,
    GRAPHLESS,
    LARGEST,
    LENGTHS,
    PITCHES_AS,
    RECURRENCES,
    NetworkSpec,
    parameters,
    shapes,
)
from improv.music.event import DURATIONS
from improv.music.vocabulary import ENCODING_VERSION

if TYPE_CHECKING:
    from improv.model.weights import Weights  # brings NumPy

DEFAULT = "default"
LITERT = "model.tflite"
LESSONS = "lessons.bin"
FILES = (NETWORK, WEIGHTS, LITERT, CARD)
LESSONS_LIMIT = 8 * 2**20  # bytes of lessons.bin
GRAPH_LIMIT = 2 * 1024 * 1024  # bytes of model.tflite beyond twice its weights


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that has been verified."""

    name: str
    path: Path
    spec: NetworkSpec
    card: dict[str, Any]
    has_lessons: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as `improv models` lists it; `problem` says why it can't be played, if so."""

    name: str
    architecture: str
    parameters: int
    size: int  # bytes of its files
    title: str
    licence: str
    path: Path
    default: bool
    problem: str = ""


def find(name_or_path: str | Path) -> ModelFolder:
    """The model of that name, or in that folder, verified.

    Raises UsageError where there is none, ModelRefused where it can't be played.
    """
    text = str(name_or_path)
    if text and text not in {".", ".."} and Path(text).name == text:
        for root in roots():
            if (root / text).is_dir():
                return verify(root / text)
    if text and Path(text).is_dir():
        return verify(Path(text))
    no_archive(text)
    players = [m.name for m in list_models() if m.architecture != chord_spec.ARCHITECTURE]
    names = ", ".join(players) or "none"
    raise UsageError(f"no model named {text!r}, and no such folder; there are: {names}")


def list_models() -> list[ModelInfo]:
    """Every model that can be named, the default first; of two with one name, what `find` takes."""
    found: dict[str, ModelInfo] = {}
    for root in roots():
        if not root.is_dir():
            continue
        for path in sorted(root.iterdir()):
            if path.name in found or path.name.startswith(".") or not path.is_dir():
                continue
            found[path.name] = _info(path)
    return sorted(found.values(), key=lambda model: (not model.default, model.name))


def _info(path: Path) -> ModelInfo:
    size = sum(
        (path / name).stat().st_size for name in (*FILES, LESSONS) if (path / name).is_file()
    )
    default = path.name == DEFAULT
    if chord_spec.is_chords(path):
        return _chords_info(path, size)
    try:
        folder = verify(path)
    except ModelRefused as error:
        return ModelInfo(path.name, "", 0, size, "", "", path, default, str(error))
    title, licence = (str(folder.card.get(key, "")) for key in ("title", "licence"))
    architecture, count = folder.spec.architecture, parameters(folder.spec)
    return ModelInfo(path.name, architecture, count, size, title, licence, path, default)


def _chords_info(path: Path, size: int) -> ModelInfo:
    """Of a model that names chords, which improv.model.chord_store reads."""
    try:
        units, _ = chord_spec.read(path / NETWORK)
        card = read_card(path / CARD)
    except ModelRefused as error:
        return ModelInfo(path.name, "", 0, size, "", "", path, default=False, problem=str(error))
    count = sum(prod(shape) for shape in chord_spec.shapes(units).values())
    title, licence = (str(card.get(key, "")) for key in ("title", "licence"))
    return ModelInfo(
        path.name, chord_spec.ARCHITECTURE, count, size, title, licence, path, default=False
    )


def verify(path: Path) -> ModelFolder:
    """Check a model folder without trusting anything in it. Raises ModelRefused."""
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing == [LITERT] and _plays_without(path):
        missing = []
    if LITERT in missing and chord_spec.is_chords(path):
        raise ModelRefused(
            f"the model {path.name} names chords and plays no notes; give a melody its chords with "
            "`improv harmonise melody.mid out.mid`"
        )
    if missing:
        raise ModelRefused(
            f"the model folder {path} lacks {' and '.join(missing)}; copy the whole folder again, "
            "or train it with `improv train`"
        )
    spec, digests = _read_network(path / NETWORK)
    card = read_card(path / CARD)
    has_lessons = LESSONS in digests
    for name in (*_played(spec), *((LESSONS,) if has_lessons else ())):
        found, begins = digest_of(path / name, _limit(name, spec))
        if found != digests.get(name):
            raise refused(path / name, "it is not the file its network.json was written with")
        if name == LITERT and begins[4:8] != b"TFL3":
            raise refused(path / name, "it is not a LiteRT model")
    check_weights(path / WEIGHTS, shapes(spec))
    return ModelFolder(path.resolve().name, path, spec, card, has_lessons)


def read_weights(folder: ModelFolder) -> Weights:
    """The network's weights by name. Raises ModelRefused where they don't fit its spec."""
    from improv.model import weights

    path = folder.path / WEIGHTS
    content = read_limited(path, _limit(WEIGHTS, folder.spec))
    try:
        return weights.unpack(content, shapes(folder.spec))
    except ZIP_ERRORS as error:
        raise refused(path, f"it is damaged ({error})") from error


def digest(folder: ModelFolder) -> str:
    """The SHA-256 of the weights' file."""
    return digest_of(folder.path / WEIGHTS, _limit(WEIGHTS, folder.spec))[0]


def read_graph(folder: ModelFolder) -> bytes:
    """The LiteRT model."""
    return read_limited(folder.path / LITERT, _limit(LITERT, folder.spec))


def read_lessons(folder: ModelFolder) -> bytes:
    """What `play.lessons` makes of what the model learnt from; empty where nobody kept it."""
    if not folder.has_lessons:
        return b""
    return read_limited(folder.path / LESSONS, LESSONS_LIMIT)


def write(
    path: Path,
    spec: NetworkSpec,
    weights: Mapping[str, Any],
    graph: bytes | None,
    card: str,
    lessons: bytes = b"",
) -> None:
    """Write a model folder: complete in a new place first, then put where it belongs.

    One that plays in NumPy has no graph, and not every one has lessons.
    """
    from improv.model.weights import pack

    files = {WEIGHTS: pack(weights, shapes(spec)), CARD: card.encode()}
    if graph is not None:
        files[LITERT] = graph
    if lessons:
        files[LESSONS] = lessons
    digests = {
        name: hashlib.sha256(file).hexdigest() for name, file in files.items() if name != CARD
    }
    network = {**asdict(spec), "sha256": digests}
    files[NETWORK] = (json.dumps(network, indent=2) + "\n").encode()
    write_folder(path, files, verify)


def _played(spec: NetworkSpec) -> tuple[str, ...]:
    """The files that such a network plays from."""
    return (WEIGHTS,) if spec.architecture in GRAPHLESS else (WEIGHTS, LITERT)


def _plays_without(path: Path) -> bool:
    """Whether the network of a folder is of those that need no graph, sound or not."""
    try:
        table = json.loads(read_limited(path / NETWORK, TEXT_LIMIT))
        return isinstance(table, dict) and table.get("architecture") in GRAPHLESS
    except (ModelRefused, ValueError, TypeError, RecursionError):
        return False


def _limit(name: str, spec: NetworkSpec) -> int:
    """The most bytes a file of this network may have."""
    if name == WEIGHTS:
        return weights_limit(shapes(spec))
    if name == LESSONS:
        return LESSONS_LIMIT
    return 2 * 4 * parameters(spec) + GRAPH_LIMIT


def _read_network(path: Path) -> tuple[NetworkSpec, dict[str, str]]:
    try:
        table = json.loads(read_limited(path, TEXT_LIMIT))
        digests = table.pop("sha256")
        spec = NetworkSpec(**table)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise refused(path, "it does not describe a network as improv does") from error
    if spec.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise refused(path, f"architecture {spec.architecture!r} is unknown; known: {known}")
    fewest = FEWEST.get(spec.architecture, 1)
    if type(spec.units) is not int or not fewest <= spec.units <= LARGEST:
        raise refused(path, f"units must be from {fewest} to {LARGEST}, not {spec.units!r}")
    if spec.durations not in DURATIONS:
        known = " or ".join(DURATIONS)
        raise refused(path, f"durations must be {known}, not {spec.durations!r}")
    if spec.recurrence not in RECURRENCES or spec.pitch not in PITCHES_AS:
        raise refused(path, f"no network is {spec.recurrence!r} and {spec.pitch!r}")
    shortest, longest = LENGTHS
    if type(spec.length) is not int or not shortest <= spec.length <= longest:
        raise refused(path, f"length must be from {shortest} to {longest}, not {spec.length!r}")
    if spec.encoding != ENCODING_VERSION:
        raise ModelRefused(
            f"{path} is of encoding {spec.encoding!r} and this improv plays {ENCODING_VERSION}; "
            "take a model made for this version, or train it anew"
        )
    if not isinstance(digests, dict):
        raise refused(path, "its sha256 must be a table")
    return spec, digests
