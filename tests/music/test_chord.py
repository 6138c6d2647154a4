"""Chords by symbol and by their notes."""

import pytest

from improv.errors import UsageError
from improv.music import chord


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("C", (0, 4, 7)),
        ("Am7", (9, 0, 4, 7)),
        ("F#dim", (6, 9, 0)),
        ("Bbmaj7", (10, 2, 5, 9)),
        ("BbM7", (10, 2, 5, 9)),
        ("Gsus", (7, 0, 2)),
        ("C/E", (4, 0, 7)),
        ("D/C", (0, 2, 6, 9)),
        ("Cm7b5", (0, 3, 6, 10)),
        ("C E G", (0, 4, 7)),
        ("g bb D", (7, 10, 2)),
        ("off", ()),
    ],
)
def test_a_chord_is_its_notes(text, classes) -> None:
    """The bass comes first."""
    assert chord.pitch_classes(text) == classes
    assert chord.is_chord(text)


@pytest.mark.parametrize("text", ["H", "Cx", "C/H", "am7", "C E H", "7"])
def test_what_is_no_chord_is_refused(text) -> None:
    """A root is a capital: am could be a word."""
    with pytest.raises(UsageError, match=r"no (chord|note)"):
        chord.pitch_classes(text)
    assert not chord.is_chord(text)


def test_every_quality_on_every_root_is_known_and_every_choice() -> None:
    """Transposed by its root."""
    for quality, semitones in chord.QUALITIES.items():
        for root, name in enumerate(("C", "Db", "D")):
            wanted = tuple((root + s) % 12 for s in semitones)
            assert chord.pitch_classes(name + quality) == wanted
    assert len(chord.CHOICES) == 25
    assert all(chord.is_chord(choice) for choice in chord.CHOICES)


def test_held_keys_are_a_chord_by_their_notes() -> None:
    """From the lowest up, each name once; no keys are no chord."""
    assert chord.of_notes((52, 48, 60, 55)) == "C E G"
    assert chord.of_notes(()) == "off"
    assert chord.pitch_classes(chord.of_notes((57, 60, 64))) == (9, 0, 4)
