"""Chords under a melody, as a file."""

import mido
import pytest

from improv.cli import main
from improv.music.comping import PATTERNS
from improv.music.event import Note, Source
from improv.ports.midifile import read_arrays
from improv.session import harmonise

SCALE = tuple(Note(p, 80, i * 0.5, 0.45, Source.YOU) for i, p in enumerate([60, 64, 67, 72] * 4))


def test_a_chart_goes_round_while_the_melody_lasts() -> None:
    """Eight seconds at 120 bpm are eight half bars."""
    names = harmonise.named(SCALE, 120.0, "| C | F G |")
    assert names == ["C", "C", "F", "G", "C", "C", "F", "G"]


@pytest.mark.parametrize("chart", ["", "| C | F G |"])
def test_an_upbeat_stands_before_bar_1(tmp_path, capsys, chart) -> None:
    """One beat of it at 120 bpm: the melody is three beats later, its first bar has no chord."""
    tune, out = tmp_path / "tune.mid", tmp_path / "out.mid"
    tune.write_bytes(harmonise.file("tune", SCALE, [], 120.0, harmonise.Comping()))
    assert main(["harmonise", str(tune), str(out), "--upbeat", "1", "--chart", chart]) == 0
    bars = capsys.readouterr().out.strip(" |\n").split(" | ")
    assert (len(bars), bars[0]) == (5, "off")
    assert "off" not in bars[1:]
    assert not chart or bars[1:] == ["C", "F G", "C", "F G"]
    begins, now = {}, 0.0
    for message in mido.MidiFile(out):
        now += message.time
        if message.type == "note_on":
            begins.setdefault(message.channel, now)
    assert begins == pytest.approx({0: 1.5, 1: 2.0}, abs=1e-3)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_note_is_left_hanging(pattern) -> None:
    """Each note-on has its note-off, and none is struck while it sounds."""
    sounding = set()
    for _, message in harmonise.played(["C", "Am7", "off", "G7"], 96.0, harmonise.Comping(pattern)):
        if message[0] & 0xF0 == 0x90:
            assert message[1] not in sounding
            sounding.add(message[1])
        elif message[0] & 0xF0 == 0x80:
            sounding.remove(message[1])
    assert not sounding


def test_the_command_writes_melody_and_chords(tmp_path, capsys) -> None:
    """By the network that comes with improv; the chords are said on stdout."""
    tune, out = tmp_path / "tune.mid", tmp_path / "out.mid"
    tune.write_bytes(harmonise.file("tune", SCALE, [], 120.0, harmonise.Comping()))
    assert main(["harmonise", str(tune), str(out), "--pattern", "bossa"]) == 0
    assert capsys.readouterr().out.startswith("| ")
    notes = read_arrays(out)
    assert notes.melody.sum() == len(SCALE)
    assert len(notes) > len(SCALE)


def test_bars_are_of_the_file_s_own_tempo_unless_another_is_said(tmp_path, capsys) -> None:
    """Eight quarters at 60 are two bars of it, and four at twice that."""
    tune, out = tmp_path / "tune.mid", tmp_path / "out.mid"
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60))])
    for pitch in (60, 62, 64, 65, 67, 69, 71, 72):
        track.append(mido.Message("note_on", note=pitch, velocity=80))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file.tracks.append(track)
    file.save(tune)
    for more, bars in (([], 2), (["--bpm", "120"], 4)):
        assert main(["harmonise", str(tune), str(out), *more]) == 0
        assert capsys.readouterr().out.count("|") == bars + 1


@pytest.mark.parametrize(
    "wrong",
    [
        ["--chart", "| H |"],
        ["--channel", "17"],
        ["--instrument", "kazoo"],
        ["--bpm", "0"],
        ["--upbeat", "4"],
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, capsys, wrong) -> None:
    """With a sentence and exit code 2, and nothing written."""
    tune, out = tmp_path / "tune.mid", tmp_path / "out.mid"
    tune.write_bytes(harmonise.file("tune", SCALE, [], 120.0, harmonise.Comping()))
    assert main(["harmonise", str(tune), str(out), *wrong]) == 2
    assert "must be" in (said := capsys.readouterr().err) or "no" in said
    assert not out.exists()
