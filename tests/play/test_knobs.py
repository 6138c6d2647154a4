"""A knob's words and its way along a track."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.play import knobs
from improv.play.params import KNOBS, Knob, Params
from improv.ui.slider import NAME_WIDTH


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", 1.0, "1.00"),
        ("temperature", 0.05, "0.05"),
        ("top_p", 0.9, "0.90"),
        ("top_p", 0.905, "0.905"),
        ("notes", 0, "endless"),
        ("time_temperature", 0.0, "follows"),
        ("time_temperature", 0.6, "0.60"),
        ("guard", "gentle", "gentle"),
        ("style", 0.3, "0.30"),
        ("style", 2.0, "melody"),
        ("polyphony", 1, "1"),
        ("notes", 24, "24 notes"),
        ("pause", 0.6, "0.60 s"),
        ("velocity", 80, "80"),
        ("low", 60, "C4"),
        ("program", 40, "Violin"),
        ("channel", 9, "10"),
        ("thru", True, "on"),
    ],
)
def test_a_value_is_shown_in_the_musician_s_words(name: str, value, words: str) -> None:
    """Note names, instruments, channels from 1, endless for no limit."""
    assert knobs.show(KNOBS[name], value) == words


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0.7", 0.7),
        ("temperature", "2", 2.0),
        ("notes", "endless", 0),
        ("notes", "12", 12),
        ("time_temperature", "Follows", 0.0),
        ("time_temperature", "0", 0.0),
        ("guard", " Strong ", "strong"),
        ("style", "1", 1.0),
        ("style", "Pop", 1.0),
        ("low", "c3", 48),
        ("high", "100", 100),
        ("program", "vibraphone", 11),
        ("channel", "10", 9),
        ("thru", "off", False),
        ("thru", "on", True),
    ],
)
def test_what_is_typed_is_read_in_the_same_words(name: str, text: str, value) -> None:
    """What the screen shows can be typed."""
    read = knobs.read(KNOBS[name], text)
    assert read == value
    assert type(read) is KNOBS[name].kind


@pytest.mark.parametrize("name", KNOBS)
def test_nonsense_is_refused_in_a_sentence(name: str) -> None:
    """For every knob there is, also those to come."""
    with pytest.raises(UsageError):
        knobs.read(KNOBS[name], "?zzqx")


@pytest.mark.parametrize("typed", ["0", "17", "99"])
def test_channels_are_refused_as_they_are_shown(typed: str) -> None:
    """From 1 to 16, and the number that was typed."""
    with pytest.raises(UsageError, match=f"from 1 to 16, not {typed}$"):
        knobs.read(KNOBS["channel"], typed)


def test_a_new_knob_needs_no_words_of_its_own() -> None:
    """A label and a text come from its name, kind and unit."""
    swing = Knob("swing_amount", int, 50, 0, 100, 5, "%", "how much it swings")
    assert knobs.label(swing) == "swing amount"
    assert knobs.show(swing, 50) == "50 %"
    assert knobs.read(swing, "60") == 60


@pytest.mark.parametrize(
    ("name", "typed", "turned"),
    [
        ("scale", "D dorian", {"scale": "dorian", "key": 2}),
        ("scale", "blues", {"scale": "blues"}),
        ("scale", "7 0 3", {"scale": "0 3 7"}),
        ("key", "Bb", {"key": 10}),
        ("key", "3", {"key": 3}),
        ("chord", "am", {"chord": "Am"}),
        ("chord", "F#m7b5", {"chord": "F#m7b5"}),
        ("chord", " C E G ", {"chord": "C E G"}),
        ("chord", "off", {"chord": "off"}),
    ],
)
def test_what_is_spelt_out_turns_the_knobs_it_means(name, typed, turned) -> None:
    """A scale's tonic is the key; chords and scales of one's own stand beside the choices."""
    assert knobs.read_all(KNOBS[name], typed) == turned
    assert Params(**turned)


def test_a_chord_nobody_knows_is_told_how_to_be_written() -> None:
    """And no list of two dozen."""
    with pytest.raises(UsageError, match="no chord"):
        knobs.read(KNOBS["chord"], "blah")


def test_every_knob_has_a_name_that_is_shown_whole() -> None:
    """And no two have the same."""
    names = [knobs.label(knob) for knob in KNOBS.values()]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) < NAME_WIDTH - 2
