"""What is reported of a network of distributions is what it would make of the notes in playing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from improv.model import relative, relative_calls
from improv.model.listening import Ear
from improv.model.spec import NetworkSpec
from improv.music.event import Note
from improv.music.hearing import time_bin
from improv.train import dataset, foretelling
from improv.train.evaluate import spread, targets
from improv.train.score import median_time, time_bin_marks

SPEC = NetworkSpec(architecture="relative", units=16)
COUNT = 45


def _piece() -> dataset.Pieces:
    rng = np.random.default_rng(2)
    return dataset.Pieces(
        pitch=rng.integers(40, 80, 2 * COUNT).astype(np.uint8),
        velocity=rng.integers(1, 127, 2 * COUNT).astype(np.uint8),
        start=np.concatenate([np.cumsum(rng.choice([0.0, 0.25, 0.5], COUNT)) for _ in "ab"]),
        duration=rng.choice([0.25, 0.5, 2.0], 2 * COUNT).astype(np.float32),
        offsets=np.array([0, COUNT, 2 * COUNT]),
        names=("a.mid", "b.mid"),
    )


def _note(pieces: dataset.Pieces, i: int) -> Note:
    return Note(
        int(pieces.pitch[i]),
        int(pieces.velocity[i]),
        float(pieces.start[i]),
        float(pieces.duration[i]),
    )


def _numbers(**given: np.ndarray) -> dict[str, np.ndarray]:
    return {key: np.asarray(value) for key, value in given.items()}


@pytest.mark.parametrize("context", [25, 40])
def test_each_note_is_foretold_from_those_before_it(context: int) -> None:
    """At a piece's second note, its 26th and its last: the nats of an ear primed as in playing."""
    pieces = _piece()
    weights = relative.initial(SPEC, 0)
    functions = relative_calls.functions(weights, SPEC)
    ear = Ear({n: lambda f=f, **x: _numbers(**f(**x)) for n, f in functions.items()}, SPEC)
    until = np.array([1, 25, 44, 46, 89])
    marks, _ = foretelling.foretell(SPEC, weights, pieces, until, context=context)
    for row, i in enumerate(until):
        ear.begin()
        for j in range(max(COUNT * (i // COUNT), i - context), i):
            ear.hear(_note(pieces, j))
        note, step = _note(pieces, i), float(pieces.start[i] - pieces.start[i - 1])
        wanted = {
            "velocity": (ear.velocity(), note.velocity // 4),
            "step": (ear.step(note.velocity), int(time_bin(step))),
            "pitch": (ear.pitch(note.velocity, step), note.pitch),
            "duration": (
                ear.duration(note.velocity, step, note.pitch),
                int(time_bin(note.duration)),
            ),
        }
        for factor, (logits, played) in wanted.items():
            nats = math.log(np.exp(logits).sum()) - logits[played]
            assert marks[factor]["nats"][row] == pytest.approx(nats, abs=1e-4)


def test_a_share_of_the_notes_is_spread_over_the_pieces() -> None:
    """As many as asked for, each still counted to its piece."""
    pieces = _piece()
    some = spread(targets(pieces), pieces, 11)
    assert len(some.pitch) == 11
    assert some.until[[0, -1]].tolist() == [1, 89]
    assert (some.first.tolist(), some.pieces) == ([0, 6], (0, 1))
    assert some.pitch.tolist() == pieces.pitch[some.until].tolist()
    assert len(spread(targets(pieces), pieces, 0).pitch) == 88


def test_a_distribution_s_best_times_are_its_mean_and_its_median() -> None:
    """Half "now", half "in a second": the mean lies between, the median in one of them."""
    logits = np.full((1, 64), -50.0)
    logits[0, time_bin([0.02, 1.0])] = [0.2, 0.0]
    marks = time_bin_marks(logits, np.array([1.0]))
    share = 1 / (1 + math.exp(0.2))
    assert marks["mse"][0] == pytest.approx((1 - 0.02) ** 2 * (1 - share) ** 2, rel=0.1)
    assert marks["nats"][0] == pytest.approx(-math.log(share), abs=1e-6)
    assert median_time(np.eye(64)[[40]])[0] == pytest.approx(0.004 * 4000 ** (40.5 / 64))
