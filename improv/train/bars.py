"""The generator of bars in training: a Keras model, a discriminator, and how each learns.

After Yang, Chou and Yang 2017, "MidiNet": the discriminator tells real bars from generated ones by
convolutions along the steps, with labels smoothed on one side (Salimans et al. 2016); the generator
learns twice a step, from being told apart and from feature matching: the mean of a batch of its
bars, and of what the first convolution makes of them, is to be that of real ones.

Each of the two has a model of its own to learn in, which only reads the other's weights, so that
Keras's own step does for both on any backend. A generated bar is drawn step by step and passed on
whole, its gradient as if it were the chances it was drawn by (Jang et al. 2017, straight-through
Gumbel-softmax).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from improv.model import bar_network, network
from improv.music.bar import CHORD, COLUMNS, HELD, REST, STEPS
from improv.music.event import PITCHES
from improv.music.scale import OCTAVE

INTERVALS = OCTAVE  # up and down, that the discriminator is told
_FEATURES = 2 * INTERVALS + 1 + OCTAVE + CHORD  # of a step, beside its convolution

_EARLIER = np.tri(2 * STEPS, k=-1, dtype=np.float32)
_AROUND = 4 * OCTAVE  # semitones after which intervals are alike
_ANGLES = 2 * np.pi / _AROUND * np.arange(_AROUND // 2 + 1)
_COS, _SIN = (f(np.outer(np.arange(PITCHES), _ANGLES)).astype(np.float32) for f in (np.cos, np.sin))
_OF = np.outer(_ANGLES, np.arange(-INTERVALS, INTERVALS + 1))
_TWICE = np.where(np.arange(len(_ANGLES)) % (_AROUND // 2) == 0, 1.0, 2.0)[:, None]
_BACK = (np.concatenate([_TWICE * np.cos(_OF), _TWICE * np.sin(_OF)]) / _AROUND).astype(np.float32)
_FOLD = np.eye(OCTAVE, dtype=np.float32)[np.arange(PITCHES) % OCTAVE]
# (12, 12 * 12): for each root, which degree each pitch class is
_TURN = np.stack(
    [np.roll(np.eye(OCTAVE, dtype=np.float32), root, axis=0).ravel() for root in range(OCTAVE)]
)

Arrays = dict[str, npt.NDArray[np.float32]]


class Generator(keras.layers.Layer):  # type: ignore[misc]  # Keras has no type stubs
    """(noise, gumbel, before, sounding, chord) to bars (batch, STEPS, COLUMNS), 1 where it is."""

    def __init__(self, units: int, softness: float, seed: int) -> None:
        super().__init__(name="generator")
        self._softness = softness
        rng = np.random.default_rng([seed, 1])
        self.named = {}
        for name, shape in bar_network.shapes(units).items():
            weight = self.add_weight(shape=shape, name=name.replace("/", "_"), initializer="zeros")
            if len(shape) > 1:  # a bias begins at 0
                weight.assign(rng.normal(0.0, 1 / np.sqrt(shape[0]), shape).astype(np.float32))
            self.named[name] = weight
        self.built = True

    def call(self, given: tuple[Any, ...]) -> Any:
        noise, gumbel, before, sounding, chord = given
        weights = {name: weight.value for name, weight in self.named.items()}
        scores = bar_network.logits(ops, weights, noise, before, sounding, chord) + gumbel
        soft = ops.softmax(scores / self._softness, axis=-1)
        hard = ops.one_hot(ops.argmax(scores, axis=-1), COLUMNS, dtype=soft.dtype)
        return _sounding(soft + ops.stop_gradient(hard - soft), before)


class Discriminator(keras.layers.Layer):  # type: ignore[misc]  # Keras has no type stubs
    """(bar, before, chord) to a logit (batch, 1), high for a real bar, and its first features.

    It reads both bars as one line of 32 steps. Beside the columns themselves it is told, of each
    step, the interval from the last note to one that begins there and where that note stands above
    the chord's root, so that it need not learn either twelve times over.
    """

    def __init__(self, units: int, dropout: float, name: str = "discriminator") -> None:
        super().__init__(name=name)
        layers = keras.layers
        self.columns = layers.Conv1D(units // 2, 2, padding="same", name="columns")
        self.halved = layers.Conv1D(units, 4, 2, padding="same", name="halved")
        self.quartered = layers.Conv1D(units, 4, 2, padding="same", name="quartered")
        self.wide = layers.Dense(2 * units, name="wide")
        self.judged = layers.Dense(1, name="judged")
        self.dropout = layers.Dropout(dropout)

    def build(self, _: Any) -> None:
        half = self.columns.filters
        self.columns.build((None, 2 * STEPS, COLUMNS))
        self.halved.build((None, 2 * STEPS, half + _FEATURES))
        self.quartered.build((None, STEPS, 2 * half))
        self.wide.build((None, STEPS // 2 * 2 * half + CHORD))
        self.judged.build((None, 4 * half))
        self.built = True

    def first(self, line: Any) -> Any:
        """What the first convolution makes of two bars."""
        return _leaky(self.columns(line))

    def call(self, given: tuple[Any, ...], training: bool = False) -> Any:  # noqa: FBT001, FBT002  # as Keras calls it
        bar, before, chord = given
        line = ops.concatenate([before, bar], axis=1)  # (batch, 32, COLUMNS)
        first = self.first(line)
        harmony = ops.repeat(ops.expand_dims(chord, 1), 2 * STEPS, axis=1)
        told = [first, _intervals(line), _above_root(line, chord), harmony]
        line = _leaky(self.halved(ops.concatenate(told, axis=-1)))
        line = _leaky(self.quartered(line))  # (batch, 8, units)
        line = ops.reshape(line, (-1, line.shape[1] * line.shape[2]))
        line = _leaky(self.wide(ops.concatenate([self.dropout(line, training=training), chord], 1)))
        return self.judged(line), first[:, STEPS:]


class Judging(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    """(real, made, before, chord) to the discriminator's loss, (batch,)."""

    def __init__(self, discriminator: Discriminator, smooth: float) -> None:
        super().__init__()
        self.discriminator = discriminator
        self._smooth = smooth

    def call(self, given: tuple[Any, ...], training: bool = False) -> Any:  # noqa: FBT001, FBT002  # as Keras calls it
        real, made, before, chord = given
        said = [self.discriminator((b, before, chord), training=training)[0] for b in (real, made)]
        loss = _cross_entropy(said[0], self._smooth) + _cross_entropy(said[1], 0.0)
        return loss[:, 0]


