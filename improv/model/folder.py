"""What all model folders have in common: bounded files, weights that are only numbers, a card.

Nothing in a folder can run: no Keras archive and no pickle is ever opened, and every size and
shape is checked before anything is read, so a folder from a stranger is refused or is only numbers.
It imports neither Keras nor NumPy, since a folder is checked before the screen is up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any

import platformdirs

from improv.errors import ModelRefused
from improv.model.putting import put

NETWORK, WEIGHTS, CARD = "network.json", "weights.npz", "card.toml"
TEXT_LIMIT = 256 * 1024  # bytes of network.json or card.toml
HEADER_LIMIT = 1024  # bytes of one array's header in weights.npz
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
Shapes = Mapping[str, tuple[int, ...]]
"""Of every array of a network's weights, by its name."""


def roots() -> list[Path]:
    """Where models are looked for by name: a checkout, the installed package, the user's own."""
    package = Path(__file__).resolve().parents[1]
    user = platformdirs.user_data_path("improv", appauthor=False) / "models"
    return [package.parent / "models", package / "models", user]


def write(path: Path, files: Mapping[str, bytes], check: Callable[[Path], object]) -> None:
    """Write a folder: complete in a new place first, checked there, then put where it belongs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        fresh.chmod(0o755)
        for name, content in files.items():
            with replace_file(fresh / name) as file:
                file.write(content)
        check(fresh)
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


def refused(path: Path, why: str) -> ModelRefused:
    """What is wrong with a file of a folder, and what to do."""
    return ModelRefused(f"{path} can't be used: {why}; copy the model folder again or train anew")


def no_archive(text: str) -> None:
    """Raise ModelRefused where a file was given in place of a folder."""
    if text and Path(text).is_file():
        raise ModelRefused(
            f"{text} is a file, and improv opens no archive of a model, since such a file can hold "
            "programs; give the folder that `improv train` made"
        )


def weights_limit(wanted: Shapes) -> int:
    """The most bytes that weights.npz may have."""
    return sum(4 * prod(shape) + 2 * HEADER_LIMIT for shape in wanted.values())


def read_limited(path: Path, limit: int) -> bytes:
    """All of a file. Raises ModelRefused where it is longer than that."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise refused(path, f"it can't be read ({error.strerror})") from error
    if len(content) > limit:
        raise refused(path, f"it is larger than such a network can be ({limit} bytes)")
    return content


def digest_of(path: Path, limit: int) -> tuple[str, bytes]:
    """The SHA-256 of a file of at most `limit` bytes, and its first bytes."""
    taken, begins, size = hashlib.sha256(), b"", 0
    try:
        with path.open("rb") as file:
            while size <= limit and (chunk := file.read(CHUNK)):
                begins, size = begins or chunk[:8], size + len(chunk)
                taken.update(chunk)
    except OSError as error:
        raise refused(path, f"it can't be read ({error.strerror})") from error
    if size > limit:
        raise refused(path, f"it is larger than such a network can be ({limit} bytes)")
    return taken.hexdigest(), begins


def read_card(path: Path) -> dict[str, Any]:
    """What card.toml says. Raises ModelRefused."""
    try:
        return tomllib.loads(read_limited(path, TEXT_LIMIT).decode())
    except (ValueError, RecursionError) as error:
        raise refused(path, f"it is not TOML ({error})") from error


def check_weights(path: Path, wanted: Shapes) -> None:
    """Compare the arrays of an .npz with what this network has, without reading them.

    Only their headers are read, and those are text: what they call an array of which shape.
    Whether its numbers are numbers is looked at by who reads them, improv.model.weights.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sorted(m.filename for m in members) != sorted(f"{name}.npy" for name in wanted):
                raise refused(path, "it does not hold this network's weights")
            if any(m.compress_type != zipfile.ZIP_STORED for m in members):
                raise refused(path, "its arrays are compressed")
            for member in members:
                name = member.filename.removesuffix(".npy")
                with archive.open(member) as file:
                    length = _check_header(path, name, file.read(HEADER_LIMIT), wanted[name])
                if member.file_size != length + 4 * prod(wanted[name]):
                    raise refused(path, f"{name} is cut short")
    except ZIP_ERRORS as error:
        raise refused(path, f"it is damaged ({error})") from error


def _check_header(path: Path, name: str, begins: bytes, shape: tuple[int, ...]) -> int:
    """Compare an array's header, format 1.0 of NumPy's .npy, with its shape; the header's length.

    Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    if begins[:8] != b"\x93NUMPY\x01\x00":
        raise refused(path, f"{name} is in an unknown format")
    length = 10 + int.from_bytes(begins[8:10], "little")
    header = begins[10:length].decode("latin-1").strip()
    wanted = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"  # as NumPy writes it
    if header != wanted:
        raise refused(path, f"{name} must be float32 of shape {shape}, not {header}")
    return length
