"""A whole training run: the data, the fit, the test figures, and a model folder at its end.

The same code trains on Keras's TensorFlow and JAX backends. Only TensorFlow writes LiteRT models,
so a run on JAX ends with its checkpoint, from which `--resume` on TensorFlow makes the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from improv.errors import InputError, UsageError
from improv.model import store
from improv.play.lessons import Lessons
from improv.train import dataset, sequences
from improv.train.card import card
from improv.train.config import TrainConfig
from improv.train.evaluate import guess, marks_of, spread, targets
from improv.train.examples import Examples, examples
from improv.train.fit import fit
from improv.train.maestro import source_of
from improv.train.score import means
from improv.train.sequences import Sequences
from improv.train.throughput import Throughput
from improv.train.tuning import Origin

BACKENDS = ("tensorflow", "jax")
CARD_NOTES = 100_000  # of the test split, evenly spread, that a card's figures are of


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a run; `model` and `test` are None where there is no model yet.

    `test` has factor (pitch, step, duration) to mark to its mean, see train/score.py.
    """

    run: Path
    steps: int
    epochs: float
    validation_loss: float
    loss_before: float | None  # that of the weights a fine-tuning began with
    model: Path | None
    test: dict[str, dict[str, float]] | None
    throughput: Throughput | None  # of this call's steps
    chief: bool = True  # of several workers the one that keeps the model
    finished: bool = True  # or stopped, to be resumed


def train(
    config: TrainConfig,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    origin: Origin | None = None,
) -> Trained:
    """Train on a folder or zip of performances, in the run folder `out`.

    At its end `out`/`config.name` is a model folder ready for models/. Raises UsageError or
    InputError; see `improv.train.fit.fit` for `resume`, `stop` and `origin`.
    """
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise UsageError(
            f"Keras runs on {backend} here, and improv trains on {' or '.join(BACKENDS)}; "
            "set KERAS_BACKEND to one of them"
        )
    strategy = _strategy() if backend == "tensorflow" else None
    _check_splits(data)
    train_pieces = dataset.load(data, "train", durations=config.durations)
    validation_pieces = dataset.load(data, "validation", durations=config.durations)
    for pieces in (train_pieces, validation_pieces):
        _check_yours(data, pieces)
    lessons, checks = _music(config, train_pieces), _music(config, validation_pieces, alone=True)
    fitted = fit(
        config,
        lessons,
        checks,
        out,
        resume=resume,
        stop=stop,
        origin=origin,
        timed=True,
        strategy=strategy,
    )
    at = fitted.progress
    trained = Trained(
        run=out,
        steps=at.step,
        epochs=fitted.epochs,
        validation_loss=at.best_loss,
        loss_before=at.first_loss,
        model=None,
        test=None,
        throughput=fitted.throughput,
        chief=fitted.chief,
        finished=fitted.finished,
    )
    if not (fitted.finished and fitted.chief and backend == "tensorflow"):
        return trained
    test_pieces = dataset.load(data, "test", durations=config.durations)
    wanted = spread(targets(test_pieces), test_pieces, CARD_NOTES)
    test = means(marks_of(config.spec, fitted.weights, test_pieces, wanted)[0])
    words = card(
        config,
        fitted,
        pieces={
            "train": len(train_pieces),
            "validation": len(validation_pieces),
            "test": len(test_pieces),
        },
        notes=len(train_pieces.pitch),
        tested=len(wanted.pitch),
        test=test,
        baseline=means(guess(targets(train_pieces), wanted)),
        origin=origin,
    )
    from improv.model import export  # it imports TensorFlow

    graph = export.litert_model(config.spec, fitted.weights)
    model = out / config.name
    before = origin.lessons if origin else b""
    learnt = bytes(lessons_of(config, train_pieces, before))
    store.write(model, config.spec, fitted.weights, graph, words, learnt)
    return replace(trained, model=model, test=test)


def _strategy() -> Any | None:
    from improv.model import tensorflow_backend
    from improv.train import distribute

    tensorflow_backend.grow_memory()
    return distribute.strategy()


def _check_splits(data: Path) -> None:
    counts = dataset.prepare(data).pieces
    if not all(counts.values()):
        found = ", ".join(f"{count} of {split}" for split, count in counts.items())
        raise InputError(
            f"too little music to train on: {data} has {found}; it takes three pieces at least, "
            "one to learn from, one to judge by and one to test, so add some takes"
        )


def _check_yours(data: Path, pieces: dataset.Pieces) -> None:
    if pieces.improv is not None and pieces.improv.all():
        raise InputError(
            f"nothing to learn from: in {data}, {', '.join(pieces.names[:3])} and all else of a "
            "split was played by improv itself; add takes with your own playing"
        )


def lessons_of(config: TrainConfig, pieces: dataset.Pieces, before: bytes = b"") -> Lessons:
    """What copies of what the configured network learns from are seen by, see `play.lessons`.

    `before` is that of the model it goes on from, if there is one that has it.
    """
    every = [pieces, *(pop for pop, _, _ in _pop(config))]
    return Lessons.of(
        [(np.asarray(some.pitch, np.int64), np.asarray(some.offsets)) for some in every],
        Lessons.kept(before),
        store.LESSONS_LIMIT,
    )


def _music(
    config: TrainConfig, pieces: dataset.Pieces, *, alone: bool = False
) -> Examples | Sequences:
    """What the configured network learns from; `alone` without the second source."""
    if config.architecture != "relative":
        return examples(pieces)
    styles = [(pieces, 0, 1.0), *([] if alone else _pop(config))]
    return sequences.of(styles, config.sequences.length, config.units, config.seed)


def _pop(config: TrainConfig) -> list[tuple[dataset.Pieces, int, float]]:
    """The second source, as it is and its melodies alone: pieces, style, and share of each pass."""
    own = config.sequences
    if config.architecture != "relative" or not own.pop:
        return []
    source, of = source_of(own.pop), config.durations
    return [
        (dataset.load(source, "train", durations=of, melody=melody), 2 if melody else 1, share)
        for melody, share in ((False, own.pop_share), (True, own.melody_share))
        if share
    ]
