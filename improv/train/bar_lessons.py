"""What a generator of bars learns from, a batch at a time, and what it generates of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from improv.model import bar_network, bars
from improv.music.bar import CHORD, COLUMNS, HELD, REST, STEPS
from improv.music.scale import OCTAVE
from improv.train.bar_config import BarConfig
from improv.train.bar_figures import NO_TRIAD
from improv.train.bar_songs import Bars, transposed

TOGETHER = 256  # bars that are generated at a time
ROUNDS = 4  # of fitting

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Bars in a batch, and what a generator is told of them."""

    real: Ints  # (batch, STEPS)
    previous: Ints  # (batch, STEPS): the bar before, a rest where there is none
    triad: Ints  # (batch,)
    weight: Floats  # (batch,): how far the bar before counts
    chord: Floats  # (batch, CHORD)
    noise: Floats  # (batch, NOISE)
    gumbel: Floats  # (batch, STEPS, COLUMNS)

    @property
    def given(self) -> tuple[Any, ...]:
        """As the generator takes it, see improv/train/bars.py."""
        before, sounding = bars.heard(self.previous, self.weight)
        return self.noise, self.gumbel, before, sounding, self.chord


def lessons(bars: Bars) -> Ints:
    """The bars to learn from, by number: of silence that goes on over bars only the first.

    A fifth of POP909's bars are silent, before the song begins and between its verses; from them a
    network learns to fall silent and stay so.
    """
    silent = (bars.steps == REST).all(axis=1)
    before = np.concatenate([[True], silent[:-1]]) | ~bars.follows
    return np.flatnonzero(~(silent & before))


def drawn(music: Bars, numbers: Ints, config: BarConfig, step: int, count: int) -> Lesson:
    """The lesson of a step: any bars of `numbers`, in any key."""
    rng = np.random.default_rng([config.seed, step])
    taken = rng.choice(numbers, count)
    up = rng.integers(-6, 6, count)
    chance, weight = rng.random(count), rng.random(count)
    weight = np.where(chance < config.weakened, weight, 1.0)
    weight[chance > 1 - config.forgotten] = 0.0
    return lesson(music, taken, config, rng, up, weight, rng.random(count) < config.chordless)


def lesson(
    music: Bars,
    taken: Ints,
    config: BarConfig,
    rng: np.random.Generator,
    up: Ints | int = 0,
    weight: npt.NDArray[np.float64] | float = 1.0,
    chordless: npt.NDArray[np.bool_] | bool = False,  # noqa: FBT001, FBT002  # one for each bar
    previous: Ints | None = None,
) -> Lesson:
    """Bars by number, so many semitones up; `weight` of the bars before, and chords left out.

    With `previous` (count, STEPS) those are the bars before, and not the song's.
    """
    count = len(taken)
    moved = np.broadcast_to(up, (count,))[:, None]
    has_bar = music.follows[taken] & config.conditioned
    if previous is None:
        previous = np.where(music.follows[taken][:, None], music.steps[taken - 1], REST)
    triad = music.chord[taken]
    root, minor = triad % OCTAVE, triad // OCTAVE == 1
    there = (triad != NO_TRIAD) & ~np.broadcast_to(chordless, (count,))
    there &= config.conditioned
    chord = np.zeros((count, CHORD), np.float32)
    chord[np.flatnonzero(there), ((root + moved[:, 0]) % OCTAVE)[there]] = 1.0
    chord[:, -1] = minor & there
    raised = np.where(triad != NO_TRIAD, OCTAVE * minor + (root + moved[:, 0]) % OCTAVE, triad)
    return Lesson(
        transposed(music.steps[taken], moved),
        transposed(previous, moved),
        raised,
        (np.broadcast_to(weight, (count,)) * has_bar).astype(np.float32),
        chord,
        rng.standard_normal((count, bar_network.NOISE)).astype(np.float32),
        rng.gumbel(size=(count, STEPS, COLUMNS)).astype(np.float32),
    )


def balanced(weights: Mapping[str, Any], lesson: Lesson) -> dict[str, Any]:
    """The weights with as many steps held, and as many at rest, as in the real bars of a lesson.

    Two numbers are fitted, the biases of those columns. A discriminator hears at once that a note
    is wrong and late that there are some too many, so a short training leaves bars too full.
    """
    fitted = {name: weight.copy() for name, weight in weights.items()}
    wanted = _kinds(lesson.real)
    for _ in range(ROUNDS):
        amiss = np.log(wanted / _kinds(generated(fitted, lesson)))
        fitted["out/bias"][[HELD, REST]] += (amiss[1:] - amiss[0]).astype(np.float32)
    return fitted


def _kinds(steps: Ints) -> npt.NDArray[np.float64]:
    """(3,) the shares of steps at which a note begins, goes on, and there is none."""
    counts = np.array([(steps < HELD).sum(), (steps == HELD).sum(), (steps == REST).sum()])
    shares: npt.NDArray[np.float64] = (counts + 1.0) / (counts + 1.0).sum()
    return shares


def generated(weights: Mapping[str, Any], lesson: Lesson) -> Ints:
    """(batch, STEPS): a bar for each, as it is drawn in playing at temperature 1."""
    noise, gumbel, *rest = lesson.given
    made = []
    for first in range(0, len(noise), TOGETHER):
        cut = slice(first, first + TOGETHER)
        scores = bar_network.logits(np, weights, noise[cut], *(part[cut] for part in rest))
        made.append((scores + gumbel[cut]).argmax(axis=-1))
    steps = np.concatenate(made)
    silent = (lesson.previous[:, -1] == REST) & (lesson.weight > 0)
    for step in range(STEPS):  # nothing goes on after a rest
        steps[:, step] = np.where(silent & (steps[:, step] == HELD), REST, steps[:, step])
        silent = steps[:, step] == REST
    return steps
