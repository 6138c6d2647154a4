"""Finding, listing, checking and writing model folders."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from improv.errors import ModelRefused, UsageError
from improv.model import folder as model_folder
from improv.model import loading, store
from improv.model.spec import NetworkSpec, shapes
from improv.model.store import FILES, ModelFolder


def _edit(folder: ModelFolder, **changes: object) -> None:
    path = folder.path / "network.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _sign(folder: ModelFolder) -> None:
    """Make the digests right again, as an attacker would."""
    from hashlib import sha256

    names = ("weights.npz", "model.tflite")
    _edit(folder, sha256={n: sha256((folder.path / n).read_bytes()).hexdigest() for n in names})


def test_what_is_written_is_read(folder: ModelFolder) -> None:
    """The weights come back bit by bit."""
    again = store.read_weights(folder)
    store.write(folder.path, folder.spec, again, store.read_graph(folder), "title = 'again'\n")
    for name, array in store.read_weights(store.verify(folder.path)).items():
        np.testing.assert_array_equal(array, again[name])
    assert store.find(folder.path).card == {"title": "again"}
    assert [p.name for p in folder.path.parent.iterdir()] == [folder.path.name]


def test_lessons_are_kept_and_none_are_none(folder: ModelFolder) -> None:
    """They are signed as the weights are."""
    weights, graph = store.read_weights(folder), store.read_graph(folder)
    assert store.read_lessons(folder) == b""
    store.write(folder.path, folder.spec, weights, graph, "", b"\x05\x00")
    assert store.read_lessons(store.find(folder.path)) == b"\x05\x00"


@pytest.mark.parametrize(
    ("lessons", "why"),
    [
        (b"\x06\x00", "not the file"),
        (b"\0" * (store.LESSONS_LIMIT + 1), "larger than"),
        (None, "read"),
    ],
)
def test_lessons_that_are_not_those_it_was_written_with_are_refused(
    folder: ModelFolder, lessons: bytes | None, why: str
) -> None:
    weights, graph = store.read_weights(folder), store.read_graph(folder)
    store.write(folder.path, folder.spec, weights, graph, "", b"\x05\x00")
    if lessons is None:
        (folder.path / store.LESSONS).unlink()
    else:
        (folder.path / store.LESSONS).write_bytes(lessons)
    with pytest.raises(ModelRefused, match=why):
        store.find(folder.path)


def test_lessons_nobody_signed_are_not_read(folder: ModelFolder) -> None:
    (folder.path / store.LESSONS).write_bytes(b"\xff")
    assert store.read_lessons(store.find(folder.path)) == b""


def test_the_seed_model_is_found_by_name() -> None:
    """The bundled model is there, whole, and of the exact size."""
    seed = store.find("seed")
    assert seed.spec == NetworkSpec(encoding=1, architecture="seed", units=128)
    listed = store.list_models()
    assert (listed[0].name, listed[0].default) == ("default", True)
    assert {model.name: model.parameters for model in listed}["seed"] == 84_354
    assert listed[0].licence == "CC BY-NC-SA 4.0"


def test_a_missing_model_names_those_there_are() -> None:
    """A typing error is answered with the names."""
    with pytest.raises(
        UsageError, match=r"no model named 'sead'.*there are: default, bars, bars-alone, seed"
    ):
        store.find("sead")


def test_a_model_of_chords_is_no_improviser() -> None:
    """It is told what it is for, and not that a file of it is missing."""
    with pytest.raises(ModelRefused, match="plays no notes"):
        store.verify(next(r for r in store.roots() if (r / "chords").is_dir()) / "chords")


def test_a_network_for_numpy_needs_no_graph(tmp_path: Path) -> None:
    """It is found, listed by its parts and played without one; damage is refused all the same."""
    spec = NetworkSpec(architecture="bars", units=16)
    rng = np.random.default_rng(2)
    weights = {name: rng.normal(0, 0.1, shape) for name, shape in shapes(spec).items()}
    store.write(tmp_path / "bars", spec, weights, None, "title = 'b'")
    folder = store.find(tmp_path / "bars")
    assert sorted(p.name for p in folder.path.iterdir()) == [
        "card.toml",
        "network.json",
        "weights.npz",
    ]
    there = loading.loaded(folder)
    assert (there.improviser.backend, there.why[:7]) == ("numpy", "the cpu")
    _edit(folder, units=8)
    with pytest.raises(ModelRefused, match="units must be from 16"):
        store.verify(folder.path)
    _edit(folder, units=16)
    content = (folder.path / "weights.npz").read_bytes()
    (folder.path / "weights.npz").write_bytes(content[:-100] + bytes(100))
    with pytest.raises(ModelRefused, match=r"not the file its network\.json was"):
        store.verify(folder.path)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(folder: ModelFolder, name: str) -> None:
    """The sentence says which file, and what to do."""
    (folder.path / name).unlink()
    with pytest.raises(ModelRefused, match=f"lacks {name}; copy the whole folder again"):
        store.find(folder.path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04" + bytes(80)])
def test_a_damaged_file_is_refused_by_its_name(
    folder: ModelFolder, name: str, content: bytes
) -> None:
    """Empty, a pickle, half a zip: refused, naming the file."""
    if name == "card.toml" and not content:
        content = b"title ="
    (folder.path / name).write_bytes(content)
    with pytest.raises(ModelRefused, match=name.replace(".", r"\.")):
        store.verify(folder.path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encoding": 2}, "encoding 2 and this improv plays 1"),
        ({"architecture": "lambda"}, "architecture 'lambda' is unknown"),
        ({"units": 10**9}, "units must be from 1 to 1024"),
        ({"units": -1}, "units must be"),
        ({"units": True}, "units must be"),
        ({"units": 32}, r"weights\.npz"),
        ({"durations": "long"}, "durations must be held or pedalled, not 'long'"),
        ({"sha256": []}, "sha256"),
        ({"class_name": "Lambda"}, "does not describe a network"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    folder: ModelFolder, changes: dict[str, object], words: str
) -> None:
    """Another encoding, an unknown architecture, a size that would eat the memory."""
    _edit(folder, **changes)
    with pytest.raises(ModelRefused, match=words):
        store.verify(folder.path)


def _repack(folder: ModelFolder, change: str) -> None:
    path = folder.path / "weights.npz"
    with zipfile.ZipFile(path) as archive:
        members = {m: archive.read(m) for m in archive.namelist()}
    kind = zipfile.ZIP_DEFLATED if change == "compressed" else zipfile.ZIP_STORED
    array = io.BytesIO()
    if change == "object":
        np.save(array, np.array([print], object), allow_pickle=True)
        members["step/bias.npy"] = array.getvalue()
    elif change == "shape":
        np.save(array, np.zeros(2, np.float32))
        members["step/bias.npy"] = array.getvalue()
    elif change == "nan":
        np.save(array, np.full(1, np.nan, np.float32))
        members["step/bias.npy"] = array.getvalue()
    elif change == "outside":
        members["../../evil.npy"] = members["step/bias.npy"]
    elif change == "cut":
        members["step/bias.npy"] = members["step/bias.npy"][:-2]
    with zipfile.ZipFile(path, "w", kind) as archive:
        for member, content in members.items():
            archive.writestr(member, content)


@pytest.mark.parametrize("change", ["object", "shape", "nan", "outside", "cut", "compressed"])
def test_hostile_weights_are_refused_though_their_digest_is_right(
    folder: ModelFolder, change: str
) -> None:
    """Pickled objects, other shapes, values that are no numbers, paths that climb, zip bombs."""
    _repack(folder, change)
    _sign(folder)
    with pytest.raises(ModelRefused, match=r"weights\.npz"):
        store.read_weights(store.verify(folder.path))


@pytest.mark.parametrize("change", ["object", "shape", "outside", "cut", "compressed"])
def test_hostile_weights_are_refused_before_they_are_read(folder: ModelFolder, change: str) -> None:
    """Everything but the numbers themselves is looked at when the folder is found."""
    _repack(folder, change)
    _sign(folder)
    with pytest.raises(ModelRefused, match=r"weights\.npz"):
        store.verify(folder.path)


def test_a_zip_bomb_is_refused_at_once(folder: ModelFolder) -> None:
    """A quarter of a gigabyte of zeros is never unpacked."""
    with (
        zipfile.ZipFile(folder.path / "weights.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("lstm/kernel.npy", "w") as member,
    ):
        for _ in range(256):
            member.write(bytes(1 << 20))
    _sign(folder)
    began = time.perf_counter()
    with pytest.raises(ModelRefused, match=r"weights\.npz"):
        store.verify(folder.path)
    assert time.perf_counter() - began < 1.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_weights_with_bytes_changed_are_refused_or_only_numbers(
    folder: ModelFolder, place: int, patch: bytes
) -> None:
    """Any damage, signed anew, ends in finite arrays of the right shape or in a refusal."""
    path = folder.path / "weights.npz"
    whole = path.read_bytes()
    place %= len(whole)
    path.write_bytes(whole[:place] + patch + whole[place + len(patch) :])
    _sign(folder)
    try:
        weights = store.read_weights(store.verify(folder.path))
    except ModelRefused:
        pass
    else:
        assert all(np.isfinite(array).all() for array in weights.values())
    finally:
        path.write_bytes(whole)


def test_a_write_that_fails_leaves_the_folder_as_it_was(folder: ModelFolder) -> None:
    """Half a model never takes the place of a whole one."""
    weights = store.read_weights(folder)
    before = {name: (folder.path / name).read_bytes() for name in FILES}
    with pytest.raises(ModelRefused):
        store.write(folder.path, folder.spec, weights, b"no graph", "title = 'new'\n")
    assert {name: (folder.path / name).read_bytes() for name in FILES} == before
    assert [p.name for p in folder.path.parent.iterdir()] == [folder.path.name]


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """The old file or the new one, never half."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write() -> None:
        with model_folder.replace_file(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_listing_models_imports_no_library_of_numbers() -> None:
    """`improv models` answers at once."""
    script = (
        "import sys; from improv.model.store import list_models; list_models()\n"
        "print([m for m in ('tensorflow', 'keras', 'ai_edge_litert', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
