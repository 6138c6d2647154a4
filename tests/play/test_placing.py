"""Steps become due times; what no model should propose does not get through."""

import math

from improv.music.event import ProposedNote
from improv.music.timeline import Timeline
from improv.play.placing import (
    CROWD,
    CROWD_SECONDS,
    MAX_DURATION,
    MAX_STEP,
    MIN_DURATION,
    moved_on,
    place,
    to_come,
)


def proposed(step=0.1, pitch=60, velocity=64, duration=0.2):
    return ProposedNote(pitch, velocity, step, duration)


def test_steps_add_up_from_the_anchor():
    """Each start is a step after the one before."""
    notes = place([proposed(0.1), proposed(0.2)], anchor=5.0, floor=0.0)
    assert [round(n.start, 9) for n in notes] == [5.1, 5.3]


def test_nothing_starts_before_the_floor_and_the_spacing_stays():
    """A late answer is shifted as a whole."""
    notes = place([proposed(0.1), proposed(0.2)], anchor=5.0, floor=8.0)
    assert [round(n.start, 9) for n in notes] == [8.0, 8.2]


def test_wild_lengths_are_bounded():
    """A step of an hour is a mistake; a note has a shortest and a longest length."""
    (note,) = place([proposed(3600.0, duration=3600.0)], anchor=0.0, floor=0.0)
    assert (note.start, note.duration) == (MAX_STEP, MAX_DURATION)
    (note,) = place([proposed(-3.0, duration=-1.0)], anchor=1.0, floor=0.0)
    assert (note.start, note.duration) == (1.0, MIN_DURATION)


def test_what_is_not_a_note_is_left_out():
    """NaN, infinities, pitch 128."""
    bad = [proposed(math.nan), proposed(duration=math.inf), proposed(pitch=128), proposed(pitch=-1)]
    assert place(bad, anchor=0.0, floor=0.0) == []


def test_a_crowd_is_thinned_out():
    """A thousand notes at once become at most CROWD in any CROWD_SECONDS."""
    notes = place([proposed(0.0)] * 1000, anchor=0.0, floor=0.0)
    assert all(
        b.start - a.start >= CROWD_SECONDS - 1e-9
        for a, b in zip(notes, notes[CROWD:], strict=False)
    )


BEAT = Timeline(10.0, 4.0, 120.0)


def on_beats(*beats: float) -> tuple[ProposedNote, ...]:
    return tuple(ProposedNote(60, 80, 9.0, 0.1, beat) for beat in beats)


def test_a_note_that_says_its_beat_begins_on_it() -> None:
    """Whatever its step; one that is a little late begins at once, and the order stays."""
    placed = place(on_beats(4.0, 4.5, 8.0), anchor=0.0, floor=10.02, timeline=BEAT)
    assert [note.start for note in placed] == [10.02, 10.25, 12.0]
    assert place(on_beats(4.0), anchor=1.0, floor=0.0)[0].start == 6.0  # nobody knows the beat


def test_what_is_over_is_left_out_of_a_bar() -> None:
    """A stalled model is followed by the rest of its bar, not by a burst of it."""
    late = to_come((*on_beats(4.0, 4.25, 5.0), proposed()), BEAT, 10.3)
    assert [each.beat for each in late] == [5.0, None]


def test_bars_are_moved_on_whole() -> None:
    """To the first bar line from which none of them is over."""
    moved = moved_on((*on_beats(4.0, 6.5), proposed()), BEAT, 13.0, 4)
    assert [each.beat for each in moved] == [12.0, 14.5, None]
    assert moved_on(on_beats(8.0), BEAT, 11.0, 4) == on_beats(8.0)
