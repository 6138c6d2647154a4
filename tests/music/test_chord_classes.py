"""The chords a network tells apart."""

from improv.music import chord, chord_classes


def test_every_class_is_a_chord_by_name() -> None:
    """Sixty chords and none, each known to music/chord.py, standing on its root."""
    assert chord_classes.COUNT == 61
    for number, name in enumerate(chord_classes.NAMES[:-1]):
        assert chord.pitch_classes(name)[0] == chord_classes.root(number)


def test_a_seventh_belongs_to_its_triad() -> None:
    """Am7 is of the family of Am, G7 of that of G."""
    names = chord_classes.NAMES
    for seventh, triad in (("Am7", "Am"), ("G7", "G"), ("Cmaj7", "C"), ("off", "off")):
        assert chord_classes.triad(names.index(seventh)) == chord_classes.triad(names.index(triad))
    assert len({chord_classes.triad(number) for number in range(61)}) == 25


def test_transposing_moves_the_root_alone() -> None:
    """A tone up, Am7 is Bm7; none stays none."""
    names = chord_classes.NAMES
    assert names[chord_classes.transposed(names.index("Am7"), 2)] == "Bm7"
    assert chord_classes.transposed(chord_classes.NO_CHORD, 5) == chord_classes.NO_CHORD
