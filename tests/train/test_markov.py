"""The chains of order three: a smoothing worked out by hand, and the music they make."""

from __future__ import annotations

import numpy as np
import pytest

from improv.music.event import Note
from improv.play.params import Params
from improv.train import dataset
from improv.train.markov import MarkovImproviser, chain, fit
from improv.train.score import means


def round_of(pitches: list[int], count: int, pieces: int = 1) -> dataset.Pieces:
    """Pieces that go round these pitches, eight notes a second."""
    notes = count * pieces
    return dataset.Pieces(
        pitch=np.tile(np.resize(pitches, count), pieces).astype(np.uint8),
        velocity=np.full(notes, 64, np.uint8),
        start=np.tile(np.arange(count) / 8, pieces),
        duration=np.full(notes, 0.1, np.float32),
        offsets=np.arange(pieces + 1, dtype=np.int64) * count,
        names=tuple(f"{i}.mid" for i in range(pieces)),
    )


def test_chances_fall_back_as_kneser_and_ney_say() -> None:
    """After a: x twice, y once; after b: x. With discounts of a half, by hand.

    Of the three kinds of pairs two end in x: alone, x has (2 - 1/2) / 3 and a third of a quarter.
    """
    a, b, unknown = [1], [2], [3]
    counted = chain(np.array([a, a, a, b]), np.array([0, 0, 1, 0]), bins=4)
    alone = np.array([1.5, 0.5, 0, 0]) / 3 + 1 / 3 / 4
    found = counted.chances(np.array([a, b, unknown]))
    assert found[0] == pytest.approx(np.array([1.5, 0.5, 0, 0]) / 3 + alone / 3)
    assert found[1] == pytest.approx(np.array([0.5, 0, 0, 0]) + alone / 2)
    assert found[2] == pytest.approx(alone)


def test_chances_sum_to_one_whatever_has_been_heard() -> None:
    """Contexts known, half known and unknown; and no bin is impossible."""
    rng = np.random.default_rng(3)
    given, follows = rng.integers(0, 5, (3000, 3)), rng.integers(0, 7, 3000)
    asked = np.concatenate([given[:50], rng.integers(0, 9, (50, 3))])
    found = chain(given, follows, bins=8).chances(asked)
    assert found.sum(axis=1) == pytest.approx(np.ones(100))
    assert (found > 0).all()


def test_what_always_follows_is_foretold() -> None:
    """A round of four notes is known by its last three; a unigram would have 1.39 nats."""
    pieces = round_of([60, 64, 67, 64], 200)
    until = np.arange(10, 200)
    found = means(fit(pieces).marks(pieces, until))
    assert found["pitch"]["nats"] < 0.2
    assert found["pitch"]["top1"] == 1.0
    assert set(found["step"]) == {"nats", "mse", "mae", "held_mse"}
    assert found["velocity"]["nats"] < 0.1


def test_a_piece_knows_nothing_of_the_one_before() -> None:
    """Its second note is foretold alike wherever it lies among the others."""
    pieces = round_of([60, 64, 67, 71, 62], 5, pieces=3)
    marks = fit(pieces).marks(pieces, np.array([1, 6, 11]))
    assert len(set(marks["pitch"]["nats"].tolist())) == 1


def test_batches_of_notes_make_no_difference() -> None:
    """Marks of all the notes, whatever the batch."""
    pieces = round_of([60, 64, 67], 90)
    whole = fit(pieces).marks(pieces, np.arange(1, 90))
    parts = fit(pieces).marks(pieces, np.arange(1, 90), batch=7)
    assert whole["pitch"]["nats"].tolist() == parts["pitch"]["nats"].tolist()


def test_it_goes_on_with_a_round_it_has_counted() -> None:
    """Primed with the round, most of what it plays is the round, at its pace."""
    pieces = round_of([60, 64, 67, 64], 400)
    improviser = MarkovImproviser(fit(pieces))
    improviser.prime([Note(60 + 4 * (i % 2), 64, i / 8, 0.1) for i in range(2)])
    played = [improviser.draw(Params(), (1, i)) for i in range(100)]
    pitches = [60, 64, *(note.pitch for note in played)]
    asked = {(60, 64): 67, (64, 67): 64, (67, 64): 60, (64, 60): 64}
    right = [
        asked.get((a, b)) == c for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False)
    ]
    assert np.mean(right) > 0.9
    assert np.median([note.step for note in played]) == pytest.approx(1 / 8, rel=0.15)


def test_the_same_key_draws_the_same_note_within_the_range() -> None:
    """As every improviser: the key alone decides, and the range is kept."""
    improviser = MarkovImproviser(fit(round_of([48, 60, 72, 84], 100)))
    params = Params(low=55, high=75)
    runs = []
    for _ in range(2):
        improviser.prime([Note(60, 64, 0.0, 0.1)])
        runs.append([improviser.draw(params, (7, i)) for i in range(30)])
    assert runs[0] == runs[1]
    assert {note.pitch for note in runs[0]} <= set(range(55, 76))
    improviser.prime(())
    assert improviser.draw(params, (7, 0)).step == 0.0
