"""Reading MIDI files: notes, or one sentence that says what is wrong with which file."""

import io
import os
import random
import struct
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from improv.errors import InputError
from improv.music.event import Note
from improv.ports import smf
from improv.ports.midifile import MAX_BYTES, SHORTEST, read_arrays, read_notes

DATA = Path(os.environ.get("IMPROV_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
NASTY = DATA / "nasty-midi.zip"
END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"  # C4 for 0x60 ticks


def file_of(*tracks: bytes, layout: int = 1, division: int = 480) -> bytes:
    head = b"MThd" + struct.pack(">IHHH", 6, layout, len(tracks), division & 0xFFFF)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(t)) + t for t in tracks)


def rows(data: bytes, **options: bool) -> list[tuple[int, int, float, float]]:
    a = read_arrays(data, **options)
    columns = (a.pitch.tolist(), a.velocity.tolist(), a.start.tolist(), a.duration.tolist())
    return [(p, v, round(s, 6), round(d, 6)) for p, v, s, d in zip(*columns, strict=True)]


def test_notes_come_sorted_with_the_silence_before_them_removed():
    """By start, then pitch, across tracks; the first note starts at 0."""
    late = b"\x83\x60\x90\x40\x30\x83\x60\x80\x40\x00" + END
    chord = b"\x83\x60\x91\x37\x20\x00\x91\x35\x21\x83\x60\x81\x37\x00\x00\x81\x35\x00" + END
    assert rows(file_of(late, chord)) == [
        (0x35, 0x21, 0.0, 0.5),
        (0x37, 0x20, 0.0, 0.5),
        (0x40, 0x30, 0.0, 0.5),
    ]


def test_columns_have_the_types_the_dataset_stores():
    """uint8, uint8, float64 and float32."""
    a = read_arrays(file_of(NOTE + END))
    assert [c.dtype for c in (a.pitch, a.velocity, a.start, a.duration)] == [
        np.uint8,
        np.uint8,
        np.float64,
        np.float32,
    ]


def test_a_tempo_change_inside_a_note_stretches_it():
    """Half a quarter note at 120 bpm and half at 60: 0.25 + 0.5 s."""
    track = b"\x00\x90\x3c\x40\x81\x70\xff\x51\x03\x0f\x42\x40\x81\x70\x80\x3c\x00" + END
    assert rows(file_of(track)) == [(60, 64, 0.0, 0.75)]


def test_times_stay_exact_after_an_hour_of_music():
    """Summed in float64: the 10 ms between two notes an hour in are 10 ms."""
    hour = 3600 * 960
    far = bytes([0x80 | hour >> 21, 0x80 | hour >> 14 & 127, 0x80 | hour >> 7 & 127, hour & 127])
    track = NOTE + far + b"\x90\x3c\x40\x0a\x80\x3c\x00\x00\x90\x3e\x40\x0a\x80\x3e\x00" + END
    a = read_arrays(file_of(track))
    assert a.start[2] - a.start[1] == pytest.approx(10 / 960, abs=1e-9)


def test_smpte_time_is_read_as_seconds():
    """25 frames of 40 ticks: 1000 ticks a second, whatever the tempo says."""
    tempo = b"\x00\xff\x51\x03\x0f\x42\x40"
    assert rows(file_of(tempo + NOTE + END, division=(256 - 25) << 8 | 40)) == [
        (60, 64, 0.0, 0.096)
    ]


def test_running_status_kept_across_a_sysex_loses_no_note():
    """Some keyboards write it; symusic takes the second note for sysex data."""
    track = b"\x00\x90\x3c\x40\x60\x3c\x00\x00\xf0\x03\x7e\x7f\xf7\x00\x3e\x40\x60\x3e\x00" + END
    assert [pitch for pitch, *_ in rows(file_of(track))] == [60, 62]


def test_a_key_struck_and_released_in_one_tick_is_kept():
    """Zero-length notes are touches on a coarse grid: they get the shortest length."""
    assert rows(file_of(b"\x00\x90\x3c\x40\x00\x80\x3c\x00" + END)) == [(60, 64, 0.0, SHORTEST)]


def test_overlapping_notes_on_one_pitch_end_in_the_order_they_began():
    """First in, first out."""
    track = b"\x00\x90\x3c\x40\x60\x90\x3c\x41\x60\x80\x3c\x00\x60\x80\x3c\x00" + END
    assert rows(file_of(track)) == [(60, 64, 0.0, 0.2), (60, 65, 0.1, 0.2)]


