"""Train the two networks of a chord model together; see improv/model/chords.py for what they are.

A run is a folder as in train/fit.py: log.jsonl and checkpoint.npz, and it goes on from there. What
is drawn for a step (sequences of songs) follows from the seed and the step alone; dropout does not,
so a resumed run is as good as one left alone and not the same.

The two share no weights. Of each the running average is kept where it was best on the validation
songs, which are judged by what plays: improv/model/chords.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from improv.errors import UsageError
from improv.model import chord_spec, chords, network
from improv.music import chord_classes
from improv.music.scale import OCTAVE
from improv.train import checkpoint
from improv.train.average import Average
from improv.train.checkpoint import Arrays, Checkpoint, Progress
from improv.train.chord_songs import Song
from improv.train.log import RunLog

CHECKPOINT = "checkpoint.npz"
SAYS = {"whole": chords.whole, "coming": chords.coming}


@dataclass(frozen=True, slots=True)
class ChordConfig:
    """A run, as in configs/chords.toml."""

    family: str = "chords"
    name: str = "chords"
    units: int = 64
    dropout: float = 0.4  # of the network that reads both ways
    coming_dropout: float = 0.25  # of the one that knows only what came
    length: int = 96  # half bars a sequence
    batch: int = 16
    steps: int = 1800
    every: int = 100  # steps from one validation, and checkpoint, to the next
    average: float = 0.99  # decay a step of the running average of the weights, which is kept
    learning_rate: float = 0.003
    seed: int = 1
    data_licence: str = "not stated"

    def __post_init__(self) -> None:
        for name in ("units", "length", "batch", "steps", "every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("dropout", "coming_dropout", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} must be from 0 to below 1, not {getattr(self, name):g}")
        if not self.learning_rate > 0:
            raise UsageError(f"learning_rate must be above 0, not {self.learning_rate}")
        if self.family != "chords":
            raise UsageError(f"family must be chords, not {self.family!r}")
        if not self.name or Path(self.name).name != self.name:
            raise UsageError(f"name must be a plain word, not {self.name!r}")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run came to: the best weights by validation loss, and whether it is done.

    `progress.best_loss` is both networks' together, in nats a half bar, and `best_step` the last
    at which either got better.
    """

    weights: Arrays
    progress: Progress
    finished: bool


