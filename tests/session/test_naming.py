"""Naming the chord that is coming, by the network that comes with improv or by none."""

from __future__ import annotations

from improv.music import chord, halves
from improv.music.event import Note
from improv.play.messages import NameChord, Named
from improv.session.naming import Naming

TUNE = (60, 64, 67, 64, 69, 72, 71, 69, 65, 69, 72, 69, 67, 71, 74, 71)
"""Quarters over C, Am, F and G, a bar each."""


def asked(number: int, up: int = 0) -> NameChord:
    """What comes after so many half bars of the tune."""
    notes = [Note(pitch + up, 80, beat * 0.5, 0.45) for beat, pitch in enumerate(TUNE)]
    heard = tuple(halves.heard(notes, float(at), at + 1.0) for at in range(number))
    return NameChord(number, heard, tuple(at % 2 == 0 for at in range(number + 1)))


def test_a_tune_in_c_gets_chords_of_c_and_a_fifth_up_those_of_g() -> None:
    """One chord a half bar, each by what came before it, alike in every key."""
    said: list[str] = []
    names = Naming(said.append)
    here = [names(asked(number)) for number in range(1, 9)]
    there = [names(asked(number, 7)) for number in range(1, 9)]
    assert [named.number for named in here] == list(range(1, 9))
    assert {p for named in here for p in chord.pitch_classes(named.name)} <= {0, 2, 4, 5, 7, 9, 11}
    assert [chord.pitch_classes(named.name) for named in there] == [
        tuple((pitch + 7) % 12 for pitch in chord.pitch_classes(named.name)) for named in here
    ]
    assert said == []


def test_without_a_network_nothing_is_named_and_that_is_said_once() -> None:
    """In a sentence; music goes on without it."""
    said: list[str] = []
    names = Naming(said.append, "nowhere")
    assert [names(asked(number)) for number in (1, 2)] == [Named(1, ""), Named(2, "")]
    assert len(said) == 1
    assert "no chord model named 'nowhere'" in said[0]
