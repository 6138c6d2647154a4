"""Scales: by name, from a tonic, or spelt out."""

import pytest

from improv.errors import UsageError
from improv.music import scale


@pytest.mark.parametrize(
    ("text", "tonic", "name", "classes"),
    [
        ("D dorian", 2, "dorian", {2, 4, 5, 7, 9, 11, 0}),
        ("bb major", 10, "major", {10, 0, 2, 3, 5, 7, 9}),
        ("F# Harmonic  Minor", 6, "harmonic minor", {6, 8, 9, 11, 1, 2, 5}),
        ("Am", 9, "minor", {9, 11, 0, 2, 4, 5, 7}),
        ("G", 7, "major", {7, 9, 11, 0, 2, 4, 6}),
        ("E aeolian", 4, "minor", {4, 6, 7, 9, 11, 0, 2}),
        ("C 0 7 3", 0, "0 3 7", {0, 3, 7}),
    ],
)
def test_a_scale_is_named_from_its_tonic(text, tonic, name, classes) -> None:
    """As musicians write it, in whatever case; one's own in one spelling."""
    assert scale.parse(text) == (tonic, name)
    assert scale.belong(tonic, name) == classes


@pytest.mark.parametrize("text", ["blues", "off", "yours", "0 1 5"])
def test_a_scale_without_a_tonic_names_none(text) -> None:
    """The key knob stays where it is."""
    assert scale.parse(text) == (None, text)


@pytest.mark.parametrize("text", ["H dorian", "D dorain", "0 12", "", "D", "Dm minor", "-1 3"])
def test_what_is_no_scale_is_refused_with_those_there_are(text) -> None:
    """A note alone, as D, is its major scale; the rest is nothing."""
    if text == "D":
        assert scale.parse(text) == (2, "major")
        return
    with pytest.raises(UsageError, match=r"no scale named .*dorian.*semitones"):
        scale.parse(text)


def test_there_are_twenty_five_and_no_two_are_alike() -> None:
    """Each begins on its tonic and rises within the octave."""
    assert len(scale.SCALES) == 25
    assert len(set(scale.SCALES.values())) == 25
    for degrees in scale.SCALES.values():
        assert degrees[0] == 0
        assert list(degrees) == sorted(set(degrees))
        assert degrees[-1] < scale.OCTAVE


def test_only_what_is_spelt_out_is_ones_own() -> None:
    """And in its one spelling, so that equal scales are equal texts."""
    assert scale.is_own("0 3 7")
    assert not any(scale.is_own(text) for text in ("major", "off", "7 3 0", "x", "0 12", ""))
