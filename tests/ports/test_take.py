"""Takes and composed files: what was sent is what other programs read back."""

import io
import random
from pathlib import Path

import mido
import pretty_midi
import pytest

from improv.errors import DeviceError, UsageError
from improv.music.event import Source
from improv.ports import take
from improv.ports.midifile import read_arrays, read_notes

YOU, IMPROV = Source.YOU, Source.IMPROV
TICK = 1 / 1920


def on(pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 64))


def take_of(path: Path, *sent: tuple[float, bytes, Source]) -> mido.MidiFile:
    recording = take.open_output(str(path))
    for at, message, source in sent:
        recording.send(message, at, source)
    recording.close()
    return mido.MidiFile(path)


def spans(path: Path) -> list[tuple[int, float, float]]:
    a = read_arrays(path)
    return [
        (pitch, round(start, 3), round(duration, 3))
        for pitch, start, duration in zip(
            a.pitch.tolist(), a.start.tolist(), a.duration.tolist(), strict=True
        )
    ]


def test_you_and_improv_stand_on_tracks_of_their_own(tmp_path: Path):
    """Named tracks, each with its own notes, on one clock that begins with the first note."""
    path = tmp_path / "take.mid"
    file = take_of(
        path,
        (1000.0, on(60), YOU),
        (1000.5, off(60), YOU),
        (1001.0, on(67, channel=3), IMPROV),
        (1001.25, off(67, channel=3), IMPROV),
    )
    assert [track.name for track in file.tracks] == ["a take of improv", "you", "improv"]
    assert spans(path) == [(60, 0.0, 0.5), (67, 1.0, 0.25)]
    assert [note.source for note in read_notes(path)] == [YOU, IMPROV]
    assert {m.channel for m in file.tracks[2] if not m.is_meta} == {3}


def test_channel_messages_are_kept_and_system_messages_are_not(tmp_path: Path):
    """Program, pedal and bend as they were sent; what came before the music stands at 0."""
    file = take_of(
        tmp_path / "take.mid",
        (5.0, bytes((0xC2, 33)), IMPROV),
        (9.0, b"\xf8", IMPROV),
        (9.0, b"\xf0\x7e\xf7", IMPROV),
        (10.0, on(60, channel=2), IMPROV),
        (10.1, bytes((0xB2, 64, 127)), IMPROV),
        (10.2, bytes((0xE2, 0, 65)), IMPROV),
        (11.0, off(60, channel=2), IMPROV),
    )
    kinds = [m.type for m in file.tracks[1] if not m.is_meta]
    assert kinds == ["program_change", "note_on", "control_change", "pitchwheel", "note_off"]
    assert file.tracks[1][1].time == 0
    assert file.length == pytest.approx(1.0, abs=TICK)


def test_every_note_ends_once_before_its_key_is_struck_again(tmp_path: Path):
    """Touches within a tick, keys struck twice, lost offs and stray offs: random ones."""
    for seed in range(200):
        rng = random.Random(seed)
        at, sent = 0.0, []
        for _ in range(rng.randrange(1, 60)):
            at += rng.choice([0.0, 0.0001, 0.0003, 0.001, 0.2])
            pitch = rng.choice([60, 61])
            message = on(pitch) if rng.random() < 0.55 else off(pitch)
            sent.append((at, message, rng.choice([YOU, IMPROV])))
        if not any(message[0] == 0x90 for _, message, _ in sent):
            continue
        path = tmp_path / f"{seed}.mid"
        file = take_of(path, *sent)
        for track in file.tracks[1:]:
            tick, began = 0, {}
            for message in track:
                tick += message.time
                if message.type == "note_on":
                    assert message.note not in began
                    began[message.note] = tick
                elif message.type == "note_off":
                    assert tick > began.pop(message.note)
            assert not began
        struck = sum(message[0] == 0x90 for _, message, _ in sent)
        assert len(read_arrays(path)) == struck
        assert sum(len(i.notes) for i in pretty_midi.PrettyMIDI(str(path)).instruments) == struck


