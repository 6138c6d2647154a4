"""How sure against how right: known distributions, and what the report says of them."""

from __future__ import annotations

import numpy as np
import pytest

from improv.train import calibration
from improv.train.score import bin_marks, means, pitch_marks, time_bin_marks


def test_a_model_that_is_as_sure_as_it_is_right_is_off_by_nothing() -> None:
    """A quarter of the notes for which it says a quarter, nine tenths where it says nine tenths."""
    sure = np.repeat([0.25, 0.9], [400, 100])
    hit = np.concatenate([np.arange(400) % 4 == 0, np.arange(100) % 10 != 0]).astype(float)
    curve = calibration.curve(sure, hit)
    assert curve.error == pytest.approx(0.0, abs=1e-12)
    assert curve.sure.tolist() == pytest.approx([0.25, 0.9])
    assert curve.right.tolist() == pytest.approx([0.25, 0.9])
    assert curve.notes.tolist() == [400, 100]


def test_one_that_is_too_sure_is_off_by_how_much_too_sure_it_is() -> None:
    """It says 90 % and is right half the time; of one more in ten it is rightly certain."""
    sure = np.repeat([0.9, 1.0], [90, 10])
    hit = np.concatenate([np.arange(90) % 2, np.ones(10)])
    assert calibration.curve(sure, hit).error == pytest.approx(0.9 * 0.4)


def test_each_bin_holds_as_many_notes() -> None:
    """However unevenly the probabilities lie."""
    rng = np.random.default_rng(1)
    curve = calibration.curve(rng.random(1500) ** 4, np.zeros(1500), bins=15)
    assert curve.notes.tolist() == [100] * 15
    assert (np.diff(curve.sure) > 0).all()


def test_every_factor_says_how_sure_its_likeliest_was_and_whether_it_came() -> None:
    """Of pitch, of a time's bin and of a velocity's; the means leave both out."""
    logits = np.log(np.array([[0.7, 0.2, 0.1], [0.2, 0.2, 0.6]]))
    found = bin_marks(logits, np.array([0, 1]))
    assert found["sure"].tolist() == pytest.approx([0.7, 0.6])
    assert found["hit"].tolist() == [1.0, 0.0]
    flat = np.zeros((1, 128))
    marks = {
        "pitch": pitch_marks(flat, np.array([0])),
        "step": time_bin_marks(np.zeros((1, 64)), np.array([1.0])),
        "velocity": found,
    }
    assert marks["pitch"]["sure"][0] == pytest.approx(1 / 128)
    assert set(means(marks)["pitch"]) == {"nats", "top1", "top5"}
    assert set(means(marks)["velocity"]) == {"nats"}
    assert set(calibration.curves(marks)) == {"pitch", "step", "velocity"}
    report = calibration.report(calibration.curves(marks))
    assert report["velocity"]["error"] == pytest.approx(0.45)
    assert report["step"]["curve"] == [{"sure": 0.015625, "right": 0.0, "notes": 1}]
