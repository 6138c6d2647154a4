"""What a model learnt from can be asked for runs of notes, and for nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from improv.play.lessons import NOTES, SPACE, Lessons

RNG = np.random.default_rng(5)
PIECES = [RNG.integers(30, 90, 400) for _ in range(25)]
PITCH = np.concatenate(PIECES)
OFFSETS = np.cumsum([0, *map(len, PIECES)])


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return Lessons.of([(PITCH, OFFSETS)])


def strange(count: int, seed: int = 1) -> list[int]:
    return np.random.default_rng(seed).integers(30, 90, count).tolist()


@pytest.mark.parametrize("notes", [NOTES + 1, 12, 40, 400])
@pytest.mark.parametrize("up", [-11, 0, 6])
def test_a_run_is_found_in_every_key(lessons: Lessons, notes: int, up: int) -> None:
    """Up to its last note, after notes that are another's; at least so long as it is."""
    run = [pitch + up for pitch in PIECES[3][-notes:].tolist()]
    found = lessons.copied([*strange(30), *run])
    assert notes <= found <= notes + 2


def test_a_run_that_has_ended_is_none(lessons: Lessons) -> None:
    run = PIECES[3][:40].tolist()
    assert lessons.copied([*run, 127, 0, 127]) == 0


@pytest.mark.parametrize("notes", [0, 1, NOTES - 1, NOTES])
def test_so_few_notes_are_found_by_chance(lessons: Lessons, notes: int) -> None:
    assert lessons.copied(PIECES[3][:notes].tolist()) == 0


def test_no_run_reaches_from_one_piece_into_the_next(lessons: Lessons) -> None:
    across = [*PIECES[3][-6:].tolist(), *PIECES[4][:6].tolist()]
    assert lessons.copied(across) == 0


def test_other_music_is_hardly_ever_found(lessons: Lessons) -> None:
    """One in fifty runs of eight notes, of nine and more one in two thousand."""
    runs = RNG.integers(0, 2**56, 50_000, dtype=np.uint64)
    assert lessons.hold(runs).mean() == pytest.approx(0.022, abs=0.005)
    other = strange(4000, seed=2)
    found = sum(lessons.copied(other[at : at + 40]) > 0 for at in range(4000 - 40))
    assert found / 3960 < 0.004


def test_which_pitches_go_on_as_in_the_lessons(lessons: Lessons) -> None:
    """The one that did, and of the others hardly any; none after too few notes."""
    every = np.arange(128)
    after = lessons.going_on(PIECES[7][100:109].tolist(), every)
    assert after[PIECES[7][109]]
    assert after.sum() < 12
    assert not lessons.going_on(PIECES[7][: NOTES - 2].tolist(), every).any()


def test_it_is_a_byte_a_run_and_comes_back_from_its_bytes(lessons: Lessons) -> None:
    kept = bytes(lessons)
    assert len(kept) == pytest.approx(25 * (400 - NOTES + 1) * SPACE / 8, abs=2)
    again = Lessons(np.frombuffer(kept, np.uint8))
    assert again.copied(PIECES[0].tolist()) == 400


def test_a_model_that_goes_on_from_another_knows_both(lessons: Lessons) -> None:
    """In the same space, so that strangers are found a little more often."""
    new = RNG.integers(30, 90, 60)
    both = Lessons.of([(new, np.array([0, 60]))], lessons)
    assert len(bytes(both)) == len(bytes(lessons))
    assert both.copied(new.tolist()) == 60
    assert both.copied(PIECES[0].tolist()) == 400


def test_no_music_at_all() -> None:
    nothing = Lessons.of([(np.zeros(0, np.int64), np.array([0]))])
    assert nothing.copied(strange(40)) == 0
    assert Lessons.of([]).copied(strange(40)) == 0
