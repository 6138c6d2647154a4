"""Sequences to learn from: cut from pieces, moved about, and partly hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from improv.music.event import PITCHES
from improv.music.vocabulary import TIMES, VOCABULARY
from improv.train import sequences
from improv.train.dataset import Pieces
from improv.train.examples import examples
from improv.train.sequences import STILL, Augmentation

LENGTH = 16


def _pieces(count: int = 400) -> Pieces:
    """One piece of two hands: low notes 40-51 and high ones 70-81, in turn."""
    rng = np.random.default_rng(0)
    pitch = rng.integers(0, 12, count) + np.where(np.arange(count) % 2, 40, 70)
    return Pieces(
        pitch=pitch.astype(np.uint8),
        velocity=np.full(count, 70, np.uint8),
        start=np.arange(count) * 0.1,
        duration=np.full(count, 0.1, np.float32),
        offsets=np.array([0, count]),
        names=("two hands",),
    )


def _batch(moved: Augmentation, seed: int = 0) -> tuple[dict, dict, dict]:
    music = sequences.of([(_pieces(), 0, 1.0)], LENGTH, 8)
    cuts = music.cuts(0)
    return music.batch(
        cuts[np.resize(np.arange(len(cuts)), 64)], np.random.default_rng(seed), moved
    )


def test_a_sequence_holds_the_notes_in_their_order() -> None:
    """As they were played, unmoved, each a tenth of a second after the other."""
    _, played, weights = _batch(STILL)
    counts = weights["step"] > 0
    assert len(np.unique(played["step"][counts])) == 1
    low = played["pitch"] < 60
    assert (low[:, 1:] != low[:, :-1])[counts[:, 1:]].all()


def test_one_hand_alone_plays_what_lies_on_one_side_of_a_pitch() -> None:
    """Twice as far apart where a hand is left out, and whole sequences of it."""
    heard, played, weights = _batch(replace(STILL, one_hand=1.0))
    counts = weights["pitch"] > 0
    assert (counts.sum(axis=1) > 1).all()
    one_sided = [
        (row < 60).all() or (row >= 60).all()
        for row in (pitch[there] for pitch, there in zip(played["pitch"], counts, strict=True))
    ]
    assert np.mean(one_sided) > 0.3  # the others were parted within a hand
    full = counts.sum(axis=1) == LENGTH
    assert 0.2 < full.mean() < 1.0
    assert (heard["played"][..., 3][:, 1:] <= TIMES - 1).all()


def test_what_is_not_heard_is_hidden_from_the_state_alone() -> None:
    """A share of ids is told as none; the rolls' past and what is to be foretold stay."""
    plain, wanted, _ = _batch(STILL)
    hidden, same, _ = _batch(replace(STILL, token_dropout=0.25))
    nothing = np.array(list(VOCABULARY.values()))
    told = plain["note"][:, 3:] != nothing
    gone = (hidden["note"][:, 3:] == nothing) & told
    assert 0.2 < gone.sum() / told.sum() < 0.3
    np.testing.assert_array_equal(plain["past"], hidden["past"])
    np.testing.assert_array_equal(wanted["pitch"], same["pitch"])


def test_improvs_own_notes_are_heard_and_not_learnt_from() -> None:
    """In a duet only yours count; improv's stand in the past of yours."""
    duet = replace(_pieces(), improv=np.arange(400) % 2 == 1)  # the low ones
    music = sequences.of([(duet, 0, 1.0)], LENGTH, 8)
    heard, wanted, weights = music.batch(music.cuts(0), np.random.default_rng(0), STILL)
    assert (wanted["pitch"][weights["pitch"] > 0] >= 60).all()
    assert weights["pitch"].sum() == pytest.approx(1.0)
    assert (heard["past"][..., 0] < 60).any()
    assert examples(duet).pitch[examples(duet).until].min() >= 60


def test_some_sequences_are_told_of_no_pitch() -> None:
    """Their intervals stay."""
    hidden, _, _ = _batch(replace(STILL, unpitched=0.5))
    unpitched = (hidden["note"][..., 0] == PITCHES).all(axis=1)
    assert 0.3 < unpitched.mean() < 0.7
