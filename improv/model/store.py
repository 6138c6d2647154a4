"""Model folders: where they are, what must be in them, and writing them.

A folder holds network.json (our own schema, see `NetworkSpec`, and the SHA-256 of the two files
that play), weights.npz (plain float32 arrays), model.tflite (the same network for LiteRT) and
card.toml (what it was trained on, how well it does, whose it is). Nothing in it can run: no
Keras archive and no pickle is ever opened, and every size and shape is checked before anything
is read, so a folder from a stranger is refused or is only numbers.

A folder is found and checked by this file before the screen is up, so it imports neither Keras
nor NumPy; the weights themselves are read with `improv.model.weights`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import platformdirs

from improv.errors import ModelRefused, UsageError
from improv.model.putting import put
from improv.model.spec import (
    ARCHITECTURES,
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
NETWORK, WEIGHTS, LITERT, CARD = "network.json", "weights.npz", "model.tflite", "card.toml"
FILES = (NETWORK, WEIGHTS, LITERT, CARD)
TEXT_LIMIT = 256 * 1024  # bytes of network.json or card.toml
HEADER_LIMIT = 1024  # bytes of one array's header in weights.npz
GRAPH_LIMIT = 2 * 1024 * 1024  # bytes of model.tflite beyond twice its weights
CHUNK = 256 * 1024  # bytes of a file that are held at once while it is checked
ZIP_ERRORS = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What a damaged archive of arrays raises."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that has been verified."""

    name: str
    path: Path
    spec: NetworkSpec
    card: dict[str, Any]


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


def roots() -> list[Path]:
    """Where models are looked for by name: a checkout, the installed package, the user's own."""
    package = Path(__file__).resolve().parents[1]
    user = platformdirs.user_data_path("improv", appauthor=False) / "models"
    return [package.parent / "models", package / "models", user]


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
    if text and Path(text).is_file():
        raise ModelRefused(
            f"{text} is a file, and improv opens no archive of a model, since such a file can hold "
            "programs; give the folder that `improv train` made"
        )
    names = ", ".join(model.name for model in list_models()) or "none"
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
            if (path / LITERT).is_file() or not _names_chords(path / NETWORK):
                found[path.name] = _info(path)
    return sorted(found.values(), key=lambda model: (not model.default, model.name))


def _names_chords(path: Path) -> bool:
    """Whether it is a network for chords, which plays no notes; see improv/model/chord_store.py."""
    try:
        table = json.loads(_read_limited(path, TEXT_LIMIT))
    except (ModelRefused, ValueError, RecursionError):
        return False
    return isinstance(table, dict) and table.get("architecture") == "chords"


def _info(path: Path) -> ModelInfo:
    size = sum((path / name).stat().st_size for name in FILES if (path / name).is_file())
    default = path.name == DEFAULT
    try:
        folder = verify(path)
    except ModelRefused as error:
        return ModelInfo(path.name, "", 0, size, "", "", path, default, str(error))
    title, licence = (str(folder.card.get(key, "")) for key in ("title", "licence"))
    architecture, count = folder.spec.architecture, parameters(folder.spec)
    return ModelInfo(path.name, architecture, count, size, title, licence, path, default)


def verify(path: Path) -> ModelFolder:
    """Check a model folder without trusting anything in it. Raises ModelRefused."""
    missing = [name for name in FILES if not (path / name).is_file()]
    if LITERT in missing and _names_chords(path / NETWORK):
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
    card = _read_card(path / CARD)
    for name in (WEIGHTS, LITERT):
        found, begins = _digest(path / name, _limit(name, spec))
        if found != digests.get(name):
            raise _refused(path / name, "it is not the file its network.json was written with")
        if name == LITERT and begins[4:8] != b"TFL3":
            raise _refused(path / name, "it is not a LiteRT model")
    _check_weights(path / WEIGHTS, spec)
    return ModelFolder(path.resolve().name, path, spec, card)


def read_weights(folder: ModelFolder) -> Weights:
    """The network's weights by name. Raises ModelRefused where they don't fit its spec."""
    from improv.model import weights

    path = folder.path / WEIGHTS
    content = _read_limited(path, _limit(WEIGHTS, folder.spec))
    try:
        return weights.unpack(content, folder.spec)
    except ZIP_ERRORS as error:
        raise _refused(path, f"it is damaged ({error})") from error


def digest(folder: ModelFolder) -> str:
    """The SHA-256 of the weights' file."""
    return _digest(folder.path / WEIGHTS, _limit(WEIGHTS, folder.spec))[0]


def read_graph(folder: ModelFolder) -> bytes:
    """The LiteRT model."""
    return _read_limited(folder.path / LITERT, _limit(LITERT, folder.spec))


