"""The window: what a network hears, the same in training and in playing."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from improv.music import encoding
from improv.music.encoding import LONGEST
from improv.music.event import Note
from improv.music.vocabulary import FEATURES, WINDOW

gaps = st.floats(0, 20) | st.just(0.0)
played = st.lists(st.tuples(st.integers(0, 127), gaps, st.floats(0, 40)), max_size=60)


def _notes(played: list[tuple[int, float, float]]) -> list[Note]:
    notes, start = [], 100.0
    for pitch, gap, duration in played:
        start += gap
        notes.append(Note(pitch, 80, start, duration))
    return notes


def test_one_note_stands_last_behind_zeros() -> None:
    """A single note is the last row, with step 0; what was not heard is zeros."""
    window = encoding.window([Note(64, 80, 12.5, 0.5)])
    assert window.shape == (WINDOW, FEATURES)
    assert window.dtype == np.float32
    assert not window[:-1].any()
    np.testing.assert_array_equal(window[-1], [0.5, 0.0, 0.5])


def test_no_notes_are_all_zeros() -> None:
    """Before anything was played the window is empty, not an error."""
    assert not encoding.window([]).any()


def test_steps_are_from_start_to_start() -> None:
    """A step is the time since the start of the note before, whatever its duration."""
    window = encoding.window([Note(60, 80, 1.0, 3.0), Note(62, 80, 1.25, 0.1), Note(64, 80, 2, 1)])
    np.testing.assert_allclose(window[-3:, 1], [0.0, 0.25, 0.75])


@given(played)
def test_a_window_is_the_same_in_training_and_in_playing(
    played: list[tuple[int, float, float]],
) -> None:
    """Cut from a piece among others, or encoded live from its last notes: equal numbers."""
    notes = _notes(played)
    before = [Note(1, 1, 0.0, 1.0)] * 3
    together = before + notes
    offsets = np.array([0, len(before), len(together)])
    flat = encoding.features(
        [n.pitch for n in together],
        [n.start for n in together],
        [n.duration for n in together],
        offsets,
    )
    until = np.arange(len(before), len(together) + 1)
    cut = encoding.windows(flat, np.full(len(until), len(before)), until)
    live = np.stack([encoding.window(notes[:n]) for n in range(len(notes) + 1)])
    # starts above 100 s leave the steps exact to a float64's rounding
    np.testing.assert_allclose(cut, live, atol=1e-6)


@given(played)
def test_pushing_notes_one_by_one_is_encoding_them_all(
    played: list[tuple[int, float, float]],
) -> None:
    """What it plays itself enters the window as if it had been heard."""
    notes = _notes(played)
    window = encoding.window([])
    for before, note in zip([*notes[:1], *notes], notes, strict=False):
        window = encoding.push(window, note.pitch, note.start - before.start, note.duration)
    np.testing.assert_allclose(window, encoding.window(notes), atol=1e-6)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_every_time_is_held_within_what_is_taught(times: list[float]) -> None:
    """Pauses of minutes, negative times and what is not a number come out within 0 and 4 s."""
    held = encoding.seconds(times)
    assert ((held >= 0) & (held <= LONGEST)).all()
    for time, value in zip(times, held, strict=True):
        if not math.isnan(time):
            assert value == np.float32(min(LONGEST, max(0.0, time)))


def test_a_piece_does_not_hear_the_piece_before_it() -> None:
    """The first note of a piece has step 0 and an empty window, wherever it lies in the data."""
    flat = encoding.features(
        [60, 62, 64, 65], [5.0, 9.0, 0.0, 0.5], [1, 1, 1, 1], np.array([0, 2, 4])
    )
    np.testing.assert_allclose(flat[:, 1], [0, 4, 0, 0.5])
    assert not encoding.windows(flat, [2], [2]).any()
    assert (encoding.windows(flat, [2], [3])[0] != 0).any(axis=1).sum() == 1


@given(st.floats(width=32), st.floats(width=32))
def test_pushing_holds_times_as_encoding_does(step: float, duration: float) -> None:
    """Whatever a network says: endless, negative or no number."""
    pushed = encoding.push(encoding.window([]), 60, step, duration)[-1, 1:]
    np.testing.assert_array_equal(pushed, encoding.seconds([step, duration]))