class Roots(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """(batch, 12, n, width) as 12 times as many sequences: each root is read by itself."""

    def call(self, line: Any) -> Any:
        _, _, count, width = keras.ops.shape(line)
        return keras.ops.reshape(line, (-1, count, width))

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """JAX can't say of a product that is not known yet."""
        return (None, *shape[2:])


class Chords(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """(12 batch, n, KINDS) as logits (batch, n, COUNT): see `improv.model.chords`."""

    def call(self, said: Any) -> Any:
        _, count, kinds = keras.ops.shape(said)
        said = keras.ops.reshape(said, (-1, OCTAVE, count, kinds))
        chords = keras.ops.transpose(said[..., :-1], (0, 2, 3, 1))  # (batch, n, kinds - 1, 12)
        chords = keras.ops.reshape(chords, (-1, count, OCTAVE * (kinds - 1)))
        none = keras.ops.mean(said[..., -1:], axis=1)  # (batch, n, 1)
        return keras.ops.concatenate([chords, none], axis=-1)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """As that of Roots."""
        return (None, shape[1], chord_classes.COUNT)


def build(units: int, dropout: float = 0.0, coming_dropout: float = 0.0) -> Any:
    """The Keras model: (heard, before), each (batch, 12, n, FEATURES), to logits of both."""
    layers = keras.layers
    inputs = [keras.Input((OCTAVE, None, chord_spec.FEATURES)) for _ in range(2)]
    said = []
    for given, kind in zip(inputs, chord_spec.NETWORKS, strict=True):
        line = Roots()(given)
        for number in range(chord_spec.LAYERS):
            name = f"{kind}_{number}"
            if kind == "whole":
                ways = [
                    layers.LSTM(units, return_sequences=True, go_backwards=back)
                    for back in (False, True)
                ]
                line = layers.Bidirectional(ways[0], backward_layer=ways[1], name=name)(line)
            else:
                line = layers.LSTM(units, return_sequences=True, name=f"{name}_forward")(line)
            line = layers.Dropout(dropout if kind == "whole" else coming_dropout)(line)
        said.append(Chords()(layers.Dense(chord_spec.KINDS, name=f"{kind}_chord")(line)))
    return keras.Model(inputs, said)


def weights_of(model: Any) -> Arrays:
    """By the names that improv/model/chords.py calls them."""
    return {name: network.numbers(variable) for name, variable in _named(model).items()}


def _named(model: Any) -> dict[str, Any]:
    found = {}
    for layer in model.layers:
        whole = isinstance(layer, keras.layers.Bidirectional)
        for part in (layer.forward_layer, layer.backward_layer) if whole else (layer,):
            # Bidirectional names its layers anew, after itself
            way = "backward" if whole and part is layer.backward_layer else "forward"
            name = f"{layer.name}_{way}" if whole else layer.name
            for kind, variable in zip(("kernel", "recurrent", "bias"), part.weights, strict=False):
                found[f"{name}_{kind}"] = variable
            if isinstance(layer, keras.layers.Dense):
                found[f"{name}_bias"] = part.weights[1]
                del found[f"{name}_recurrent"]
    return found


def fit(
    config: ChordConfig,
    train: list[Song],
    validation: list[Song],
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train in `folder`, or go on with the run there. Raises UsageError where that can't be."""
    keras.utils.set_random_seed(config.seed)
    model = build(config.units, config.dropout, config.coming_dropout)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps),
        weight_decay=0.01,
        clipnorm=1.0,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=[loss] * len(SAYS))
    model.optimizer.build(model.trainable_variables)
    kept = ("family", "units", "length", "batch", "average", "seed")
    identity = {key: asdict(config)[key] for key in kept}
    stored = checkpoint.begun(folder / CHECKPOINT, identity, resume=resume)
    if stored is not None:
        for name, variable in _named(model).items():
            variable.assign(stored.weights[name])
        for variable, value in zip(model.optimizer.variables, stored.optimizer, strict=True):
            variable.assign(value)
    progress = Progress(run=identity) if stored is None else stored.progress
    average = Average(config.average, weights_of(model) if stored is None else stored.average)
    best = weights_of(model) if stored is None else stored.best
    lowest = judged(best, validation)
    with RunLog(folder, total=config.steps, resumed_at=progress.step, tensorboard=False) as log:
        for step in range(progress.step + 1, config.steps + 1):
            said = model.train_on_batch(*drawn(train, config, step))
            progress = replace(progress, step=step)
            if average.due(step):
                average.add(step, weights_of(model))
            if step % config.every and step != config.steps:
                continue
            log.write("train", step, loss=float(said[0] if isinstance(said, list) else said))
            found = judged(average.weights, validation)
            log.write("validation", step, loss=sum(found.values()), **found)
            progress = replace(progress, validations=progress.validations + 1)
            for kind in (kind for kind in SAYS if found[kind] < lowest[kind]):
                lowest[kind] = found[kind]
                best |= {n: v.copy() for n, v in average.weights.items() if n.startswith(kind)}
                progress = replace(progress, best_loss=sum(lowest.values()), best_step=step)
            state = [network.numbers(variable) for variable in model.optimizer.variables]
            now = Checkpoint(progress, weights_of(model), best, state, average.weights)
            checkpoint.save(folder / CHECKPOINT, now)
            if stop():
                break
    return Fitted(best, progress, progress.step >= config.steps)


def drawn(songs: list[Song], config: ChordConfig, step: int) -> tuple[Any, Any, Any]:
    """The batch of a step: sequences of songs as long as they are likely. All keys are alike."""
    rng = np.random.default_rng([config.seed, step])
    sizes = np.array([len(song.chord) for song in songs], np.float64)
    taken = rng.choice(len(songs), config.batch, p=sizes / sizes.sum())
    begins = [int(rng.integers(max(1, int(sizes[n]) - config.length + 1))) for n in taken]
    return _batch([(songs[n], at) for n, at in zip(taken, begins, strict=True)], config.length)


def _batch(parts: list[tuple[Song, int]], length: int) -> tuple[Any, Any, Any]:
    """(song, first half bar) as inputs, labels and weights: 0 after a song's end."""
    count = len(parts)
    heard, before = (
        np.zeros((count, OCTAVE, length, chord_spec.FEATURES), np.float32) for _ in range(2)
    )
    labels: npt.NDArray[np.int64] = np.zeros((count, length), np.int64)
    weights = np.zeros((count, length), np.float32)
    for row, (song, begin) in enumerate(parts):
        cut = slice(begin, begin + length)
        size = len(song.chord[cut])
        heard[row, :, :size] = chords.heard(song.melody[cut], song.downbeat[cut])
        before[row, :, :size] = chords.before(song.melody[cut], song.downbeat[cut])
        labels[row, :size], weights[row, :size] = song.chord[cut], 1.0
    return [heard, before], [labels] * len(SAYS), [weights] * len(SAYS)


def judged(weights: Arrays, songs: list[Song]) -> dict[str, float]:
    """Of each network its loss, in nats a half bar, over whole songs."""
    count = sum(len(song.chord) for song in songs)
    return {
        kind: -sum(
            float(says(weights, s.melody, s.downbeat)[np.arange(len(s.chord)), s.chord].sum())
            for s in songs
        )
        / count
        for kind, says in SAYS.items()
    }
