"""Preparing datasets: what is read, how it is split, what is left out, and when it is redone."""

import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from improv.errors import InputError, UsageError
from improv.ports.midifile import read_arrays
from improv.ports.midiwrite import midi_file
from improv.train import dataset


def music(seed: int, count: int = 20) -> bytes:
    rng = random.Random(seed)
    sent = []
    for i in range(count):
        pitch = rng.randrange(40, 90)
        sent.append((i * 0.25, bytes((0x90, pitch, rng.randrange(1, 128)))))
        sent.append((i * 0.25 + 0.2, bytes((0x80, pitch, 0))))
    return midi_file("a piece", {"piano": sent})


def folder_of(path: Path, count: int, listing: str | None = None) -> Path:
    for i in range(count):
        file = path / "music" / f"{i:02}.mid"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(music(i, 10 + i))
    if listing is not None:
        (path / "split.csv").write_text(listing)
    return path


def zipped(folder: Path, prefix: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            pack.write(file, prefix + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_every_note_of_every_piece_is_kept_in_order(tmp_path: Path, kind: str):
    """Piece by piece the columns hold what the reader gives."""
    source = folder_of(tmp_path / "in", 12)
    source = zipped(source) if kind == "zip" else source
    pieces = dataset.load(source, "all", cache=tmp_path / "cache")
    assert len(pieces) == len(pieces.offsets) - 1 == 12
    assert pieces.offsets[-1] == len(pieces.pitch) == sum(range(10, 22))
    for i, name in enumerate(pieces.names):
        wanted = read_arrays(tmp_path / "in" / name)
        held = slice(pieces.offsets[i], pieces.offsets[i + 1])
        for column in ("pitch", "velocity", "start", "duration"):
            got = getattr(pieces, column)[held]
            np.testing.assert_array_equal(got, getattr(wanted, column))
            assert got.dtype == getattr(wanted, column).dtype


def test_a_dataset_gives_notes_as_they_were_held_or_as_they_sound(tmp_path: Path):
    """One prepared folder for both; a third of a piece's notes ring on under the pedal."""
    source = folder_of(tmp_path / "in", 3)
    sent = [(0.0, bytes((0xB0, 64, 127))), (1.5, bytes((0xB0, 64, 0)))]
    for start in (0.0, 1.0, 2.0):
        sent += [(start, bytes((0x90, 60, 80))), (start + 0.25, bytes((0x80, 60, 0)))]
    sent.sort(key=lambda event: event[0])
    for i in range(3):
        (source / "music" / f"{i:02}.mid").write_bytes(midi_file("pedalled", {"piano": sent}))
    prepared = dataset.prepare(source, cache=tmp_path / "cache")
    assert (prepared.notes, prepared.pedalled) == (9, 6)
    held = dataset.load(source, "test", cache=tmp_path / "cache")
    pedalled = dataset.load(source, "test", durations="pedalled", cache=tmp_path / "cache")
    assert held.duration.tolist() == [0.25, 0.25, 0.25]
    assert pedalled.duration.tolist() == pytest.approx([1.0, 0.5, 0.25], abs=1e-3)
    assert pedalled.duration.dtype == np.float32
    assert len(list((tmp_path / "cache").iterdir())) == 1
    with pytest.raises(UsageError, match="held or pedalled, not 'long'"):
        dataset.load(source, "test", durations="long", cache=tmp_path / "cache")


def test_the_melody_is_what_is_on_the_track_of_that_name(tmp_path: Path):
    """In whatever case; a piece without one is left out, and the others begin at 0 again."""
    source = folder_of(tmp_path / "in", 4)
    for i, name in enumerate(("MELODY", "melody ", "bridge")):
        tune = [(0.5, bytes((0x90, 72, 80))), (0.75, bytes((0x80, 72, 0)))]
        tune += [(1.0, bytes((0x90, 74, 80))), (1.25, bytes((0x80, 74, 0)))]
        chord = [(0.0, bytes((0x90, 40, 80))), (1.0, bytes((0x80, 40, 0)))]
        file = source / "music" / f"{i:02}.mid"
        file.write_bytes(midi_file("song", {name: tune, "PIANO": chord}))
    pieces = dataset.load(source, "all", melody=True, cache=tmp_path / "cache")
    assert sorted(pieces.names) == ["music/00.mid", "music/01.mid"]
    assert pieces.pitch.tolist() == [72, 74] * 2
    assert pieces.start.tolist() == pytest.approx([0.0, 0.5] * 2, abs=1e-3)
    assert pieces.offsets.tolist() == [0, 2, 4]
    plain = folder_of(tmp_path / "plain", 3)
    with pytest.raises(InputError, match="no melody in the test split"):
        dataset.load(plain, "test", melody=True, cache=tmp_path / "cache")


def test_the_columns_are_mapped_not_read(tmp_path: Path):
    """A dataset larger than memory can be loaded."""
    pieces = dataset.load(folder_of(tmp_path / "in", 3), "all", cache=tmp_path / "cache")
    assert isinstance(pieces.start, np.memmap)


def test_a_split_list_is_obeyed(tmp_path: Path):
    """Files it does not name, and names without a file, are listed as left out."""
    rows = ["train,music/00.mid", "test,music/02.mid", "validation,music/01.mid", "test,gone.mid"]
    source = folder_of(tmp_path / "in", 4, "\n".join(["split,path", *rows]))
    prepared = dataset.prepare(source, cache=tmp_path / "cache")
    assert prepared.pieces == {"train": 1, "validation": 1, "test": 1}
    assert prepared.skipped == {
        "gone.mid": "listed in split.csv and not there",
        "music/03.mid": "not listed in split.csv",
    }
    assert dataset.load(source, "test", cache=tmp_path / "cache").names == ("music/02.mid",)


def test_the_official_split_of_maestro_is_obeyed(tmp_path: Path):
    """Its list names files from the folder the list lies in, and quotes titles with commas."""
    source = tmp_path / "maestro"
    (source / "2004").mkdir(parents=True)
    for i in range(3):
        (source / "2004" / f"{i}.midi").write_bytes(music(i))
    (source / "maestro-v3.0.0.csv").write_text(
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
        'Bach,"Prelude, and Fugue",train,2004,2004/0.midi,2004/0.wav,5.0\n'
        "Bach,Toccata,validation,2004,2004/1.midi,2004/1.wav,5.0\n"
        "Bach,Partita,test,2004,2004/2.midi,2004/2.wav,5.0\n"
    )
    pack = zipped(source, prefix="maestro-v3.0.0/")
    prepared = dataset.prepare(pack, cache=tmp_path / "cache")
    assert prepared.pieces == {"train": 1, "validation": 1, "test": 1}
    assert not prepared.skipped
    names = dataset.load(pack, "test", cache=tmp_path / "cache").names
    assert names == ("maestro-v3.0.0/2004/2.midi",)


def test_without_a_list_the_split_follows_from_the_names(tmp_path: Path):
    """A tenth each for validation and test, the same wherever the files lie, none in two."""
    prepared = dataset.prepare(folder_of(tmp_path / "in", 20), cache=tmp_path / "cache")
    assert prepared.pieces == {"train": 16, "validation": 2, "test": 2}
    elsewhere = zipped(tmp_path / "in")
    for split in ("train", "validation", "test"):
        assert (
            dataset.load(tmp_path / "in", split, cache=tmp_path / "cache").names
            == dataset.load(elsewhere, split, cache=tmp_path / "cache").names
        )


def test_bad_files_are_listed_and_left_out(tmp_path: Path):
    """Each with the reader's sentence; hidden files and other endings are no pieces at all."""
    source = folder_of(tmp_path / "in", 3)
    (source / "broken.mid").write_bytes(music(1)[:-9])
    (source / "words.MID").write_bytes(b"hello")
    (source / ".hidden.mid").write_bytes(b"hello")
    (source / "notes.txt").write_bytes(b"hello")
    (source / "lost.mid").symlink_to(source / "nowhere")
    prepared = dataset.prepare(source, cache=tmp_path / "cache")
    assert prepared.notes == 33
    assert sorted(prepared.skipped) == ["broken.mid", "lost.mid", "words.MID"]
    assert "cut short" in prepared.skipped["broken.mid"]
    assert "not a MIDI file" in prepared.skipped["words.MID"]


def test_a_damaged_member_of_a_zip_is_listed(tmp_path: Path):
    """One that cannot be unpacked, and one that unpacks to more than any MIDI file."""
    source = folder_of(tmp_path / "in", 2)
    (source / "bomb.mid").write_bytes(music(5) + bytes(20 * 2**20))
    pack = zipped(source)
    data = bytearray(pack.read_bytes())
    with zipfile.ZipFile(pack) as opened:
        at = opened.getinfo("music/00.mid").header_offset
    data[at + 60 : at + 70] = b"x" * 10
    pack.write_bytes(data)
    prepared = dataset.prepare(pack, cache=tmp_path / "cache")
    assert "too large" in prepared.skipped["bomb.mid"]
    assert "cannot be unpacked" in prepared.skipped["music/00.mid"]
    assert prepared.notes == 11


def test_a_source_without_music_is_refused(tmp_path: Path):
    """Missing, not a zip, no MIDI files, none readable, a bad list: each with its own sentence."""
    cache = tmp_path / "cache"
    with pytest.raises(InputError, match="no folder or zip"):
        dataset.prepare(tmp_path / "none", cache=cache)
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="not a zip"):
        dataset.prepare(tmp_path / "a.zip", cache=cache)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no MIDI files"):
        dataset.prepare(empty, cache=cache)
    (empty / "a.mid").write_bytes(b"hello")
    with pytest.raises(InputError, match=r"none of the 1 .* not a MIDI file"):
        dataset.prepare(empty, cache=cache)
    (empty / "split.csv").write_text("path,split\na.mid,holiday\n")
    with pytest.raises(InputError, match=r"split.csv line 2: .*'holiday'"):
        dataset.prepare(empty, cache=cache)
    assert [p for p in cache.iterdir() if p.name.startswith(".")] == []


def test_an_unknown_or_empty_split_is_refused(tmp_path: Path):
    """With the splits there are."""
    source = folder_of(tmp_path / "in", 1)
    with pytest.raises(UsageError, match="train, validation, test and all"):
        dataset.load(source, "exam", cache=tmp_path / "cache")
    with pytest.raises(InputError, match="there are: train 1, validation 0, test 0"):
        dataset.load(source, "test", cache=tmp_path / "cache")


def test_a_dataset_is_made_once_and_again_when_its_source_changes(tmp_path: Path):
    """Found the second time; made anew for new content, or when the cache is damaged."""
    source, cache = folder_of(tmp_path / "in", 3), tmp_path / "cache"
    first = dataset.prepare(source, cache=cache)
    assert first.notes_per_second > 0
    again = dataset.prepare(source, cache=cache)
    assert (again.folder, again.notes, again.seconds) == (first.folder, first.notes, 0.0)

    (source / "more.mid").write_bytes(music(9))
    assert dataset.prepare(source, cache=cache).notes == first.notes + 20

    (again.folder / "start.npy").write_bytes(b"damaged")
    (source / "more.mid").unlink()
    assert dataset.prepare(source, cache=cache).seconds > 0
    assert len(dataset.load(source, "all", cache=cache).start) == first.notes


def test_progress_counts_files_to_the_end(tmp_path: Path):
    """Readable or not, each file is one step."""
    source = folder_of(tmp_path / "in", 3)
    (source / "bad.mid").write_bytes(b"")
    seen: list[tuple[int, int]] = []
    dataset.prepare(
        source, cache=tmp_path / "cache", progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_manifest_tells_what_is_there(tmp_path: Path):
    """Per piece: name, split, notes and seconds."""
    prepared = dataset.prepare(folder_of(tmp_path / "in", 1), cache=tmp_path / "cache")
    manifest = json.loads((prepared.folder / "manifest.json").read_text())
    assert manifest["pieces"] == [
        {"name": "music/00.mid", "split": "train", "notes": 10, "seconds": 2.45}
    ]
