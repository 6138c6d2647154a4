"""Model folders: where they are, what must be in them, and writing them.

A folder holds network.json (our own schema, see `NetworkSpec`, and the SHA-256 of the two files
that play), weights.npz (plain float32 arrays), model.tflite (the same network for LiteRT) and
card.toml (what it was trained on, how well it does, whose it is). Nothing in it can run: no
Keras archive and no pickle is ever opened, and every size and shape is checked before anything
is read, so a folder from a stranger is refused or is only numbers.

The player lists models by this file, so it imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import hashlib
import io
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
from typing import IO, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from improv.errors import ModelRefused, UsageError
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
from improv.music.encoding import ENCODING_VERSION
from improv.music.event import DURATIONS

DEFAULT = "default"
NETWORK, WEIGHTS, LITERT, CARD = "network.json", "weights.npz", "model.tflite", "card.toml"
FILES = (NETWORK, WEIGHTS, LITERT, CARD)
TEXT_LIMIT = 256 * 1024  # bytes of network.json or card.toml
HEADER_LIMIT = 1024  # bytes of one array's header in weights.npz
GRAPH_LIMIT = 2 * 1024 * 1024  # bytes of model.tflite beyond twice its weights

Weights = dict[str, NDArray[np.float32]]


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
    names = ", ".join(model.name for model in list_models()) or "none"
    raise UsageError(f"no model named {text!r}, and no such folder; there are: {names}")


def list_models() -> list[ModelInfo]:
    """Every model that can be named, the default first; of two with one name, what `find` takes."""
    found: dict[str, ModelInfo] = {}
    for root in roots():
        if not root.is_dir():
            continue
        for path in sorted(root.iterdir()):
            if path.name not in found and not path.name.startswith(".") and path.is_dir():
                found[path.name] = _info(path)
    return sorted(found.values(), key=lambda model: (not model.default, model.name))


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
    if missing:
        raise ModelRefused(
            f"the model folder {path} lacks {' and '.join(missing)}; copy the whole folder again, "
            "or train it with `improv train`"
        )
    spec, digests = _read_network(path / NETWORK)
    card = _read_card(path / CARD)
    for name in (WEIGHTS, LITERT):
        content = _read_limited(path / name, _limit(name, spec))
        if hashlib.sha256(content).hexdigest() != digests.get(name):
            raise _refused(path / name, "it is not the file its network.json was written with")
        if name == LITERT and content[4:8] != b"TFL3":
            raise _refused(path / name, "it is not a LiteRT model")
        if name == WEIGHTS:
            _parse_weights(path / name, content, spec)
    return ModelFolder(path.resolve().name, path, spec, card)


def read_weights(folder: ModelFolder) -> Weights:
    """The network's weights by name. Raises ModelRefused where they don't fit its spec."""
    path = folder.path / WEIGHTS
    return _parse_weights(path, _read_limited(path, _limit(WEIGHTS, folder.spec)), folder.spec)


def digest(folder: ModelFolder) -> str:
    """The SHA-256 of the weights' file."""
    content = _read_limited(folder.path / WEIGHTS, _limit(WEIGHTS, folder.spec))
    return hashlib.sha256(content).hexdigest()


def read_graph(folder: ModelFolder) -> bytes:
    """The LiteRT model."""
    return _read_limited(folder.path / LITERT, _limit(LITERT, folder.spec))


def write(
    path: Path, spec: NetworkSpec, weights: Mapping[str, NDArray[Any]], graph: bytes, card: str
) -> None:
    """Write a model folder: complete in a new place first, then put where it belongs."""
    archive = io.BytesIO()
    arrays: dict[str, Any] = {
        name: np.ascontiguousarray(weights[name], "<f4") for name in shapes(spec)
    }
    np.savez(archive, **arrays)
    files = {WEIGHTS: archive.getvalue(), LITERT: graph, CARD: card.encode()}
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
        if path.exists():
            path.rename(fresh / "before")
            (fresh / "before").rename(fresh.with_name(fresh.name + ".before"))
        fresh.rename(path)
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


def _parse_weights(path: Path, content: bytes, spec: NetworkSpec) -> Weights:
    """The arrays of an .npz, each compared with the shape it must have before it is made."""
    wanted = {f"{name}.npy": name for name in shapes(spec)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sorted(m.filename for m in members) != sorted(wanted):
                raise _refused(path, "it does not hold this network's weights")
            if any(m.compress_type != zipfile.ZIP_STORED for m in members):
                raise _refused(path, "its arrays are compressed")
            return {
                wanted[m.filename]: _parse_array(
                    path, wanted[m.filename], archive.read(m), shapes(spec)[wanted[m.filename]]
                )
                for m in members
            }
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise _refused(path, f"it is damaged ({error})") from error


def _parse_array(
    path: Path, name: str, content: bytes, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise _refused(path, f"{name} is in an unknown format")
    found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if found != shape or fortran or dtype != np.dtype("<f4"):
        raise _refused(path, f"{name} must be float32 of shape {shape}, not {dtype} of {found}")
    body = stream.read()
    if len(body) != 4 * prod(shape):
        raise _refused(path, f"{name} is cut short")
    array = np.frombuffer(body, "<f4").reshape(shape)
    if not np.isfinite(array).all():
        raise _refused(path, f"{name} holds what is not a number")
    return array
