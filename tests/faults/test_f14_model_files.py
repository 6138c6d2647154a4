"""F14: model files from strangers. Nothing in them runs; refused at once with exit 4."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from faults.instrument import allowed, with_tests

from improv.model import store

Say = Callable[[str], None]


def whole(tmp_path: Path) -> Path:
    """A copy of the seed model, which is good."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    for name in store.FILES:
        (folder / name).write_bytes((store.find("seed").path / name).read_bytes())
    return folder


def sign(folder: Path) -> None:
    """Make the digests right again, as an attacker would."""
    path = folder / store.NETWORK
    table = json.loads(path.read_text())
    for name in (store.WEIGHTS, store.LITERT):
        table["sha256"][name] = sha256((folder / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(table))


def edit(folder: Path, **changes: object) -> Path:
    path = folder / store.NETWORK
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


def repacked(folder: Path, change: Callable[[dict[str, bytes]], None], kind: int = 0) -> Path:
    with zipfile.ZipFile(folder / store.WEIGHTS) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(folder / store.WEIGHTS, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    sign(folder)
    return folder


class Canary:
    """A pickle that writes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def canary(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


def keras_lambda(tmp_path: Path) -> Path:
    """A Keras archive whose Lambda layer runs what it holds (CVE-2024-3660)."""
    config = {
        "class_name": "Sequential",
        "config": {
            "layers": [
                {
                    "module": "keras.layers",
                    "class_name": "Lambda",
                    "config": {
                        "function": {
                            "class_name": "__lambda__",
                            "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None},
                        }
                    },
                }
            ]
        },
    }
    return archive(tmp_path, config)


def keras_gadget(tmp_path: Path) -> Path:
    """A configuration that names a function to call (CVE-2025-1550)."""
    called = {"module": "os", "class_name": "function", "config": "system", "registered_name": None}
    arguments = [f"touch {canary(tmp_path)}"]
    return archive(tmp_path, {"module": "builtins", "class_name": "X", "config": called}, arguments)


def archive(tmp_path: Path, config: object, *more: object) -> Path:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("config.json", json.dumps(config))
        made.writestr("metadata.json", json.dumps({"keras_version": "3.0.0", "more": more}))
        made.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return path


def pickled(tmp_path: Path) -> Path:
    folder = whole(tmp_path)
    (folder / store.WEIGHTS).write_bytes(pickle.dumps(Canary(canary(tmp_path))))
    sign(folder)
    return folder


def pickled_array(tmp_path: Path) -> Path:
    array = io.BytesIO()
    np.save(array, np.array([Canary(canary(tmp_path))], object), allow_pickle=True)

    def change(members: dict[str, bytes]) -> None:
        members[next(iter(members))] = array.getvalue()

    return repacked(whole(tmp_path), change)


def bomb(tmp_path: Path) -> Path:
    """A gigabyte of zeros in a megabyte."""
    folder = whole(tmp_path)
    with (
        zipfile.ZipFile(folder / store.WEIGHTS, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("lstm/kernel.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(1024):
            member.write(bytes(1 << 20))
    sign(folder)
    return folder


def climbing(tmp_path: Path) -> Path:
    return repacked(whole(tmp_path), lambda m: m.update({"../../it-ran": b"x"}))


def wrong_shape(tmp_path: Path) -> Path:
    array = io.BytesIO()
    np.save(array, np.zeros(2, np.float32))

    def change(members: dict[str, bytes]) -> None:
        members[next(iter(members))] = array.getvalue()

    return repacked(whole(tmp_path), change)


def huge(tmp_path: Path) -> Path:
    return edit(whole(tmp_path), units=10**9)


def other_encoding(tmp_path: Path) -> Path:
    return edit(whole(tmp_path), encoding=99)


def config_with_class(tmp_path: Path) -> Path:
    return edit(whole(tmp_path), class_name="Lambda", module="os")


STRANGERS = (
    keras_lambda, keras_gadget, pickled, pickled_array, bomb, climbing, wrong_shape, huge,
    other_encoding, config_with_class,
)  # fmt: skip

OFFERED = """
import sys, time
from faults.instrument import most_memory_mb
from improv.errors import ModelRefused
from improv.model import store
before = most_memory_mb()
began = time.perf_counter()
try:
    store.find(sys.argv[1])
except ModelRefused as error:
    assert error.exit_code == 4
    took = time.perf_counter() - began
    print(took, most_memory_mb() - before)
"""


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda made: made.__name__)
def test_a_stranger_s_model_is_refused_and_nothing_runs(
    tmp_path: Path, figure: Say, stranger: Callable[[Path], Path]
) -> None:
    """In a fresh process, so that its memory and time are known."""
    path = stranger(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", OFFERED, str(path)],
        capture_output=True, text=True, check=False, env=with_tests(),
    )  # fmt: skip
    assert done.stdout, done.stderr
    took, grown = (float(word) for word in done.stdout.split())
    figure(f"{stranger.__name__.replace('_', ' ')} {1000 * took:.0f} ms, {grown:.0f} MB")
    assert not list(tmp_path.rglob("it-ran"))
    assert took < allowed(1.0)
    assert grown < 200


@pytest.mark.parametrize("stranger", [keras_lambda, pickled_array], ids=lambda m: m.__name__)
def test_the_command_says_one_sentence_and_exits_4(
    tmp_path: Path, figure: Say, stranger: Callable[[Path], Path]
) -> None:
    """`improv --model FILE`, with a player that is sent home."""
    path = stranger(tmp_path)
    began = time.perf_counter()
    line = ("--headless", "--input", "none", "--output", "none", "--model", str(path))
    done = subprocess.run(
        [sys.executable, "-m", "improv.cli", *line],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    took = time.perf_counter() - began
    figure(f"improv --model: exit {done.returncode} after {took:.1f} s, start and all")
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("it-ran"))


def test_without_the_boundary_a_pickle_runs(tmp_path: Path, figure: Say) -> None:
    """What NumPy does with the same weights when it is told to trust them."""
    folder = pickled_array(tmp_path)
    with np.load(folder / store.WEIGHTS, allow_pickle=True) as arrays:
        for name in arrays:
            arrays[name]
    assert canary(tmp_path).exists()
    figure("the pickle's program runs")