def write(
    path: Path, spec: NetworkSpec, weights: Mapping[str, Any], graph: bytes, card: str
) -> None:
    """Write a model folder: complete in a new place first, then put where it belongs."""
    from improv.model.weights import pack

    files = {WEIGHTS: pack(weights, spec), LITERT: graph, CARD: card.encode()}
    digests = {name: hashlib.sha256(files[name]).hexdigest() for name in (WEIGHTS, LITERT)}
    network = {**asdict(spec), "sha256": digests}
    files[NETWORK] = (json.dumps(network, indent=2) + "\n").encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        fresh.chmod(0o755)
        for name, content in files.items():
            with replace_file(fresh / name) as file:
                file.write(content)
        verify(fresh)
        put(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(fresh.with_name(fresh.name + ".before"), ignore_errors=True)


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when the block ends well, and never before."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _refused(path: Path, why: str) -> ModelRefused:
    return ModelRefused(f"{path} can't be used: {why}; copy the model folder again or train anew")


def _limit(name: str, spec: NetworkSpec) -> int:
    """The most bytes a file of this network may have."""
    size = 4 * parameters(spec)
    return (
        size + 2 * HEADER_LIMIT * len(shapes(spec)) if name == WEIGHTS else 2 * size + GRAPH_LIMIT
    )


def _read_limited(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _refused(path, f"it can't be read ({error.strerror})") from error
    if len(content) > limit:
        raise _refused(path, f"it is larger than such a network can be ({limit} bytes)")
    return content


def _digest(path: Path, limit: int) -> tuple[str, bytes]:
    """The SHA-256 of a file of at most `limit` bytes, and its first bytes."""
    taken, begins, size = hashlib.sha256(), b"", 0
    try:
        with path.open("rb") as file:
            while size <= limit and (chunk := file.read(CHUNK)):
                begins, size = begins or chunk[:8], size + len(chunk)
                taken.update(chunk)
    except OSError as error:
        raise _refused(path, f"it can't be read ({error.strerror})") from error
    if size > limit:
        raise _refused(path, f"it is larger than such a network can be ({limit} bytes)")
    return taken.hexdigest(), begins


def _read_network(path: Path) -> tuple[NetworkSpec, dict[str, str]]:
    try:
        table = json.loads(_read_limited(path, TEXT_LIMIT))
        digests = table.pop("sha256")
        spec = NetworkSpec(**table)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(path, "it does not describe a network as improv does") from error
    if spec.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise _refused(path, f"architecture {spec.architecture!r} is unknown; known: {known}")
    if type(spec.units) is not int or not 1 <= spec.units <= LARGEST:
        raise _refused(path, f"units must be from 1 to {LARGEST}, not {spec.units!r}")
    if spec.durations not in DURATIONS:
        known = " or ".join(DURATIONS)
        raise _refused(path, f"durations must be {known}, not {spec.durations!r}")
    if spec.recurrence not in RECURRENCES or spec.pitch not in PITCHES_AS:
        raise _refused(path, f"no network is {spec.recurrence!r} and {spec.pitch!r}")
    shortest, longest = LENGTHS
    if type(spec.length) is not int or not shortest <= spec.length <= longest:
        raise _refused(path, f"length must be from {shortest} to {longest}, not {spec.length!r}")
    if spec.encoding != ENCODING_VERSION:
        raise ModelRefused(
            f"{path} is of encoding {spec.encoding!r} and this improv plays {ENCODING_VERSION}; "
            "take a model made for this version, or train it anew"
        )
    if not isinstance(digests, dict):
        raise _refused(path, "its sha256 must be a table")
    return spec, digests


def _read_card(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read_limited(path, TEXT_LIMIT).decode())
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"it is not TOML ({error})") from error


def _check_weights(path: Path, spec: NetworkSpec) -> None:
    """Compare the arrays of an .npz with what this network has, without reading them.

    Only their headers are read, and those are text: what they call an array of which shape.
    Whether its numbers are numbers is looked at by who reads them, improv.model.weights.
    """
    wanted = shapes(spec)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sorted(m.filename for m in members) != sorted(f"{name}.npy" for name in wanted):
                raise _refused(path, "it does not hold this network's weights")
            if any(m.compress_type != zipfile.ZIP_STORED for m in members):
                raise _refused(path, "its arrays are compressed")
            for member in members:
                name = member.filename.removesuffix(".npy")
                with archive.open(member) as file:
                    length = _check_header(path, name, file.read(HEADER_LIMIT), wanted[name])
                if member.file_size != length + 4 * prod(wanted[name]):
                    raise _refused(path, f"{name} is cut short")
    except ZIP_ERRORS as error:
        raise _refused(path, f"it is damaged ({error})") from error


def _check_header(path: Path, name: str, begins: bytes, shape: tuple[int, ...]) -> int:
    """Compare an array's header, format 1.0 of NumPy's .npy, with its shape; the header's length.

    Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    if begins[:8] != b"\x93NUMPY\x01\x00":
        raise _refused(path, f"{name} is in an unknown format")
    length = 10 + int.from_bytes(begins[8:10], "little")
    header = begins[10:length].decode("latin-1").strip()
    wanted = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"  # as NumPy writes it
    if header != wanted:
        raise _refused(path, f"{name} must be float32 of shape {shape}, not {header}")
    return length
