"""Distances between music: nothing from itself, all there is from what shares nothing with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from improv.train import likeness
from improv.train.character import Phrase
from improv.train.likeness import FEATURES


def phrase(pitch: list[int], step: float = 0.25, duration: float = 0.2) -> Phrase:
    return Phrase(
        pitch=np.array(pitch, np.int64),
        velocity=np.full(len(pitch), 64, np.int64),
        start=np.arange(len(pitch)) * step,
        duration=np.full(len(pitch), duration),
    )


def test_a_distribution_is_at_no_distance_from_itself_and_at_one_from_a_disjoint_one() -> None:
    """And at the square root of the divergence between: here of halves, 0.3113 bits."""
    here, there, both = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5])
    assert likeness.jensen_shannon(here, here) == 0.0
    assert likeness.jensen_shannon(here, there) == 1.0
    assert likeness.jensen_shannon(here, both) == pytest.approx(math.sqrt(0.311278), abs=1e-6)
    table = likeness.jensen_shannon(np.array([here, there])[:, None], np.array([here, there]))
    assert table.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_the_same_numbers_overlap_wholly_and_distant_ones_not_at_all() -> None:
    """Also where one set, or both, are one number only."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=200)
    assert likeness.overlapped_area(values, values) == pytest.approx(1.0, abs=1e-3)
    assert likeness.overlapped_area(values, values + 100) == pytest.approx(0.0, abs=1e-6)
    assert likeness.overlapped_area(np.ones(3), np.ones(5)) == 1.0
    assert likeness.overlapped_area(np.zeros(3), np.ones(5)) == pytest.approx(0.0, abs=1e-3)


def test_the_overlap_of_two_bells_is_the_known_one() -> None:
    """A standard deviation apart they share 2 Phi(-1/2) = 0.617 (kernels widen both a little)."""
    bell = np.random.default_rng(2).normal(size=4000)
    assert likeness.overlapped_area(bell, bell + 1.0) == pytest.approx(0.617, abs=0.02)


def test_a_density_holds_all_there_is() -> None:
    """Its width is Scott's: the deviation over the fifth root of the count."""
    values = np.array([0.0, 1.0, 4.0])
    width = float(values.std(ddof=1)) * 3 ** (-1 / 5)
    assert likeness.bandwidth(values) == pytest.approx(width)
    grid = np.linspace(-20, 20, 4001)
    assert likeness.density(grid, values, width).sum() * 0.01 == pytest.approx(1.0, abs=1e-6)


def test_each_pair_within_a_set_counts_once() -> None:
    """Three phrases have three distances, none of them to itself."""
    points = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    within = likeness.distances(points, points)
    assert sorted(likeness.among(within).tolist()) == pytest.approx([1.0, math.sqrt(18), 5.0])


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_keeps_to_its_bins(name: str) -> None:
    """Also for the widest leap, the loudest note, the longest and no time at all."""
    wild = Phrase(
        pitch=np.array([0, 127, 0, 60] * 10),
        velocity=np.array([1, 127, 64, 80] * 10),
        start=np.repeat(np.arange(20) * 50.0, 2),
        duration=np.array([0.0, 500.0, 0.001, 2.0] * 10),
    )
    shares = likeness.histograms([wild, phrase([60, 62])], FEATURES[name])
    assert shares.shape == (2, FEATURES[name].bins)
    assert shares.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_features_are_what_their_names_say() -> None:
    """Of a fifth up and down, one note at a time, then of notes that ring on."""
    dry, ringing = phrase([60, 67, 60]), phrase([60, 67, 60], duration=1.0)
    shares = {name: likeness.histograms([dry, ringing], f) for name, f in FEATURES.items()}
    assert shares["pitch_class"][0, [0, 7]] == pytest.approx([2 / 3, 1 / 3])
    assert shares["interval"][0, [24 - 7, 24 + 7]] == pytest.approx([0.5, 0.5])
    assert np.count_nonzero(shares["inter_onset"][0]) == 1
    assert shares["polyphony"][0, 0] == 1.0
    assert shares["polyphony"][1, :3] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert shares["velocity"][0, 8] == 1.0
