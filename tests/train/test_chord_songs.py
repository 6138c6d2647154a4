"""Melodies with their chords, as POP909 has them."""

import io
import zipfile

import mido
import numpy as np
import pytest

from improv.errors import InputError
from improv.music import chord_classes
from improv.train import chord_songs

BEATS = "".join(f"{beat * 0.5 + 1} {1 - beat % 2} {float(beat % 4 == 0)}\n" for beat in range(9))
CHORDS = "0 1 N\n1 2 C:maj\n2 3 A:min7/b3\n3 5 G:7\n"


def _song(*, track: str = "MELODY") -> bytes:
    """At 120 bpm: C from 1 s for a second, E for half of the next, nothing after."""
    file = mido.MidiFile(ticks_per_beat=480)
    notes = mido.MidiTrack([mido.MetaMessage("track_name", name=track)])
    for pitch, wait, length in ((60, 960, 960), (64, 0, 480)):
        notes.append(mido.Message("note_on", note=pitch, velocity=80, time=wait))
        notes.append(mido.Message("note_off", note=pitch, time=length))
    file.tracks.append(notes)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def test_a_song_is_read_by_half_bars() -> None:
    """Two bars of four beats are four half bars, each with its chord and what sounds in it."""
    song = chord_songs.read(_song(), CHORDS, BEATS)
    assert song is not None
    names = [chord_classes.NAMES[number] for number in song.chord]
    assert names == ["C", "Am7", "G7", "G7"]
    assert song.downbeat.tolist() == [True, False, True, False]
    np.testing.assert_allclose(song.melody[0, 0], [1, 1, 1, 1], atol=1e-5)
    np.testing.assert_allclose(song.melody[1, 4], [1, 1, 0, 0], atol=1e-5)
    assert not song.melody[2:].any()


def test_a_bar_of_three_is_one_piece() -> None:
    """A waltz is not cut into halves."""
    beats = [(float(place), place % 3 == 0) for place in range(7)]
    assert chord_songs.half_bars(beats) == [(0.0, 3.0, True), (3.0, 6.0, True)]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Bb:min/b3", "A#m"), ("C:hdim7", "Cm"), ("D:sus4", "D"), ("E:sus4(b7)", "E7"), ("N", "off")],
)
def test_annotations_become_the_nearest_class(text, name) -> None:
    """Inversions and rarer kinds are taken for the triad or seventh beside them."""
    assert chord_classes.NAMES[chord_songs.label(text)] == name


@pytest.mark.parametrize("chords", ["", "0 1", "0 1 H:maj", "a b C:maj"])
def test_a_song_without_readable_chords_is_left_out(chords) -> None:
    """As is one without a melody."""
    assert chord_songs.read(_song(), chords, BEATS) is None
    assert chord_songs.read(_song(track="PIANO"), CHORDS, BEATS) is None


def test_transposing_moves_melody_and_chords() -> None:
    """All twelve keys are the same song."""
    song = chord_songs.read(_song(), CHORDS, BEATS)
    assert song is not None
    moved = song.transposed(7)
    assert [chord_classes.NAMES[n] for n in moved.chord] == ["G", "Em7", "D7", "D7"]
    assert moved.sound[0].argmax() == 7
    np.testing.assert_array_equal(moved.transposed(5).melody, song.melody)


def test_a_pack_is_read_once(tmp_path) -> None:
    """From its own split; the second time from arrays."""
    pack, cache = tmp_path / "songs.zip", tmp_path / "cache"
    with zipfile.ZipFile(pack, "w") as file:
        file.writestr("split.csv", "path,split\nS/1/1.mid,train\n")
        file.writestr("S/1/1.mid", _song())
        file.writestr("S/1/chord_midi.txt", CHORDS)
        file.writestr("S/1/beat_midi.txt", BEATS)
    told = []
    first = chord_songs.load(pack, "train", cache=cache, progress=lambda *at: told.append(at))
    again = chord_songs.load(pack, "train", cache=cache, progress=lambda *at: told.append(at))
    assert told == [(1, 1)]
    np.testing.assert_array_equal(first[0].melody, again[0].melody)
    np.testing.assert_array_equal(first[0].chord, again[0].chord)
    with pytest.raises(InputError, match="POP909"):
        chord_songs.load(pack, "test", cache=cache)
