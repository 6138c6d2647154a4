"""The longest copy is found exactly: by hand, and against looking everywhere."""

from __future__ import annotations

import numpy as np

from improv.train import copies, dataset


def pieces(*pitches: list[int]) -> dataset.Pieces:
    notes = sum(map(len, pitches))
    return dataset.Pieces(
        pitch=np.concatenate([np.array(p, np.uint8) for p in pitches]),
        velocity=np.full(notes, 64, np.uint8),
        start=np.arange(notes, dtype=np.float64),
        duration=np.ones(notes, np.float32),
        offsets=np.cumsum([0, *map(len, pitches)]).astype(np.int64),
        names=tuple(map(str, range(len(pitches)))),
    )


def longest(known: dataset.Pieces, *phrases: list[int]) -> list[int]:
    return copies.longest(known, [np.array(p, np.int64) for p in phrases]).tolist()


TUNE = [60, 67, 65, 64, 62, 72, 67, 65, 64, 62, 72, 67]


def test_a_run_moved_to_another_key_is_a_copy() -> None:
    """Seven notes of it, a fourth up, amid other notes."""
    taken = [pitch + 5 for pitch in TUNE[2:9]]
    assert longest(pieces([1, 2, 4], TUNE), [20, 100, *taken, 127, 3]) == [7]


def test_nothing_in_common_is_a_single_note() -> None:
    """One note has no interval; an empty phrase has not even that to compare."""
    assert longest(pieces([60, 61, 62, 63]), [60, 70, 80], [60]) == [1, 1]


def test_a_copy_does_not_reach_from_one_piece_into_the_next() -> None:
    """Nor from one phrase into another."""
    apart = pieces(TUNE[:6], TUNE[6:])
    assert longest(apart, TUNE) == [6]
    assert longest(pieces(TUNE), TUNE[:4], TUNE[4:9]) == [4, 5]


def test_a_whole_phrase_can_be_a_copy() -> None:
    """Longer than any power of two reached on the way, at a piece's very end."""
    rng = np.random.default_rng(1)
    learnt = rng.integers(30, 90, 300).tolist()
    assert longest(pieces(learnt), learnt[-100:], learnt[:37]) == [100, 37]


def test_it_finds_what_looking_everywhere_finds() -> None:
    """Of few pitches, so that runs are many and tangled."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        known = [rng.integers(60, 63, rng.integers(1, 40)).tolist() for _ in range(4)]
        phrase = rng.integers(60, 63, 25).tolist()
        assert longest(pieces(*known), phrase) == [_everywhere(known, phrase)]


def _everywhere(known: list[list[int]], phrase: list[int]) -> int:
    heard = {
        tuple(np.diff(piece[a:b]))
        for piece in known
        for a in range(len(piece))
        for b in range(a + 2, len(piece) + 1)
    }
    return max(
        (
            b - a
            for a in range(len(phrase))
            for b in range(a + 2, len(phrase) + 1)
            if tuple(np.diff(phrase[a:b])) in heard
        ),
        default=1,
    )
