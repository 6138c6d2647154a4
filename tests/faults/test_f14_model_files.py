"""F14: model files from strangers. Nothing in them runs; refused at once with exit 4."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from faults.instrument import with_tests
from ports.test_midifile import random_file
from rig.support import allowed

from improv.errors import ModelRefused
from improv.model import chord_store, store, weights
from improv.model.folder import NETWORK, WEIGHTS, roots

Say = Callable[[str], None]


@dataclass(frozen=True)
class Family:
    """A kind of model folder: a good one's name, the module that finds it, its version's key."""

    good: str
    reader: str
    version: str
    read: Callable[[Path], object]


def _read(path: Path) -> object:
    return store.read_weights(store.find(path))


FAMILIES = {
    "seed": Family("seed", "store", "encoding", _read),
    "bars": Family("bars", "store", "encoding", _read),
    "chords": Family("chords", "chord_store", "version", chord_store.find),
}
"""Another family of networks is one line here."""


def whole(tmp_path: Path, family: Family) -> Path:
    """A copy of a model of ours, which is good."""
    folder = tmp_path / "stranger"
    shutil.copytree(
        next(root / family.good for root in roots() if (root / family.good).is_dir()), folder
    )
    return folder


def sign(folder: Path) -> None:
    """Make the digests right again, as an attacker would."""

    def digest(name: str) -> str:
        return sha256((folder / name).read_bytes()).hexdigest()

    table = json.loads((folder / NETWORK).read_text())
    digests = table["sha256"]
    signed = (
        digest(WEIGHTS) if isinstance(digests, str) else {name: digest(name) for name in digests}
    )
    edit(folder, sha256=signed)


def edit(folder: Path, **changes: object) -> Path:
    path = folder / NETWORK
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


def repacked(folder: Path, change: Callable[[dict[str, bytes]], None], kind: int = 0) -> Path:
    with zipfile.ZipFile(folder / WEIGHTS) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(folder / WEIGHTS, "w", kind) as archive:
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


def keras_lambda(tmp_path: Path, _: Family) -> Path:
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


def keras_gadget(tmp_path: Path, _: Family) -> Path:
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


def pickled(tmp_path: Path, family: Family) -> Path:
    folder = whole(tmp_path, family)
    (folder / WEIGHTS).write_bytes(pickle.dumps(Canary(canary(tmp_path))))
    sign(folder)
    return folder


def pickled_array(tmp_path: Path, family: Family) -> Path:
    array = io.BytesIO()
    np.save(array, np.array([Canary(canary(tmp_path))], object), allow_pickle=True)

    def change(members: dict[str, bytes]) -> None:
        members[next(iter(members))] = array.getvalue()

    return repacked(whole(tmp_path, family), change)


def bomb(tmp_path: Path, family: Family) -> Path:
    """A gigabyte of zeros in a megabyte, under the name of an array that is awaited."""
    folder = whole(tmp_path, family)
    with zipfile.ZipFile(folder / WEIGHTS) as archive:
        names = archive.namelist()
    squeeze = zlib.compressobj(wbits=-15)  # the same megabyte again and again, squeezed once
    block = squeeze.compress(bytes(1 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(folder / WEIGHTS, "w") as made:
        for name in names:
            made.writestr(name, 1024 * block + squeeze.flush() if name == names[0] else b"")
        zeros = made.getinfo(names[0])
        zeros.compress_type, zeros.file_size = zipfile.ZIP_DEFLATED, 1 << 30
    sign(folder)
    return folder


def climbing(tmp_path: Path, family: Family) -> Path:
    return repacked(whole(tmp_path, family), lambda m: m.update({"../../it-ran": b"x"}))


def wrong_shape(tmp_path: Path, family: Family) -> Path:
    array = io.BytesIO()
    np.save(array, np.zeros(2, np.float32))

    def change(members: dict[str, bytes]) -> None:
        members[next(iter(members))] = array.getvalue()

    return repacked(whole(tmp_path, family), change)


def no_numbers(tmp_path: Path, family: Family) -> Path:
    """Every weight NaN: of the right shapes, and would play nothing but nonsense."""

    def change(members: dict[str, bytes]) -> None:
        for name, content in members.items():
            array = np.load(io.BytesIO(content))
            spoilt = io.BytesIO()
            np.save(spoilt, np.full_like(array, np.nan))
            members[name] = spoilt.getvalue()

    return repacked(whole(tmp_path, family), change)


def huge(tmp_path: Path, family: Family) -> Path:
    return edit(whole(tmp_path, family), units=10**9)


def large(tmp_path: Path, family: Family) -> Path:
    """As much rubbish as the largest network there may be has weights; only the size fits."""
    folder = edit(whole(tmp_path, family), units=1024)
    with (folder / WEIGHTS).open("wb") as file:
        file.truncate(150_000_000)
    sign(folder)
    return folder


def other_version(tmp_path: Path, family: Family) -> Path:
    return edit(whole(tmp_path, family), **{family.version: "99"})


def config_with_class(tmp_path: Path, family: Family) -> Path:
    return edit(whole(tmp_path, family), class_name="Lambda", module="os")


STRANGERS = (
    keras_lambda, keras_gadget, pickled, pickled_array, bomb, climbing, wrong_shape, huge, large,
    other_version, config_with_class,
)  # fmt: skip

OFFERED = """
import sys, time
from importlib import import_module
from faults.instrument import most_memory_mb
from improv.errors import ModelRefused
reader = import_module("improv.model." + sys.argv[2])
before = most_memory_mb()
began = time.perf_counter()
try:
    reader.find(sys.argv[1])
