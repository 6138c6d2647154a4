"""Instrument names in both directions, and what is said when a name fits none or several."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.music import general_midi


def test_the_table_has_one_name_for_each_of_128_programs() -> None:
    """The list is General MIDI's: complete, without doubles, with its known landmarks."""
    assert len(general_midi.NAMES) == 128
    assert len(set(general_midi.NAMES)) == 128
    assert general_midi.name(0) == "Acoustic Grand Piano"
    assert general_midi.name(40) == "Violin"
    assert general_midi.name(73) == "Flute"
    assert general_midi.name(127) == "Gunshot"
    assert general_midi.family(40) == "Strings"


def test_every_name_leads_back_to_its_program() -> None:
    """Whole names are found though some are parts of others ("Viola" in no other, "Piccolo")."""
    for number, name in enumerate(general_midi.NAMES):
        assert general_midi.program(name) == number
        assert general_midi.program(name.upper()) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("vibra", 11), ("honky", 3), ("sax alto", 65), ("  church   organ ", 19), ("73", 73)],
)
def test_a_part_that_fits_only_one_is_enough(text: str, number: int) -> None:
    """Case, spaces and the order of words do not matter; a number is taken as it is."""
    assert general_midi.program(text) == number


def test_a_part_that_fits_several_lists_them() -> None:
    """The musician sees which instruments the word fits."""
    with pytest.raises(UsageError, match="'Soprano Sax', 'Alto Sax'"):
        general_midi.program("sax")


def test_a_long_list_of_fits_is_cut() -> None:
    """A letter that fits most of the table does not fill the screen."""
    with pytest.raises(UsageError, match=r"and [0-9]+ more"):
        general_midi.program("a")


def test_a_misspelt_name_lists_the_closest() -> None:
    """A typing slip is answered with what was probably meant."""
    with pytest.raises(UsageError, match="'Violin'"):
        general_midi.program("violni")


@pytest.mark.parametrize("text", ["", "   ", "zzzzqqqq", "128", "-1"])
def test_nonsense_says_what_would_do(text: str) -> None:
    """Nothing close still ends in advice."""
    with pytest.raises(UsageError, match="no General MIDI instrument named"):
        general_midi.program(text)


@pytest.mark.parametrize("number", [-1, 128])
def test_a_program_outside_the_table_is_refused(number: int) -> None:
    """The table is not read from its end for a negative number."""
    with pytest.raises(UsageError, match="0 to 127"):
        general_midi.name(number)


def test_every_instrument_it_suggests_can_be_chosen():
    """What an error tells a musician to try is not itself refused."""
    with pytest.raises(UsageError, match="or a number") as refused:
        general_midi.program("")
    suggested = str(refused.value).partition("try ")[2].partition(" or ")[0]
    assert [general_midi.program(name) for name in suggested.split(", ")] == [0, 40, 73]