class Making(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    """(noise, gumbel, before, sounding, chord, real) to the generator's loss, (batch,).

    `held` is a discriminator that does not learn here.
    """

    def __init__(
        self, generator: Generator, held: Discriminator, matching: tuple[float, float]
    ) -> None:
        super().__init__()
        self.generator, self.held = generator, held
        held.trainable = False
        self._matching = matching

    def call(self, given: tuple[Any, ...]) -> Any:
        *drawn, real = given
        before, chord = drawn[2], drawn[4]
        made = self.generator(tuple(drawn))
        said, features = self.held((made, before, chord))
        wanted = self.held.first(ops.concatenate([before, real], axis=1))[:, STEPS:]
        mean, seen = (
            ops.sum(ops.square(ops.mean(a, axis=0) - ops.mean(b, axis=0)))
            for a, b in ((real, made), (wanted, features))
        )
        matched = self._matching[0] * mean + self._matching[1] * seen
        return _cross_entropy(said, 1.0)[:, 0] + matched


class Plain(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    """The generator by itself, to be asked for bars."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def call(self, given: tuple[Any, ...]) -> Any:
        return self.generator(given)


def compiled(model: Any, rate: float, steps: int) -> Any:
    """A model that learns to give little, less and less over so many steps."""
    falling = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(falling, beta_1=0.5),
        loss=lambda _, given: ops.mean(given),
        # with XLA TensorFlow takes 90 s longer to begin and is 10 % faster then
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def weights_of(generator: Generator) -> Arrays:
    """By the names of `bar_network.shapes`."""
    return {name: network.numbers(weight) for name, weight in generator.named.items()}


def give_weights(generator: Generator, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
    for name, variable in generator.named.items():
        variable.assign(weights[name])


def _sounding(bar: Any, before: Any) -> Any:
    """A bar in which nothing goes on after a rest: there a step that would is a rest too.

    A generator that draws each step by itself would be told apart by nothing but that, and would
    flee to bars full of notes. What goes on from a bar that is not known is let be.
    """
    sounds = 1.0 - before[:, -1, REST]  # (batch,): whether the step before does
    steps = []
    for step in range(STEPS):
        goes_on, rests = bar[:, step, HELD], bar[:, step, REST]
        lost = goes_on * (1.0 - sounds)
        ends = ops.stack([goes_on - lost, rests + lost], axis=-1)
        steps.append(ops.concatenate([bar[:, step, :PITCHES], ends], axis=-1))
        sounds = 1.0 - rests - lost
    return ops.stack(steps, axis=1)


def _cross_entropy(logit: Any, label: float) -> Any:
    """Of a chance given as its logit, and how likely it is."""
    return ops.softplus(logit) - label * logit


def _leaky(line: Any) -> Any:
    return ops.maximum(line, 0.2 * line)


def _intervals(line: Any) -> Any:
    """(batch, 32, 25): for each step, how far the note that begins there is above the last one.

    A product of Fourier transforms along pitch, by which any transposition is a turn of phase: two
    small matrix products, where comparing each pitch with each interval would be 25 of 128.
    """
    begins = line[:, :, :PITCHES]
    struck = ops.cast(ops.sum(begins, axis=-1) > 0.0, begins.dtype)  # (batch, 32)
    count = ops.cumsum(struck, axis=1)
    # the last note before a step is the one that as many began up to as up to the step before
    before = ops.expand_dims(count - struck, 2) == ops.expand_dims(count, 1)
    is_last = ops.cast(before, begins.dtype) * ops.expand_dims(struck, 1) * _EARLIER
    last = ops.matmul(is_last, begins)
    cos, sin = ops.matmul(begins, _COS), ops.matmul(begins, _SIN)
    of_cos, of_sin = ops.matmul(last, _COS), ops.matmul(last, _SIN)
    apart = [cos * of_cos + sin * of_sin, sin * of_cos - cos * of_sin]
    return ops.matmul(ops.concatenate(apart, axis=-1), _BACK)


def _above_root(line: Any, chord: Any) -> Any:
    """(batch, 32, 12): for each step, which degree of the chord the note is that begins there."""
    folded = ops.matmul(line[:, :, :PITCHES], _FOLD)
    turned = ops.reshape(ops.matmul(chord[:, :OCTAVE], _TURN), (-1, OCTAVE, OCTAVE))
    return ops.matmul(folded, turned)


def one_hot(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """(batch, STEPS, COLUMNS) of steps (batch, STEPS)."""
    return np.eye(COLUMNS, dtype=np.float32)[steps]
