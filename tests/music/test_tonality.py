"""The key that was played in."""

import pytest

from improv.music import tonality
from improv.music.event import Note
from improv.music.scale import SCALES


def _notes(pitches, length=0.5):
    return [Note(pitch, 70, n * 0.5, length) for n, pitch in enumerate(pitches)]


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "harmonic minor"])
def test_a_scale_and_its_chord_is_in_its_key(tonic, mode) -> None:
    """From every tonic, major and minor."""
    degrees = SCALES[mode]
    pitches = [48 + tonic + degree for degree in (*degrees, 0, degrees[2], degrees[4], 12)]
    key = tonality.found(_notes(pitches))
    assert key is not None
    assert (key.tonic, key.mode) == (tonic, mode.split()[-1])
    assert 0.5 < key.fit <= 1.0


def test_a_long_note_weighs_more() -> None:
    """A C major scale that rests on A is A minor; a pedal point is not all there is."""
    scale = [60, 62, 64, 65, 67, 69, 71]
    rests = [*_notes(scale), Note(57, 70, 4.0, 2.0), Note(64, 70, 4.0, 1.0)]
    key = tonality.found(rests)
    assert key is not None
    assert (key.tonic, key.mode) == (9, "minor")
    held = [*_notes(scale), Note(60, 70, 4.0, 3600.0)]
    assert tonality.found(held) == tonality.found([*held[:-1], Note(60, 70, 4.0, 2.0)])


def test_too_little_is_in_no_key() -> None:
    """Seven notes, or all twelve alike."""
    assert tonality.found(_notes([60] * 7)) is None
    assert tonality.found(_notes(range(60, 72))) is None
    assert tonality.found([]) is None
