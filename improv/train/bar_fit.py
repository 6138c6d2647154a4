"""Train a generator of bars against its discriminator; see improv/train/bars.py for what they are.

A run is a folder as in train/fit.py: log.jsonl and checkpoint.npz, and it goes on from there. What
is drawn for a step follows from the seed and the step alone; dropout does not, so a resumed run is
as good as one left alone and not the same.

The losses of such a pair say little of the music. What is kept is the running average of the
generator's weights (Yazici et al. 2019), its notes and rests balanced as in the training songs,
where its bars, after real ones of the validation songs, were least unlike those songs' own: the
mean distance of train/bar_figures.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from improv.model import bar_network, network
from improv.train import bar_figures, bars, checkpoint
from improv.train.average import Average
from improv.train.bar_config import BarConfig
from improv.train.bar_lessons import Lesson, balanced, drawn, generated, lesson, lessons
from improv.train.bar_songs import Bars
from improv.train.checkpoint import Arrays, Checkpoint, Progress
from improv.train.log import RunLog

CHECKPOINT = "checkpoint.npz"
BALANCED = 1000  # bars of the training songs that the balance of notes and rests is fitted on

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run came to: the best weights by their distance, and whether it is done."""

    weights: Arrays
    progress: Progress
    finished: bool


class Pair:
    """Both networks with their optimizers."""

    def __init__(self, config: BarConfig) -> None:
        keras.utils.set_random_seed(config.seed)
        self.generator = bars.Generator(config.units, config.softness, config.seed)
        if not config.conditioned:
            bars.give_weights(self.generator, bar_network.deaf(bars.weights_of(self.generator)))
        self._discriminator = bars.Discriminator(config.units, config.dropout)
        self._held = bars.Discriminator(config.units, config.dropout, "held")
        for each in (self._discriminator, self._held):
            each.build(None)
        matching = (config.matching_bars, config.matching_features)
        rate = config.learning_rate
        self._turns, steps = config.generator_turns, config.steps
        self._judging = bars.compiled(bars.Judging(self._discriminator, config.smooth), rate, steps)
        making = bars.Making(self.generator, self._held, matching)
        self._making = bars.compiled(making, rate, self._turns * steps)
        self._plain = bars.compiled(bars.Plain(self.generator), rate, steps)
        for model in (self._judging, self._making):
            model.optimizer.build(model.trainable_variables)

    def learn(self, lesson: Lesson) -> tuple[float, float]:
        """A step of the discriminator and some of the generator; their losses."""
        given, real = lesson.given, bars.one_hot(lesson.real)
        none = np.zeros(len(real), np.float32)
        made = self._plain.predict_on_batch(given)
        judged = self._judging.train_on_batch((real, made, given[2], given[4]), none)
        for variable, value in zip(self._held.weights, self._discriminator.weights, strict=True):
            variable.assign(network.numbers(value))  # JAX would give both the same memory
        for _ in range(self._turns):
            said = self._making.train_on_batch((*given, real), none)
        return _one(judged), _one(said)

    @property
    def weights(self) -> Arrays:
        """Of both, by name."""
        return bars.weights_of(self.generator) | self._judging_weights()

    def _judging_weights(self) -> Arrays:
        found = self._discriminator.trainable_variables
        return {f"discriminator/{i:02d}": network.numbers(v) for i, v in enumerate(found)}

    def give(self, stored: Checkpoint) -> None:
        """Go on from a checkpoint."""
        bars.give_weights(self.generator, stored.weights)
        for i, variable in enumerate(self._discriminator.trainable_variables):
            variable.assign(stored.weights[f"discriminator/{i:02d}"])
        for variable, value in zip(self._states, stored.optimizer, strict=True):
            variable.assign(value)

    @property
    def optimizer(self) -> list[Any]:
        """The numbers that both optimizers keep."""
        return [network.numbers(variable) for variable in self._states]

    @property
    def _states(self) -> list[Any]:
        return [*self._judging.optimizer.variables, *self._making.optimizer.variables]


def fit(
    config: BarConfig,
    train: Bars,
    validation: Bars,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train in `folder`, or go on with the run there. Raises UsageError where that can't be."""
    pair = Pair(config)
    identity = {
        key: asdict(config)[key] for key in ("family", "units", "conditioned", "batch", "seed")
    }
    stored = checkpoint.begun(folder / CHECKPOINT, identity, resume=resume)
    if stored is not None:
        pair.give(stored)
    fresh = bars.weights_of(pair.generator)
    progress, best = (stored.progress, stored.best) if stored else (Progress(run=identity), fresh)
    average = Average(config.average, stored.average if stored else fresh)
    numbers, checked = lessons(train), lessons(validation)
    checked = checked[:: max(1, len(checked) // config.validation_bars)]
    some = numbers[:: max(1, len(numbers) // BALANCED)]
    fitted_on = lesson(train, some, config, np.random.default_rng([config.seed, 1]))
    said: list[tuple[float, float]] = []
    with RunLog(folder, total=config.steps, resumed_at=progress.step, tensorboard=False) as log:
        for step in range(progress.step + 1, config.steps + 1):
            said.append(pair.learn(drawn(train, numbers, config, step, config.batch)))
            progress = replace(progress, step=step)
            if average.due(step):
                average.add(step, bars.weights_of(pair.generator))
            if step % config.every and step != config.steps:
                continue
            judged, made = np.mean(said, axis=0).tolist()
            said = []
            log.write("train", step, loss=made, discriminator=judged)
            kept = balanced(average.weights, fitted_on)
            found = measured(kept, validation, checked, config)
            log.write("validation", step, **found)
            progress = replace(progress, validations=progress.validations + 1)
            if found["loss"] < progress.best_loss:
                progress = replace(progress, best_loss=found["loss"], best_step=step)
                best = kept
            state = Checkpoint(progress, pair.weights, best, pair.optimizer, average.weights)
            checkpoint.save(folder / CHECKPOINT, state)
            if stop():
                break
    return Fitted(best, progress, progress.step >= config.steps)


def measured(weights: Arrays, music: Bars, numbers: Ints, config: BarConfig) -> dict[str, float]:
    """What bars drawn after these bars of real music are like; `loss` is how unlike they are."""
    given = lesson(music, numbers, config, np.random.default_rng([config.seed, 0]))
    made = generated(weights, given)
    real = bar_figures.figures(given.previous, given.real, given.triad)
    ours = bar_figures.figures(given.previous, made, given.triad)
    apart = ours.distances(real)
    return {
        "loss": apart.pop("mean"),
        **apart,
        "empty": ours.empty,
        "density": ours.density,
        "in_chord": ours.in_chord,
    }


def _one(said: Any) -> float:
    return float(said[0] if isinstance(said, list) else said)
