"""Key, pitch classes and pulse of phrases that a musician would name at sight."""

from __future__ import annotations

import math

import numpy as np
import pytest

from improv.train.character import (
    Phrase,
    fits,
    groove_consistency,
    pitch_class_entropy,
    polyphony,
)

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)


def phrase(pitch: list[int], start: list[float], duration: float = 0.2) -> Phrase:
    count = len(pitch)
    return Phrase(
        np.array(pitch), np.full(count, 64), np.array(start, float), np.full(count, duration)
    )


@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_from_its_tonic_is_in_its_key(tonic: int) -> None:
    """With its tonic triad held longer, in any transposition."""
    pitch = [60 + tonic + degree for degree in (*MAJOR_SCALE, 0, 4, 7, 0)]
    assert int(fits(phrase(pitch, list(range(len(pitch))))).argmax()) == tonic


def test_a_minor_triad_is_in_minor_and_long_notes_weigh_more() -> None:
    """A C E is A minor; with C held long against A and E it is C major."""
    triad = phrase([57, 60, 64], [0, 1, 2])
    assert int(fits(triad).argmax()) == 12 + 9
    held = Phrase(triad.pitch, triad.velocity, triad.start, np.array([0.1, 9.0, 4.0]))
    assert int(fits(held).argmax()) == 0


def test_all_twelve_alike_fit_no_key() -> None:
    """No division by nothing."""
    found = fits(phrase(list(range(60, 72)), list(range(12))))
    assert found == pytest.approx(np.zeros(24), abs=1e-9)


def test_entropy_is_none_for_one_class_and_all_for_twelve() -> None:
    """Octaves are one pitch class."""
    assert pitch_class_entropy(phrase([48, 60, 72], [0, 1, 2])) == 0.0
    found = pitch_class_entropy(phrase(list(range(60, 72)), list(range(12))))
    assert found == pytest.approx(math.log2(12))


def test_a_groove_that_repeats_is_consistent() -> None:
    """Bars alike: 1. Every other bar elsewhere on all its pulses: those pulses are taken off."""
    every = [bar * 2.0 + beat * 0.5 for bar in range(4) for beat in range(4)]
    assert groove_consistency(phrase([60] * 16, every)) == 1.0
    moved = [start + (0.25 if int(start // 2) % 2 else 0.0) for start in every]
    assert groove_consistency(phrase([60] * 16, moved)) == pytest.approx(1 - 8 / 16)
    assert groove_consistency(phrase([60], [0.0])) == 1.0


def test_polyphony_counts_what_sounds_as_a_note_begins() -> None:
    """A chord builds up; a note that ends as another begins is over."""
    assert polyphony(phrase([60, 64, 67], [0.0, 0.0, 0.0])).tolist() == [1, 2, 3]
    assert polyphony(phrase([60, 64, 67], [0.0, 0.2, 0.3])).tolist() == [1, 1, 2]
