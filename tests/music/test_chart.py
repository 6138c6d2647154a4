"""Typed charts, voicings and patterns."""

import pytest

from improv.errors import UsageError
from improv.music import chart, chord, chord_classes, comping, voicing


def test_a_chart_is_half_bars() -> None:
    """One chord fills a bar, two share it, % repeats; bar lines at the ends may be left out."""
    assert chart.read("| Am7 | D7 G7 | % |") == ("Am7", "Am7", "D7", "G7", "D7", "G7")
    assert chart.read("C | off") == ("C", "C", "off", "off")


@pytest.mark.parametrize("text", ["", "| |", "| C D E |", "| H |", "%"])
def test_what_is_no_chart_is_refused(text) -> None:
    """With a sentence."""
    with pytest.raises(UsageError):
        chart.read(text)


@pytest.mark.parametrize("name", chord_classes.NAMES[:-1])
def test_a_voicing_is_the_whole_chord_within_range(name) -> None:
    """Every class, from wherever the hand is."""
    pitches = voicing.voiced(name, (50, 57, 65))
    assert {pitch % 12 for pitch in pitches} == set(chord.pitch_classes(name))
    assert min(pitches) >= voicing.LOW
    assert max(pitches) <= voicing.HIGH


def test_voices_move_little() -> None:
    """C to Am moves one voice by a tone; II-V-I moves less than root positions would."""
    c = voicing.voiced("C")
    assert voicing.motion(c, voicing.voiced("Am", c)) == 2
    dm7 = voicing.voiced("Dm7")
    g7 = voicing.voiced("G7", dm7)
    assert voicing.motion(dm7, g7) <= 3
    assert voicing.voiced("off", g7) == ()


def test_a_thirteenth_leaves_out_its_fifth() -> None:
    """Four voices at most, the root and the third among them."""
    pitches = voicing.voiced("G13")
    assert len(pitches) == 4
    assert {7, 11} <= {pitch % 12 for pitch in pitches}


@pytest.mark.parametrize("pattern", comping.PATTERNS)
@pytest.mark.parametrize("second", [False, True])
def test_a_pattern_stays_in_its_half_bar(pattern, second) -> None:
    """In order, no note over its end, none struck while it sounds; nothing of no chord."""
    struck = comping.comped(pattern, "Am7", voicing.voiced("Am7"), second=second)
    assert struck == sorted(struck)
    assert all(at >= 0 and length > 0 and at + length <= comping.BEATS for at, length, _ in struck)
    ends: dict[int, float] = {}
    for at, length, pitch in struck:
        assert at >= ends.get(pitch, 0.0)
        ends[pitch] = at + length
    assert comping.comped(pattern, "off", ()) == []
