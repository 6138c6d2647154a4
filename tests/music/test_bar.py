"""A bar of melody as steps."""

import pytest

from improv.music import bar
from improv.music.bar import HELD, REST


def test_a_note_is_held_until_its_end() -> None:
    """From the step nearest to its beginning to the one nearest to its end; then there is none."""
    assert bar.steps([(60, 0.2, 3.9), (64, 7.6, 9.4)], 12) == [
        60, HELD, HELD, HELD, REST, REST, REST, REST, 64, REST, REST, REST,
    ]  # fmt: skip


def test_a_note_ends_where_the_next_begins() -> None:
    """One note a step: a legato line is cut, and of two on a step the higher one stands."""
    assert bar.steps([(60, 0, 4), (62, 2, 3), (67, 2, 4)], 4) == [60, HELD, 67, HELD]


def test_a_note_reaches_over_the_bar_lines() -> None:
    """From the bar before it is held on, into the next it is cut."""
    assert bar.steps([(60, -3, 2), (62, 3, 9), (50, -4, 0), (70, 4, 5)], 4) == [
        HELD, HELD, REST, 62,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "root", "minor"),
    [("Am7", 9, 1.0), ("C/E", 0, 0.0), ("F#dim", 6, 1.0), ("G E", 7, 0.0), ("Dsus4", 2, 0.0)],
)
def test_a_chord_is_its_root_and_whether_it_is_minor(text, root, minor) -> None:
    """Whatever its bass; one spelt out stands on its first note."""
    numbers = bar.chord_of(text)
    assert numbers[root] == 1.0
    assert sum(numbers[:-1]) == 1.0
    assert numbers[-1] == minor


def test_no_chord_is_nothing() -> None:
    """All thirteen numbers are zero."""
    assert bar.chord_of("off") == (0.0,) * bar.CHORD