def test_a_note_never_released_is_left_out():
    """Nothing says how long it was."""
    assert [p for p, *_ in rows(file_of(b"\x00\x90\x30\x40" + NOTE + END))] == [60]


def test_drums_are_read_only_when_asked_for():
    """Channel 10 has no pitches."""
    drum = b"\x00\x99\x24\x40\x60\x89\x24\x00" + END
    both = file_of(NOTE + END, drum)
    assert [p for p, *_ in rows(both)] == [60]
    assert [p for p, *_ in rows(both, drums=True)] == [36, 60]
    with pytest.raises(InputError, match="no notes but drums"):
        read_arrays(file_of(drum))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"not a midi file", "not a MIDI file"),
        (b"MThd\x00\x00", "cut short"),
        (file_of(), "no tracks"),
        (file_of(END), "has no notes"),
        (file_of(NOTE + END, layout=2), "format 2"),
        (file_of(NOTE + END, layout=7), "format 7"),
        (file_of(NOTE + END, division=0), "0 ticks per quarter"),
        (file_of(NOTE + END, division=0x8000 | 17 << 8), "SMPTE"),
        (file_of(NOTE + END)[:-3], "cut short"),
        (file_of(NOTE[:-2]), "cut short"),
        (file_of(NOTE + b"\x00\xf4" + END), "0xf4 is no MIDI message"),
        (file_of(NOTE + b"\x00\xb0\x07\xa8" + END), "168 where a value up to 127 belongs"),
        (file_of(b"\x00\x3c\x40" + END), "where a message must begin"),
        (file_of(b"\xff" * 60), "a number there has no end"),
        (b"MThd" + b"\x00" * (MAX_BYTES + 1), "too large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # not eight megabytes of id
)
def test_what_gives_no_notes_says_why_and_names_the_file(data: bytes, words: str):
    """One sentence that begins with the name."""
    with pytest.raises(InputError, match=words) as refused:
        read_arrays(data, "song.mid")
    assert str(refused.value).startswith("song.mid ")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path):
    """Missing, a folder, or a name no system has."""
    for path in (tmp_path / "none.mid", tmp_path, "a\0.mid"):
        with pytest.raises(InputError, match="cannot read"):
            read_notes(path)


def test_a_prompt_is_notes_of_yours(tmp_path: Path):
    """`read_notes` gives plain numbers, ready for the context."""
    path = tmp_path / "prompt.mid"
    path.write_bytes(file_of(NOTE + END))
    (note,) = read_notes(path)
    assert note == Note(60, 64, 0.0, pytest.approx(0.1))
    assert (type(note.pitch), type(note.start)) == (int, float)


def test_both_readers_agree_on_random_music():
    """The fast and the exact reader give the same notes for the same bytes."""
    for seed in range(40):
        data = random_file(random.Random(seed))
        fast = read_arrays(data)
        # a sysex without status after it sends the whole file to the exact reader
        sysex = b"\x00\x90\x00\x00\x00\xf0\x01\xf7\x00\x00\x00" + END
        exact = read_arrays(with_track(data, sysex))
        for column in ("pitch", "velocity", "start", "duration"):
            np.testing.assert_array_equal(getattr(fast, column), getattr(exact, column))


def test_mutated_files_give_notes_or_a_sentence():
    """2,000 damaged files: no other error, valid notes, none takes long."""
    rng = random.Random(5)
    originals = [random_file(random.Random(seed)) for seed in range(8)]
    for _ in range(2000):
        data = mutate(bytearray(rng.choice(originals)), rng)
        began = time.process_time()
        try:
            a = read_arrays(data)
        except InputError:
            pass
        else:
            assert a.start[0] == 0
            assert np.isfinite(a.start).all()
            assert (np.diff(a.start) >= 0).all()
            assert (a.duration >= np.float32(SHORTEST)).all()
            assert a.pitch.max() < 128
            assert 1 <= a.velocity.min() <= a.velocity.max() < 128
        assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "data",
    [
        file_of(b"\xf0" * 8_000_000),
        file_of(b"\x00\xf0\x00" * 600_000),
        file_of(*[b""] * 65_000, layout=1),
        file_of(b"\x00\x90\x3c\x40" + b"\x00\x3c\x00\x00\x3c\x40" * 1_300_000 + END),
        file_of(b"\x00\xff\x51\x03\x07\xa1\x20" * 1_100_000 + NOTE + END),
    ],
    ids=["sysex bytes", "empty sysex", "tracks", "notes", "tempos"],
)
def test_a_file_made_to_take_long_does_not(data: bytes):
    """Eight megabytes of whatever is slowest: at most two seconds of work."""
    began = time.process_time()
    with suppress(InputError):
        read_arrays(data)
    assert time.process_time() - began < 2


