"""Fit a network to performances: one compiled step, batches gathered by index, safe to interrupt.

A run lives in a folder: log.jsonl, checkpoint.npz (see train/checkpoint.py) and, at its end, a
model folder. Every number that decides its course follows from the configuration, the data and
the step: an interrupted and resumed run ends with the same weights as one left alone. To that
end checkpoints are only taken at a report, where the running means begin afresh.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from improv.errors import InputError, UsageError
from improv.model import network
from improv.train import checkpoint, throughput
from improv.train.average import Average
from improv.train.checkpoint import Arrays, Checkpoint, Progress
from improv.train.config import TrainConfig, rate
from improv.train.examples import Examples
from improv.train.learner import Alone, Learner, Means, compiled, names
from improv.train.lessons import Lesson, Lessons, SequenceLessons, WindowLessons
from improv.train.log import RunLog
from improv.train.sequences import Sequences
from improv.train.throughput import Pace, Throughput
from improv.train.tuning import Origin

CHECKPOINT = "checkpoint.npz"
AHEAD = 2  # lessons made while a step is taken; each takes 3 ms, on a GPU as long as a step


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run came to. `finished` is False where it was stopped and may be resumed."""

    weights: Arrays  # the best by validation loss
    progress: Progress
    epochs: float  # passes over the data behind those weights
    finished: bool
    throughput: Throughput | None = None  # where a step was timed
    chief: bool = True  # the worker that keeps the log, the checkpoint and the model