def test_times_are_kept_within_a_millisecond(tmp_path: Path):
    """Through an hour, as three readers see it."""
    rng = random.Random(1)
    starts = sorted(rng.uniform(0, 3600) for _ in range(500))
    path = tmp_path / "take.mid"
    take_of(
        path,
        *(
            event
            for i, start in enumerate(starts)
            for event in (
                (start, on(i % 100), YOU),
                (start + 0.0501, off(i % 100), YOU),
            )
        ),
    )
    a = read_arrays(path)
    assert max(abs(s - (t - starts[0])) for s, t in zip(a.start, starts, strict=True)) < 0.0006
    assert abs(a.duration - 0.0501).max() < 0.0011
    notes = pretty_midi.PrettyMIDI(str(path)).instruments[0].notes
    assert max(abs(n.start - s) for n, s in zip(notes, a.start, strict=True)) < 1e-6


def test_a_note_still_sounding_when_the_take_closes_ends_there(tmp_path: Path):
    """At the last thing that happened."""
    path = tmp_path / "take.mid"
    take_of(path, (0.0, on(60), YOU), (2.0, bytes((0xB0, 64, 0)), YOU))
    assert spans(path) == [(60, 0.0, 2.0)]


def test_a_take_without_a_note_leaves_no_file_and_no_trace(tmp_path: Path):
    """And does not replace one that is there."""
    path = tmp_path / "take.mid"
    recording = take.open_output(str(path))
    recording.send(bytes((0xC0, 5)), 0.0, IMPROV)
    recording.close()
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path):
    """Before the music, with the path and the reason; nothing is left behind."""
    for path in (tmp_path / "no" / "take.mid", tmp_path, tmp_path / ("x" * 300 + ".mid")):
        with pytest.raises(UsageError, match="cannot write"):
            take.open_output(str(path))
    assert list(tmp_path.iterdir()) == []


def test_a_take_whose_folder_is_gone_says_so_and_can_be_written_again(tmp_path: Path):
    """A second `close` tries again, so nothing is lost while the program lives."""
    folder = tmp_path / "stick"
    folder.mkdir()
    recording = take.open_output(folder / "take.mid")
    recording.send(on(60), 0.0, YOU)
    folder.rmdir()
    with pytest.raises(DeviceError, match="could not be written"):
        recording.close()
    folder.mkdir()
    recording.close()
    recording.close()
    assert len(read_arrays(folder / "take.mid")) == 1
    with pytest.raises(DeviceError, match="closed"):
        recording.send(on(61), 1.0, YOU)


def test_a_composed_file_replaces_the_old_one_whole(tmp_path: Path):
    """Only the new file is in the folder, with the old one's permissions."""
    path = tmp_path / "out.mid"
    path.write_bytes(b"old")
    path.chmod(0o640)
    take.write(path, [(0.0, on(60), IMPROV), (1.0, off(60), IMPROV)])
    assert [p.name for p in tmp_path.iterdir()] == ["out.mid"]
    assert path.read_bytes().startswith(b"MThd")
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_same_music_gives_the_same_bytes(tmp_path: Path):
    """`improv generate` twice."""
    music = [(0.0, bytes((0xC0, 11))), (0.0, on(60)), (0.4, off(60)), (0.4, on(60)), (0.9, off(60))]
    for name in ("a.mid", "b.mid"):
        take.write(tmp_path / name, [(at, message, IMPROV) for at, message in music])
    data = (tmp_path / "a.mid").read_bytes()
    assert data == (tmp_path / "b.mid").read_bytes()
    assert spans(tmp_path / "a.mid") == [(60, 0.0, 0.4), (60, 0.4, 0.5)]
    assert pretty_midi.PrettyMIDI(io.BytesIO(data)).instruments[0].program == 11


def test_a_take_writes_over_nothing(tmp_path: Path) -> None:
    """Last night's take stays; tonight's gets a number."""
    kept = tmp_path / "tonight.mid"
    kept.write_bytes(b"last night")
    for expected in ("tonight-2.mid", "tonight-3.mid"):
        recording = take.open_output(str(kept))
        assert recording.path.name == expected
        recording.send(on(60), 0.0, IMPROV)
        recording.close()
        assert (tmp_path / expected).exists()
    assert kept.read_bytes() == b"last night"
