"""Bars of melody with their chords, as POP909 has them."""

import io
import zipfile

import mido
import numpy as np
import pytest

from improv.errors import InputError
from improv.music.bar import HELD, REST
from improv.train import bar_songs

CHORDS = "0 1 N\n1 3.5 C:maj\n3.5 5 A:min7/b3\n5 7 G:7\n"


def _beats(bars: list[int]) -> str:
    """Half a second to a beat, from 1 s on, bars of so many beats, and the downbeat after them."""
    downs = [beat == 0 for size in bars for beat in range(size)] + [True]
    return "".join(f"{1 + 0.5 * n} 1 {float(down)}\n" for n, down in enumerate(downs))


def _song() -> bytes:
    """At 120 bpm: C from 1 s for a beat and a half, E for three beats, nothing after."""
    file = mido.MidiFile(ticks_per_beat=480)
    notes = mido.MidiTrack([mido.MetaMessage("track_name", name="MELODY")])
    for pitch, wait, length in ((60, 960, 720), (64, 720, 1440)):
        notes.append(mido.Message("note_on", note=pitch, velocity=80, time=wait))
        notes.append(mido.Message("note_off", note=pitch, time=length))
    file.tracks.append(notes)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def test_a_song_is_read_by_bars() -> None:
    """Sixteen steps each; a note over the bar line goes on; the chord is what holds longest."""
    song = bar_songs.read(_song(), CHORDS, _beats([4, 4, 4]))
    assert song is not None
    assert song.steps[0].tolist() == [60] + 5 * [HELD] + 6 * [REST] + [64] + 3 * [HELD]
    assert song.steps[1].tolist() == 8 * [HELD] + 8 * [REST]
    assert song.chord.tolist() == [0, 12 + 9, 7]
    assert song.follows.tolist() == [False, True, True]


def test_bars_of_other_lengths_are_left_out() -> None:
    """And what comes after one has no bar before it."""
    song = bar_songs.read(_song(), CHORDS, _beats([4, 3, 4, 4]))
    assert song is not None
    assert song.follows.tolist() == [False, False, True]
    assert bar_songs.read(_song(), CHORDS, _beats([3, 3])) is None


def test_transposing_moves_notes_and_nothing_else() -> None:
    """A pitch that would leave MIDI's range goes back an octave."""
    steps = np.array([[60, HELD, REST, 125]])
    assert bar_songs.transposed(steps, 5).tolist() == [[65, HELD, REST, 118]]
    assert bar_songs.transposed(np.array([[3, REST]]), -5).tolist() == [[10, REST]]


def test_a_pack_is_read_once(tmp_path) -> None:
    """From its own split; the second time from arrays."""
    pack, cache = tmp_path / "songs.zip", tmp_path / "cache"
    with zipfile.ZipFile(pack, "w") as file:
        file.writestr("split.csv", "path,split\nS/1/1.mid,train\n")
        file.writestr("S/1/1.mid", _song())
        file.writestr("S/1/chord_midi.txt", CHORDS)
        file.writestr("S/1/beat_midi.txt", _beats([4, 4]))
    told = []
    first = bar_songs.load(pack, "train", cache=cache, progress=lambda *at: told.append(at))
    again = bar_songs.load(pack, "train", cache=cache, progress=lambda *at: told.append(at))
    assert told == [(1, 1)]
    for name in ("steps", "chord", "follows"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    with pytest.raises(InputError, match="POP909"):
        bar_songs.load(pack, "test", cache=cache)