def fit(
    config: TrainConfig,
    train: Examples | Sequences,
    validation: Examples | Sequences,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    origin: Origin | None = None,
    timed: bool = False,
    strategy: Any | None = None,
) -> Fitted:
    """Train a network in `folder`, or go on with the run there.

    `stop` is asked at every report; when it says True a checkpoint is written and the run ends,
    to be resumed. From `origin`'s weights the run goes on instead of random ones, and they too
    are validated, so that what comes of it is never worse. `timed` says what share of the
    machine's peak it learns at, which takes seconds to find out. `strategy` shares the work out,
    see `improv.train.distribute`. Raises UsageError where the folder holds another run, or none
    to resume.
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
    every = max(1, per_epoch // config.validations)
    identity = {
        "architecture": config.architecture,
        "units": config.units,
        "encoding": config.spec.encoding,
        "batch": config.batch,
        "seed": config.seed,
        "windows": len(lessons),
        "average": config.average,
        "init": "" if origin is None else origin.sha256,
    }
    run = _Run(config, _learner(config, strategy), folder, checks)
    run.begin(identity, origin, resume=resume)
    chief = run.learner.number == 0
    pace = _pace(config, run.learner, lessons, timed=timed)
    means = Means(names(config))
    finished = run.finished(total)
    steps = range(run.progress.step, 0 if finished else total)
    with RunLog(
        folder,
        total=total,
        resumed_at=run.progress.step,
        # which imports TensorFlow
        tensorboard=config.tensorboard and keras.backend.backend() == "tensorflow",
        kept=chief,
    ) as log:
        if origin is not None and not run.progress.validations:
            log.write("validation", 0, epoch=0.0, **run.validated())
        for step, lesson in _made(lessons, steps, per_epoch):
            means.add(run.learner.learn(lesson, rate(config, step - 1, total)), config.batch)
            pace.step()
            run.took(step)
            validate = step % every == 0 or step == total
            if not validate and step % config.report_steps:
                continue
            epoch = round(step / per_epoch, 4)
            log.write("train", step, epoch=epoch, **means.take(), **pace.lap())
            if validate:
                log.write("validation", step, epoch=epoch, **run.validated())
            finished = run.finished(total)
            stopping = run.any(finished or stop())
            if chief and (stopping or run.seconds_unsaved() >= config.checkpoint_seconds):
                run.save()
            if stopping:
                break
            pace.begin()
        log.write("finished" if finished else "stopped", run.progress.step)
    at = run.progress
    return Fitted(run.best, at, at.best_step / per_epoch, finished, pace.whole(), chief)


class _Run:
    """Where a run stands: the learner with its weights, their average, the best and how far."""

    def __init__(
        self, config: TrainConfig, learner: Learner, folder: Path, checks: Lessons
    ) -> None:
        self.learner = learner
        self.progress = Progress()
        self.best: Arrays = {}
        self._average: Average | None = None
        self._config = config
        self._folder = folder
        self._checks = checks
        self._saved = time.monotonic()

    def begin(self, identity: dict[str, Any], origin: Origin | None, *, resume: bool) -> None:
        """Take up the run in the folder, which must be of this identity, or begin one."""
        model, path = self.learner.model, self._folder / CHECKPOINT
        if origin is not None:
            network.give_weights(model, origin.weights)
        if resume:
            stored = _stored(path, identity)
            network.give_weights(model, stored.weights)
            for variable, value in zip(model.optimizer.variables, stored.optimizer, strict=True):
                variable.assign(value)
            self.progress, self.best, averaged = stored.progress, stored.best, stored.average
        else:
            if path.exists():
                raise UsageError(
                    f"{self._folder} already holds a run; go on with it by --resume, or choose "
                    "another --out"
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            self.progress = Progress(run=identity)
            self.best = averaged = network.weights_of(model)
        if self._config.average:
            self._average = Average(self._config.average, averaged)
        here = np.array([float(self.progress.step)])
        if self.learner.summed(here)[0] != self.learner.workers * here[0]:
            raise UsageError(
                f"the workers are not at the same step, this one at {self.progress.step}; let them "
                f"share the folder {self._folder}, or copy the chief's {CHECKPOINT} to each"
            )

    def took(self, step: int) -> None:
        """The learner has taken this step."""
        self.progress = replace(self.progress, step=step)
        if self._average is not None and self._average.due(step):
            self._average.add(step, network.weights_of(self.learner.model))

    def validated(self) -> dict[str, float]:
        """The losses of the averaged weights, which are kept where they are the best so far."""
        learner, model = self.learner, self.learner.model
        going_on = network.weights_of(model) if self._average is not None else {}
        if self._average is not None:
            network.give_weights(model, self._average.weights)
        means = Means(names(self._config))
        for number, (lesson, size) in enumerate(
            self._checks.checks(self._config.validation_windows)
        ):
            if number % learner.workers == learner.number:
                means.add(learner.judge(lesson), size)
        figures = means.take(learner.summed)
        self.progress, better = _judged(self.progress, figures["loss"])
        if not self.progress.step:
            self.progress = replace(self.progress, first_loss=figures["loss"])
        if better:
            self.best = network.weights_of(model)
        if self._average is not None:
            network.give_weights(model, going_on)
        return figures

    def finished(self, total: int) -> bool:
        return self.progress.step >= total or self.progress.since_best >= self._config.patience

    def any(self, asked: bool) -> bool:  # noqa: FBT001  # one value, as the workers see it
        """Whether any worker is asked to."""
        return bool(self.learner.summed(np.array([float(asked)]))[0])

    def seconds_unsaved(self) -> float:
        return time.monotonic() - self._saved

    def save(self) -> None:
        model = self.learner.model
        checkpoint.save(
            self._folder / CHECKPOINT,
            Checkpoint(
                self.progress,
                weights=network.weights_of(model),
                best=self.best,
                optimizer=[network.numbers(variable) for variable in model.optimizer.variables],
                average={} if self._average is None else self._average.weights,
            ),
        )
        self._saved = time.monotonic()


def _learner(config: TrainConfig, strategy: Any | None) -> Learner:
    if strategy is None:
        return Alone(compiled(config))
    from improv.train.distribute import Together  # it imports TensorFlow

    return Together(compiled(config), config, strategy)


def _pace(config: TrainConfig, learner: Learner, lessons: Lessons, *, timed: bool) -> Pace:
    notes = config.batch * (config.sequences.length if config.architecture == "relative" else 1)
    if not timed:
        return Pace(notes)
    work = throughput.multiply_adds(learner.model, lessons.lesson(0, 0), lessons.turns)
    return Pace(notes, work, throughput.peak() * learner.devices)


def _amount(count: int, config: TrainConfig) -> str:
    if config.architecture == "relative":
        return f"{count} sequences of {config.sequences.length} notes"
    return f"{count} windows"


def _lessons(music: Examples | Sequences, config: TrainConfig) -> Lessons:
    if isinstance(music, Sequences):
        return SequenceLessons(music, config.batch, config.augmentation)
    return WindowLessons(music, config.batch, config.seed, config.transpose)


def _stored(path: Path, identity: dict[str, Any]) -> Checkpoint:
    if not path.exists():
        raise UsageError(f"nothing to resume in {path.parent}: it has no {CHECKPOINT}")
    stored = checkpoint.load(path)
    found = stored.progress.run
    odd = [name for name, value in identity.items() if found.get(name) != value]
    if odd:
        raise UsageError(
            f"the run in {path.parent} differs in {', '.join(odd)}; choose another --out to start "
            "afresh"
        )
    return stored


def _made(lessons: Lessons, steps: range, per_epoch: int) -> Iterator[tuple[int, Lesson]]:
    """Each step, counted from 1, and its lesson, made in another thread during the one before."""
    with ThreadPoolExecutor(1, "lessons") as pool:
        waiting: deque[tuple[int, Future[Lesson]]] = deque()
        for number in steps:
            waiting.append((number + 1, pool.submit(lessons.lesson, *divmod(number, per_epoch))))
            if len(waiting) > AHEAD:
                step, lesson = waiting.popleft()
                yield step, lesson.result()
        for step, lesson in waiting:
            yield step, lesson.result()


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
