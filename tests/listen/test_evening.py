"""The evening's lines, and how long a run improv copies."""

from __future__ import annotations

import random

from improv.listen.evening import BREAK, LONGEST, PHRASE, RUN, Evening, Line, intervals
from improv.music.event import Note, Source


def begin(evening: Evening, pitches: list[int], source: Source) -> list[int]:
    """Have these notes begin; the run that is copied after each."""
    runs = []
    for pitch in pitches:
        evening.begin(Note(pitch, 80, 0.0, 0.2, source))
        runs.append(evening.copies.run)
    return runs


def test_a_line_is_intervals_and_the_first_note_has_none() -> None:
    """A byte for each note, whatever the key."""
    line = Line()
    for pitch in (60, 64, 59, 127, 0):
        line.add(pitch)
    assert bytes(line) == bytes((BREAK, 4, 251, 68, 129))
    assert intervals([72, 76, 71]) == intervals([60, 64, 59]) == bytes((4, 251))


def test_a_line_forgets_its_beginning_and_counts_on() -> None:
    """What is kept has an end, so that it crosses a pipe in no time."""
    line = Line()
    for n in range(LONGEST + 10):
        line.add(n % 12)
    assert len(bytes(line)) == LONGEST
    assert line.added == LONGEST + 10


def test_what_it_plays_after_you_in_any_key_is_a_copy() -> None:
    """Note by note, until it goes its own way; the longest stays known."""
    evening = Evening()
    begin(evening, [60, 62, 64, 65, 67, 60], Source.YOU)
    assert begin(evening, [50, 52, 54, 55, 57, 71], Source.IMPROV) == [1, 2, 3, 4, 5, 1]
    assert (evening.copies.run, evening.copies.most) == (1, 5)


def test_what_it_has_played_itself_is_a_copy_too() -> None:
    """The second time; and a run is not a copy of itself."""
    evening = Evening()
    first = begin(evening, [60, 67, 61, 70], Source.IMPROV)
    again = begin(evening, [50, 57, 51, 60], Source.IMPROV)
    assert first == [1, 1, 1, 1]
    assert again == [1, 2, 3, 4]


def test_evenings_before_are_heard_as_well() -> None:
    """Of a player who is known."""
    evening = Evening()
    evening.known = bytes((BREAK, 1, 2, 3, BREAK))
    assert begin(evening, [60, 61, 63, 66], Source.IMPROV)[-1] == 4
    assert evening.learnt == evening.known


def test_runs_are_those_of_a_plain_search() -> None:
    """Over random playing of both, on few pitches so that much comes back."""
    dice = random.Random(7)
    evening = Evening()
    sounded: list[int] = []
    yours: list[int] = []
    own: list[int] = []
    for _ in range(600):
        pitch, its = dice.randrange(60, 64), dice.random() < 0.7
        run = 0
        if its:
            own.append(pitch)
            texts = (intervals(sounded), intervals(yours))
            lengths = range(1, min(len(own), RUN) + 1)
            run = max(n for n in lengths if any(intervals(own[-n:]) in text for text in texts))
        evening.begin(Note(pitch, 80, 0.0, 0.2, Source.IMPROV if its else Source.YOU))
        if its:
            assert evening.copies.run == run
        else:
            yours.append(pitch)
        sounded.append(pitch)
    assert evening.copies.most > 6


def test_its_phrase_is_what_it_played_since_you_did() -> None:
    """At most its last notes."""
    evening = Evening()
    assert evening.phrase == b""
    begin(evening, [40, 41], Source.IMPROV)
    begin(evening, [60], Source.YOU)
    begin(evening, [50, 53, 55], Source.IMPROV)
    assert evening.phrase == bytes((3, 2))
    begin(evening, [50, 51] * 40, Source.IMPROV)
    assert evening.phrase == intervals([50, 51] * (PHRASE // 2))


def test_what_it_has_by_heart_each_note_says_of_itself() -> None:
    """The most is kept; what you play has nothing to do with it."""
    evening = Evening()
    for said in (0, 9, 10, 0):
        evening.begin(Note(60, 80, 0.0, 0.2, Source.IMPROV, by_heart=said))
        assert evening.copies.by_heart == said
    begin(evening, [60], Source.YOU)
    assert (evening.copies.by_heart, evening.copies.most_by_heart) == (0, 10)