@pytest.mark.skipif(not NASTY.exists(), reason="no data pack")
def test_each_hard_file_of_the_pack_gives_notes_or_a_sentence():
    """Thirty files that break mido, pretty_midi or symusic; what we make of each."""
    counts, refused = {}, {}
    with zipfile.ZipFile(NASTY) as pack:
        for name in pack.namelist():
            if name.endswith(".mid"):
                try:
                    counts[Path(name).stem] = len(read_arrays(pack.read(name), name))
                except InputError as error:
                    refused[Path(name).stem] = str(error)
    assert len(counts) + len(refused) >= 30
    assert counts["own-huge-delta"] == 2
    assert counts["symusic-issue78_dump_abc"] == 129
    assert counts["jazzsoft-illegal-message-fe"] == 8
    assert counts["own-running-status-vel0-offs"] == 2
    assert "168" in refused["symusic-ValueError_Control168"]
    assert "no notes" in refused["jazzsoft-silence-all-notes-off"]
    assert "cut short" in refused["own-truncated-mid-event"]


def test_a_sysex_alone_does_not_slow_the_reading_down():
    """Well-formed sysex, tempo bytes 0xF0 and delta bytes 0xF7 stay with the fast reader."""
    sysex = b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x01\xf0\x08\x43\x10\x4c\x00\x00\x7e\x00\xf7"
    assert not smf.resumes_after_sysex(file_of(sysex + NOTE + END))


def random_file(rng: random.Random) -> bytes:
    """One track of notes, pedal, tempo changes and a sysex, with running status here and there."""
    out, sounding, running = io.BytesIO(), [], None
    for _ in range(rng.randrange(20, 200)):
        delta = rng.choice([0, 0, rng.randrange(128), rng.randrange(128, 5000)])
        out.write(bytes([0x80 | delta >> 7, delta & 127]) if delta > 127 else bytes([delta]))
        kind = rng.random()
        if kind < 0.05:
            out.write(b"\xff\x51\x03" + rng.randrange(50_000, 2_000_000).to_bytes(3, "big"))
            running = None
            continue
        if kind < 0.07:
            out.write(b"\xf0\x03\x43\x12\xf7")
            running = None
            continue
        if kind < 0.2:
            status, data = 0xB0, bytes([64, rng.randrange(128)])
        elif kind < 0.6 or not sounding:
            pitch = rng.randrange(40, 60)
            sounding.append(pitch)
            status, data = 0x90, bytes([pitch, rng.randrange(1, 128)])
        else:
            pitch = sounding.pop(rng.randrange(len(sounding)))
            status, data = rng.choice([(0x80, bytes([pitch, 64])), (0x90, bytes([pitch, 0]))])
        out.write(data if status == running else bytes([status]) + data)
        running = status
    last = b"".join(bytes([5, 0x80, pitch, 0]) for pitch in sounding)
    return file_of(out.getvalue() + last + END, division=rng.choice([96, 384, 480, 960]))


def with_track(data: bytes, track: bytes) -> bytes:
    count = int.from_bytes(data[10:12], "big") + 1
    more = b"MTrk" + struct.pack(">I", len(track)) + track
    return data[:10] + count.to_bytes(2, "big") + data[12:] + more


def mutate(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 2, 4, 16])):
        if not data:
            break
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.choice([rng.randrange(256), 0xFF, 0x80, 0xF0, 0xF7, 0x2F, 0x51])
            case 1:
                del data[at : at + rng.randrange(1, 20)]
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 3 if rng.random() < 0.2:
                del data[at:]
    if len(data) > 22 and rng.random() < 0.8:  # so that what is inside the track is looked at
        data[18:22] = (len(data) - 22).to_bytes(4, "big")
    return bytes(data)
