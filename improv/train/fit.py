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
from improv.model.spec import NetworkSpec
from improv.train import checkpoint
from improv.train.average import Average
from improv.train.checkpoint import Arrays, Checkpoint, Progress
from improv.train.examples import Examples
from improv.train.lessons import Lesson, Lessons, SequenceLessons, WindowLessons
from improv.train.log import RunLog
from improv.train.losses import likelihoods, losses
from improv.train.sequences import Augmentation, Sequences

CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """What the relative network's training alone needs; see `sequences.Augmentation`."""

    length: int = 64  # notes
    tempo: float = 0.1
    velocity: int = 10
    unpitched: float = 0.3
    silent: float = 0.25
    weight_decay: float = 0.04
    pop: str = ""  # a second folder or zip, of the pop style
    pop_share: float = 0.35  # of its sequences in each pass

    def __post_init__(self) -> None:
        if not 2 <= self.length <= 512:
            raise UsageError(f"length must be from 2 to 512 notes, not {self.length}")
        for name in ("tempo", "unpitched", "silent", "pop_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} must be from 0 to 1, not {getattr(self, name):g}")
        if self.silent == 1:
            raise UsageError("silent must be below 1, or the network would say nothing")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run, as in configs/seed.toml.

    The learning rate stands until the share `decay_from` of the run and then falls in a straight
    line to `final_rate` times itself. A run is `epochs` passes over all windows or sequences long,
    or `steps` where that is not 0. Validation runs `validations` times an epoch; after `patience`
    of them with no better loss the run stops.
    """

    name: str = "seed"
    architecture: str = "seed"
    units: int = 128
    pitch_weight: float = 0.05
    step_weight: float = 1.0
    duration_weight: float = 1.0
    batch: int = 64  # windows
    transpose: int = 0  # each window by up to this many semitones, up or down, anew each time
    learning_rate: float = 0.002
    decay_from: float = 0.4
    final_rate: float = 0.01
    warmup: int = 0  # steps over which the rate rises at the beginning
    epochs: float = 6.0
    steps: int = 0  # the length of the run where it is not to be counted in epochs; 0 by epochs
    average: float = 0.0  # decay of the running average that is validated and kept; 0 for none
    validations: int = 4  # per epoch
    validation_windows: int = 100_000  # 0 for all
    patience: int = 12  # validations
    report_steps: int = 1000
    checkpoint_seconds: float = 60.0
    seed: int = 0
    tensorboard: bool = True
    sequences: SequenceConfig = SequenceConfig()
    # for the model's card
    title: str = "A model without a title"
    licence: str = "not stated"
    data_name: str = "not stated"
    data_licence: str = "not stated"
    data_split: str = "by piece"

    def __post_init__(self) -> None:
        for name in ("units", "batch", "validations", "patience", "report_steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.epochs > 0 or self.steps < 0:
            raise UsageError("epochs must be above 0, and steps at least 0")
        if not 0 <= self.average < 1:
            raise UsageError(f"average must be from 0 to below 1, not {self.average:g}")
        if not self.learning_rate > 0:
            raise UsageError(f"learning_rate must be above 0, not {self.learning_rate:g}")
        if not 0 <= self.transpose <= 12:
            raise UsageError(f"transpose must be from 0 to 12 semitones, not {self.transpose}")
        if not self.name or Path(self.name).name != self.name:
            raise UsageError(f"name must be a plain word, not {self.name!r}")
        if not 0 <= self.decay_from <= 1 or not 0 <= self.final_rate <= 1:
            raise UsageError("decay_from and final_rate must be from 0 to 1")

    @property
    def augmentation(self) -> Augmentation:
        own = self.sequences
        return Augmentation(self.transpose, own.tempo, own.velocity, own.unpitched, own.silent)

    @property
    def spec(self) -> NetworkSpec:
        return NetworkSpec(architecture=self.architecture, units=self.units)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run came to. `finished` is False where it was stopped and may be resumed."""

    weights: Arrays  # the best by validation loss
    progress: Progress
    epochs: float  # passes over the data behind those weights
    finished: bool


def rate(config: TrainConfig, step: int, total: int) -> float:
    """The learning rate of a step, of `total`."""
    begin = config.decay_from * total
    share = 0.0 if step <= begin else min(1.0, (step - begin) / max(1.0, total - begin))
    warm = min(1.0, (step + 1) / config.warmup) if config.warmup else 1.0
    return warm * config.learning_rate * (1.0 - share * (1.0 - config.final_rate))


def fit(
    config: TrainConfig,
    train: Examples | Sequences,
    validation: Examples | Sequences,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train a network in `folder`, or go on with the run there.

    `stop` is asked at every report; when it says True a checkpoint is written and the run ends,
    to be resumed. Raises UsageError where the folder holds another run, or none to resume.
    """
    lessons, checks = _lessons(train, config), _lessons(validation, config)
    per_epoch = len(lessons) // config.batch
    if per_epoch < 1 or not len(checks):
        raise InputError(
            f"too little music to train on: {len(lessons)} windows of training and "
            f"{len(checks)} of validation, and a batch takes {config.batch}"
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
    }
    keras.utils.set_random_seed(config.seed)
    model = _compiled(config)
    progress, best, average = _begin(folder, model, run, resume=resume)
    every = max(1, per_epoch // config.validations)
    saved = time.monotonic()
    finished = progress.step >= total or progress.since_best >= config.patience
    steps = iter(()) if finished else _batches(lessons, config, progress.step, total)
    means = Means()
    with RunLog(
        folder, total=total, resumed_at=progress.step, tensorboard=config.tensorboard
    ) as log:
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
