"""The numbers of a network as the bytes of weights.npz, and back.

Apart from the rest of a model's folder (improv.model.folder) since it needs NumPy. Arrays are plain
float32; no pickle is ever opened, and every header is compared before its array is made.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.model.folder import Shapes

Weights = dict[str, NDArray[np.float32]]


def pack(weights: Mapping[str, Any], wanted: Shapes) -> bytes:
    """The network's weights as an .npz, uncompressed."""
    archive = io.BytesIO()
    arrays: dict[str, Any] = {name: np.ascontiguousarray(weights[name], "<f4") for name in wanted}
    np.savez(archive, **arrays)
    return archive.getvalue()


def unpack(content: bytes, wanted: Shapes) -> Weights:
    """The arrays of an .npz. Raises ValueError, or what zipfile does, where they don't fit."""
    called = {f"{name}.npy": name for name in wanted}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sorted(m.filename for m in members) != sorted(called):
            raise ValueError("it does not hold this network's weights")
        if any(m.compress_type != zipfile.ZIP_STORED for m in members):
            raise ValueError("its arrays are compressed")
        names = [called[member.filename] for member in members]
        return {
            name: _array(name, archive.read(member), wanted[name])
            for name, member in zip(names, members, strict=True)
        }


def _array(name: str, content: bytes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{name} is in an unknown format")
    found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if found != shape or fortran or dtype != np.dtype("<f4"):
        raise ValueError(f"{name} must be float32 of shape {shape}, not {dtype} of {found}")
    body = stream.read()
    if len(body) != 4 * prod(shape):
        raise ValueError(f"{name} is cut short")
    array = np.frombuffer(body, "<f4").reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds what is not a number")
    return array