except ModelRefused as error:
    assert error.exit_code == 4
    took = time.perf_counter() - began
    print(took, most_memory_mb() - before)
"""


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda made: made.__name__)
def test_a_stranger_s_model_is_refused_and_nothing_runs(
    tmp_path: Path, figure: Say, stranger: Callable[[Path, Family], Path], family: Family
) -> None:
    """In a fresh process, so that its memory and time are known; of every kind of model folder."""
    path = stranger(tmp_path, family)
    done = subprocess.run(
        [sys.executable, "-c", OFFERED, str(path), family.reader],
        capture_output=True, text=True, check=False, env=with_tests(),
    )  # fmt: skip
    assert done.stdout, done.stderr
    took, grown = (float(word) for word in done.stdout.split())
    what = f"{family.good}: {stranger.__name__.replace('_', ' ')}"
    figure(f"{what} {1000 * took:.0f} ms, {grown:.0f} MB")
    assert not list(tmp_path.rglob("it-ran"))
    assert took < allowed(1.0)
    assert grown < 200


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, family: Family) -> None:
    """What only shows when they are read is refused then, with the same exit code."""
    path = no_numbers(tmp_path, family)
    with pytest.raises(ModelRefused, match="damaged") as refused:
        family.read(path)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize(
    ("stranger", "family", "line"),
    [
        (keras_lambda, "seed", ("play", "--headless", "--input", "none", "--output", "none")),
        (pickled_array, "seed", ("play", "--headless", "--input", "none", "--output", "none")),
        (pickled_array, "chords", ("harmonise", "melody.mid", "out.mid")),
    ],
    ids=["play-keras_lambda", "play-pickled_array", "harmonise-pickled_array"],
)
def test_the_command_says_one_sentence_and_exits_4(
    tmp_path: Path,
    figure: Say,
    stranger: Callable[[Path, Family], Path],
    family: str,
    line: tuple[str, ...],
) -> None:
    """`improv --model FILE`, with a player that is sent home."""
    path = stranger(tmp_path, FAMILIES[family])
    (tmp_path / "melody.mid").write_bytes(random_file(random.Random(1)))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "improv.cli", *line, "--model", str(path)],
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    took = time.perf_counter() - began
    figure(f"improv {line[0]} --model: exit {done.returncode} after {took:.1f} s, start and all")
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("it-ran"))


def test_without_the_boundary_a_pickle_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Say
) -> None:
    """Headers that nobody looks at, and arrays read as NumPy reads them that is told to trust."""
    folder = pickled_array(tmp_path, FAMILIES["seed"])

    def trusting(content: bytes, _: object) -> dict[str, object]:
        with np.load(io.BytesIO(content), allow_pickle=True) as arrays:
            return {name: arrays[name] for name in arrays}

    monkeypatch.setattr(store, "check_weights", lambda *_: None)
    monkeypatch.setattr(weights, "unpack", trusting)
    store.read_weights(store.find(folder))
    assert canary(tmp_path).exists()
    figure("the pickle's program runs")
