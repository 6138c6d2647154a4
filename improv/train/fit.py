"""Fit a network to performances: one compiled step, batches gathered by index, safe to interrupt.

A run lives in a folder: log.jsonl, checkpoint.npz (see train/checkpoint.py) and, at its end, a
model folder. Every number that decides its course follows from the configuration, the data and
the step: an interrupted and resumed run ends with the same weights as one left alone. To that
end checkpoints are only taken at a report, where the running means begin afresh.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from improv.errors import InputError, UsageError
from improv.model import network
from improv.train import checkpoint
from improv.train.average import Average
from improv.train.checkpoint import Arrays, Checkpoint, Progress
from improv.train.config import TrainConfig, rate
from improv.train.examples import Examples
from improv.train.lessons import Lesson, Lessons, SequenceLessons, WindowLessons
from improv.train.log import RunLog
from improv.train.losses import likelihoods, losses
from improv.train.sequences import Sequences
from improv.train.tuning import Origin

CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run came to. `finished` is False where it was stopped and may be resumed."""

    weights: Arrays  # the best by validation loss
    progress: Progress
    epochs: float  # passes over the data behind those weights
    finished: bool


def fit(
    config: TrainConfig,
    train: Examples | Sequences,
    validation: Examples | Sequences,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    origin: Origin | None = None,
) -> Fitted:
    """Train a network in `folder`, or go on with the run there.

    `stop` is asked at every report; when it says True a checkpoint is written and the run ends,
    to be resumed. From `origin`'s weights the run goes on instead of random ones, and they too
    are validated, so that what comes of it is never worse. Raises UsageError where the folder
    holds another run, or none to resume.
    """
    lessons, checks = _lessons(train, config), _lessons(validation, config)
    per_epoch = len(lessons) // config.batch
    if per_epoch < 1 or not len(checks):
        raise InputError(
            f"too little music to train on: {_amount(len(lessons), config)} to learn from and "
            f"{len(checks)} to judge by, and a batch takes {config.batch}; give more music, or a "
            "smaller batch in the configuration"
        )
    total = config.steps or max(1, round(per_epoch * config.epochs))
    run = {
        "architecture": config.architecture,
        "units": config.units,
        "encoding": config.spec.encoding,
        "batch": config.batch,
        "seed": config.seed,
        "windows": len(lessons),
        "average": config.average,
        "init": "" if origin is None else origin.sha256,
    }
    keras.utils.set_random_seed(config.seed)
    model = _compiled(config)
    if origin is not None:
        network.give_weights(model, origin.weights)
    progress, best, average = _begin(folder, model, run, resume=resume)
    every = max(1, per_epoch // config.validations)
    saved = time.monotonic()
    finished = progress.step >= total or progress.since_best >= config.patience
    steps = iter(()) if finished else _batches(lessons, config, progress.step, total)
    means = Means()
    with RunLog(
        folder, total=total, resumed_at=progress.step, tensorboard=config.tensorboard
    ) as log:
        if origin is not None and not progress.validations:
            figures = _validate(model, checks, config)
            progress, _ = _judged(progress, figures["loss"])
            progress = replace(progress, first_loss=progress.best_loss)
            log.write("validation", 0, epoch=0.0, **figures)
        for lesson, size in steps:
            model.optimizer.learning_rate = rate(config, progress.step, total)
            means.add(model.train_on_batch(*lesson, return_dict=True), size)
            step = progress.step + 1
            progress = replace(progress, step=step)
            if average is not None and average.due(step):
                average.add(step, network.weights_of(model))
            validate = step % every == 0 or step == total
            if not validate and step % config.report_steps:
                continue
            log.write("train", step, epoch=round(step / per_epoch, 4), **means.take())
            if validate:
                with _averaged(model, average):
                    figures = _validate(model, checks, config)
                    progress, better = _judged(progress, figures["loss"])
                    best = network.weights_of(model) if better else best
                log.write("validation", step, epoch=round(step / per_epoch, 4), **figures)
            finished = step == total or progress.since_best >= config.patience
            stopping = finished or stop()
            if stopping or time.monotonic() - saved >= config.checkpoint_seconds:
                _save(folder, model, progress, best, average)
                saved = time.monotonic()
            if stopping:
                break
        log.write("finished" if finished else "stopped", progress.step)
    return Fitted(best, progress, progress.best_step / per_epoch, finished)


def _amount(count: int, config: TrainConfig) -> str:
    if config.architecture == "relative":
        return f"{count} sequences of {config.sequences.length} notes"
    return f"{count} windows"


def _lessons(music: Examples | Sequences, config: TrainConfig) -> Lessons:
    if isinstance(music, Sequences):
        return SequenceLessons(music, config.batch, config.augmentation)
    return WindowLessons(music, config.batch, config.seed, config.transpose)


def _compiled(config: TrainConfig) -> Any:
    model = network.build(config.spec, seed=config.seed)
    if config.architecture == "relative":
        optimizer = keras.optimizers.Adam(
            config.learning_rate,
            beta_2=0.99,
            weight_decay=config.sequences.weight_decay,
            global_clipnorm=1.0,
        )
        # 9,200 notes/s on two cores; the loop of an LSTM is a tenth as fast without XLA
        model.compile(optimizer=optimizer, loss=likelihoods(), jit_compile=True)
    else:
        model.compile(
            optimizer=keras.optimizers.Adam(config.learning_rate, clipnorm=1.0),
            loss=losses(),
            loss_weights={
                "pitch": config.pitch_weight,
                "step": config.step_weight,
                "duration": config.duration_weight,
            },
            # XLA gains nothing for an LSTM this small on a CPU (11.4 k windows/s against 12.0 k)
            jit_compile=False,
        )
    model.optimizer.build(model.trainable_variables)
    return model


def _begin(
    folder: Path, model: Any, run: dict[str, Any], *, resume: bool
) -> tuple[Progress, Arrays, Average | None]:
    """Where the run in `folder` stands; its state is put into the model."""
    path = folder / CHECKPOINT
    if not resume:
        if path.exists():
            raise UsageError(
                f"{folder} already holds a run; go on with it by --resume, or choose another --out"
            )
        folder.mkdir(parents=True, exist_ok=True)
        fresh = network.weights_of(model)
        average = Average(run["average"], fresh) if run["average"] else None
        return Progress(run=run), fresh, average
    if not path.exists():
        raise UsageError(f"nothing to resume in {folder}: it has no {CHECKPOINT}")
    stored = checkpoint.load(path)
    if stored.progress.run != run:
        odd = [name for name in run if stored.progress.run.get(name) != run[name]]
        raise UsageError(
            f"the run in {folder} differs in {', '.join(odd)}; choose another --out to start afresh"
        )
    network.give_weights(model, stored.weights)
    for variable, value in zip(model.optimizer.variables, stored.optimizer, strict=True):
        variable.assign(value)
    average = Average(run["average"], stored.average) if run["average"] else None
    return stored.progress, stored.best, average


def _save(
    folder: Path, model: Any, progress: Progress, best: Arrays, average: Average | None
) -> None:
    checkpoint.save(
        folder / CHECKPOINT,
        Checkpoint(
            progress,
            weights=network.weights_of(model),
            best=best,
            optimizer=[network.numbers(variable) for variable in model.optimizer.variables],
            average={} if average is None else average.weights,
        ),
    )


@contextmanager
def _averaged(model: Any, average: Average | None) -> Iterator[None]:
    """The model with the average of its weights, where one is kept, and then as it was."""
    if average is None:
        yield
        return
    weights = network.weights_of(model)
    network.give_weights(model, average.weights)
    yield
    network.give_weights(model, weights)


def _batches(
    lessons: Lessons, config: TrainConfig, step: int, total: int
) -> Iterator[tuple[Lesson, int]]:
    """The lessons from `step` on, and the size of each."""
    per_epoch = len(lessons) // config.batch
    for number in range(step, total):
        epoch, place = divmod(number, per_epoch)
        yield lessons.lesson(epoch, place), config.batch


def _validate(model: Any, lessons: Lessons, config: TrainConfig) -> dict[str, float]:
    means = Means()
    for lesson, size in lessons.checks(config.validation_windows):
        means.add(model.test_on_batch(*lesson, return_dict=True), size)
    return means.take()


class Means:
    """Running means of the losses of batches, weighted by their size.

    Keras starts its own means afresh with every batch.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, losses: dict[str, Any], windows: int) -> None:
        self._count += windows
        for name, loss in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(loss) * windows

    def take(self) -> dict[str, float]:
        """The means since the last call."""
        means = {name: round(total / self._count, 6) for name, total in self._sums.items()}
        self._sums, self._count = {}, 0
        return means


def _judged(progress: Progress, loss: float) -> tuple[Progress, bool]:
    """Progress after a validation, and whether it was the best so far."""
    validations = progress.validations + 1
    if loss < progress.best_loss:
        better = replace(
            progress,
            validations=validations,
            best_loss=loss,
            best_step=progress.step,
            since_best=0,
        )
        return better, True
    return replace(progress, validations=validations, since_best=progress.since_best + 1), False
