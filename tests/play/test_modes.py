"""How it plays with you: the pure parts. The engine's own are in test_playing_together.py."""

from dataclasses import replace
from itertools import pairwise

import pytest

from improv.music.event import Note, ProposedNote
from improv.play import modes
from improv.play.chance import uniform
from improv.play.freeze import Loop
from improv.play.params import Params


def test_an_answer_is_as_long_as_the_knobs_say() -> None:
    """By notes, by seconds, or as yours; only in that mode."""
    told = Params(mode="answer", notes=7, answer_seconds=2.5)
    assert modes.answer_notes(replace(told, answer="notes")) == 7
    assert modes.answer_seconds(replace(told, answer="notes"), 9.0) is None
    assert modes.answer_notes(replace(told, answer="seconds")) is None
    assert modes.answer_seconds(replace(told, answer="seconds"), 9.0) == 2.5
    assert modes.answer_seconds(replace(told, answer="yours"), 9.0) == 9.0
    assert modes.answer_seconds(replace(told, answer="yours"), 0.1) == modes.SHORTEST
    for mode in ("continue", "duet", "solo"):
        assert modes.answer_seconds(replace(told, mode=mode), 9.0) is None
        assert modes.answer_notes(replace(told, mode=mode)) == 7
    assert modes.answer_notes(Params()) is None


def test_the_busier_you_are_the_fewer_notes_it_plays() -> None:
    """In a duet; when you have rested it plays as before."""
    part, told = modes.YourPart(), Params(mode="duet", room=1.0, density=0.5)
    assert modes.as_played_with(told, (), part, 0.0) == told
    densities = []
    for n in range(12):
        part.strike(n / 6, begins=n == 0)
        densities.append(modes.as_played_with(told, (), part, n / 6).density)
    assert all(later < before or later == -1.0 for before, later in pairwise(densities))
    assert densities[-1] == -1.0
    assert modes.as_played_with(replace(told, room=0.0), (), part, 2.0).density == 0.5
    assert modes.as_played_with(replace(told, mode="solo"), (), part, 2.0).density == 0.5
    assert modes.as_played_with(told, (), part, 10.0) == told


def test_the_left_hand_is_the_chord() -> None:
    """Below the split only, and what the knob says where it holds nothing."""
    part, told = modes.YourPart(), Params(mode="accompany", split=60, chord="F")
    assert modes.as_played_with(told, (57, 48, 52, 72), part, 0.0).chord == "C E A"
    assert modes.as_played_with(told, (72, 60), part, 0.0).chord == "F"
    assert modes.as_played_with(replace(told, mode="duet"), (48, 52), part, 0.0).chord == "F"


def _notes(count: int) -> list[Note]:
    return [Note(60 + n, 70 + n, 0.25 * n, 0.2) for n in range(count)]


def _proposed(count: int) -> list[ProposedNote]:
    return [ProposedNote(100, 20, 9.0, 9.0)] * count


def test_a_frozen_loop_comes_round_in_its_own_rhythm() -> None:
    """Whatever the model says; the way back to its beginning is as long as its steps."""
    loop = Loop(_notes(5))
    played = [*loop.follow(_proposed(7), 0.0, 1, 0), *loop.follow(_proposed(3), 0.0, 1, 7)]
    assert [note.pitch for note in played] == [60, 61, 62, 63, 64] * 2
    assert [note.step for note in played] == [0.25] * 10
    loop.back(3)
    assert loop.follow(_proposed(1), 0.0, 1, 10)[0].pitch == 62


def test_mutation_changes_pitches_for_good_and_leaves_the_rhythm() -> None:
    """At full strength every note is the model's; a changed one stays changed."""
    loop = Loop(_notes(4))
    changed = loop.follow(_proposed(4), 1.0, 1, 0)
    assert {(note.pitch, note.velocity, note.step) for note in changed} == {(100, 20, 0.25)}
    assert {note.pitch for note in loop.follow(_proposed(4), 0.0, 1, 4)} == {100}
    share = []
    for seed in range(200):
        played = Loop(_notes(10)).follow(_proposed(10), 0.3, seed, 0)
        share.append(sum(note.pitch == 100 for note in played) / 10)
    assert sum(share) / len(share) == pytest.approx(0.3, abs=0.03)


def test_a_loop_of_one_chord_or_one_note_still_has_a_way_round() -> None:
    """No step of nothing: else a loop would play for ever at one moment."""
    chord = [Note(60, 70, 1.0, 0.5), Note(64, 70, 1.0, 0.5)]
    assert [n.step for n in Loop(chord).follow(_proposed(4), 0.0, 1, 0)] == [0.5, 0.0, 0.5, 0.0]
    one = Loop([Note(60, 70, 1.0, 0.0)])
    assert one.follow(_proposed(1), 0.0, 1, 0)[0].step > 0


def test_chance_is_even_and_follows_from_its_numbers() -> None:
    """Neighbours are far apart."""
    drawn = [uniform(7, n) for n in range(10_000)]
    assert drawn == [uniform(7, n) for n in range(10_000)]
    assert all(0 <= value < 1 for value in drawn)
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.01)
    assert uniform(-1, 2**70) == uniform(2**64 - 1, 2**70 % 2**64)
