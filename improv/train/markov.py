"""A chain of order three over each factor of a note: what counting alone can do.

A note is drawn factor by factor: step, pitch, duration, velocity, whatever the order of a network
beside it, since the likelihood of a whole note does not ask for one. Each is given its own last
three values, and pitch and velocity also whether the note begins together with the one before.
Contexts that were seldom or never heard fall back on shorter ones by interpolated Kneser-Ney
smoothing with three discounts (Chen & Goodman 1998, "An Empirical Study of Smoothing Techniques for
Language Modeling", section 3), at the end of which every bin is equally likely.

Chosen on 20,000 notes of the ASAP validation split, in nats a note: Kneser-Ney against Witten-Bell
3.92 to 4.14 on pitch and 3.23 to 3.29 on step; past times in 16 bins instead of 64, 3.17 to 3.23 on
step and 2.99 to 3.04 on duration; past velocities in 16 bins instead of 32, 2.61 to 2.63; whether
together, 3.89 to 3.92 on pitch and 2.62 to 2.63 on velocity (nothing on duration).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, Note, ProposedNote, Source
from improv.music.hearing import time_bin, time_in, velocity_bin
from improv.music.vocabulary import TIMES, VELOCITIES
from improv.play import sampling, steps
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.play.recent import TOGETHER, Recent
from improv.train.examples import Pieces
from improv.train.progress import Report, silent
from improv.train.score import Marks, bin_marks, joined, pitch_marks, time_bin_marks

Ids = NDArray[np.int64]
Chances = NDArray[np.float64]

ORDER = 3
BINS = {"step": TIMES, "pitch": PITCHES, "duration": TIMES, "velocity": VELOCITIES}
COARSE = {"step": 4, "pitch": 1, "duration": 4, "velocity": 2}  # bins of the past taken as one
WITH_STEP = frozenset({"pitch", "velocity"})  # given whether the note begins with the last
NONE = 255  # where the piece has not begun
BATCH = 8192  # notes


@dataclass(frozen=True, slots=True)
class Order:
    """What followed contexts of one length: C contexts, F pairs of a context and what came next."""

    contexts: Ids  # (C,) packed, in rising order
    begins: Ids  # (C + 1,) where each one's pairs begin
    bins: Ids  # (F,) what came next
    share: Chances  # (F,) of the probability
    rest: Chances  # (C,) what is left for the shorter context to share out


@dataclass(frozen=True, slots=True)
class Chain:
    """One factor, given up to K ids; the shortest context first."""

    orders: tuple[Order, ...]
    bins: int

    def chances(self, given: Ids) -> Chances:
        """Contexts (N, K), the nearest id first, to probabilities (N, bins)."""
        chances = np.full((len(given), self.bins), 1.0 / self.bins)
        for length, order in enumerate(self.orders):
            wanted = _packed(given[:, :length])
            at = np.minimum(np.searchsorted(order.contexts, wanted), len(order.contexts) - 1)
            known = np.flatnonzero(order.contexts[at] == wanted)
            at = at[known]
            chances[known] *= order.rest[at][:, None]
            count = order.begins[at + 1] - order.begins[at]
            pairs = np.repeat(order.begins[at] - np.cumsum(count) + count, count)
            pairs += np.arange(len(pairs))
            chances[np.repeat(known, count), order.bins[pairs]] += order.share[pairs]
        return chances


def chain(given: Ids, follows: Ids, bins: int) -> Chain:
    """Count what follows: contexts (N, K), the nearest id first, and (N,) what came next."""
    orders = []
    for length in range(given.shape[1], -1, -1):
        pairs = _packed(np.concatenate([given[:, :length], follows[:, None]], axis=1))
        if length == given.shape[1]:
            pairs, count = np.unique(pairs, return_counts=True)
        else:  # in how many longer contexts, not how often: Kneser and Ney's
            longer = np.concatenate([given[:, : length + 1], follows[:, None]], axis=1)
            _, once = np.unique(_packed(longer), return_index=True)
            pairs, count = np.unique(pairs[once], return_counts=True)
        orders.append(_order(pairs, count))
    return Chain(tuple(reversed(orders)), bins)


def _order(pairs: Ids, count: Ids) -> Order:
    contexts, begins, kinds = np.unique(pairs >> 8, return_index=True, return_counts=True)
    taken = _discounts(count)[np.minimum(count, 3)]  # (F,)
    total = np.add.reduceat(count, begins)
    return Order(
        contexts=contexts,
        begins=np.append(begins, len(pairs)),
        bins=pairs & 255,
        share=(count - taken) / np.repeat(total, kinds),
        rest=np.add.reduceat(taken, begins) / total,
    )


def _discounts(count: Ids) -> Chances:
    """(4,) what is taken from a count of 0, 1, 2, and 3 or more; a half where too few are known."""
    n = np.bincount(np.minimum(count, 5), minlength=6)[:5].astype(np.float64)
    if not n[1:].all():
        return np.array([0.0, 0.5, 0.5, 0.5])
    y = n[1] / (n[1] + 2 * n[2])
    found = [1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
    # counts of few pieces may ask for less than nothing, or for more than there is
    return np.array([0.0, *np.clip(found, 0.05, (0.95, 1.95, 2.95))])


def _packed(ids: Ids) -> Ids:
    """(N, K) ids below 256 to one number each; the last id is in the lowest 8 bits."""
    packed = np.zeros(len(ids), np.int64)
    for column in ids.T:
        packed = packed << 8 | column
    return packed


def _given(factor: str, past: Ids, step: Ids) -> Ids:
    """Contexts (N, K): the factor's last three values (N, 3), latest first, and steps (N,)."""
    nearest = [step[:, None] < time_bin(TOGETHER)] if factor in WITH_STEP else []
    old = np.where(past == NONE, NONE, past // COARSE[factor])
    return np.concatenate([*nearest, old], axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Notes:
    """The factors of N notes in bins, and how many notes come before each in its piece."""

    bins: Mapping[str, Ids]
    before: Ids

    def given(self, factor: str, which: Ids) -> Ids:
        lags = np.arange(1, ORDER + 1)
        past = self.bins[factor][np.maximum(which[:, None] - lags, 0)]  # (n, 3)
        past = np.where(lags > self.before[which][:, None], NONE, past)
        return _given(factor, past, self.bins["step"][which])


def _notes(pieces: Pieces) -> _Notes:
    offsets = np.asarray(pieces.offsets, np.int64)
    before = np.arange(offsets[-1]) - np.repeat(offsets[:-1], np.diff(offsets))
    step = np.full(len(before), NONE, np.int64)
    step[1:] = time_bin(np.diff(pieces.start))
    step[before == 0] = NONE
    bins = {
        "step": step,
        "pitch": np.asarray(pieces.pitch, np.int64),
        "duration": time_bin(pieces.duration).astype(np.int64),
        "velocity": velocity_bin(pieces.velocity).astype(np.int64),
    }
    return _Notes(bins, before)


@dataclass(frozen=True, slots=True)
class Markov:
    """A chain for each factor."""

    chains: Mapping[str, Chain]

    def marks(
        self, pieces: Pieces, until: Ids, progress: Report = silent, *, batch: int = BATCH
    ) -> Marks:
        """What it makes of the notes numbered `until` (T,), none of them a piece's first."""
        notes = _notes(pieces)
        step = np.asarray(pieces.start)[until] - np.asarray(pieces.start)[until - 1]
        duration = np.asarray(pieces.duration, np.float64)[until]
        parts: list[Marks] = []
        for begin in range(0, len(until), batch):
            now = slice(begin, begin + batch)
            which = until[now]
            logits = {
                factor: np.log(each.chances(notes.given(factor, which)))
                for factor, each in self.chains.items()
            }
            parts.append(
                {
                    "pitch": pitch_marks(logits["pitch"], notes.bins["pitch"][which]),
                    "step": time_bin_marks(logits["step"], step[now]),
                    "duration": time_bin_marks(logits["duration"], duration[now]),
                    "velocity": bin_marks(logits["velocity"], notes.bins["velocity"][which]),
                }
            )
            progress(min(begin + batch, len(until)), len(until))
        return joined(parts)


def fit(pieces: Pieces, progress: Report = silent) -> Markov:
    """Count every note that has a note before it in its piece; there must be one.

    `progress` counts factors.
    """
    notes = _notes(pieces)
    which = np.flatnonzero(notes.before > 0)
    chains = {}
    for factor, size in BINS.items():
        chains[factor] = chain(notes.given(factor, which), notes.bins[factor][which], size)
        progress(len(chains), len(BINS))
    return Markov(chains)


class MarkovImproviser:
    """The chains as an `improv.play.interfaces.Improviser`, held to what a player allows.

    As of a network's notes: steps and pitches that can't be played are taken out of the
    distribution. It plays as it has counted; of the knobs of drawing only range and polyphony are
    heeded.
    """

    name = "markov"
    backend = "numpy"
    inert = frozenset(
        {"temperature", "time_temperature", "top_p", "guard", "style", "velocity", "creativity"}
        | {"learn", "copy_cap"}
    )

    def __init__(self, markov: Markov) -> None:
        self._chains = markov.chains
        self._heard: dict[str, list[int]] = {}
        self.prime(())

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._heard = {factor: [] for factor in BINS}
        self._recent = Recent(before)
        for note in context:
            own = note.source is Source.IMPROV
            self._take_in(note.pitch, note.velocity, note.start, note.duration, own=own)

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        seed, index = (number % 2**64 for number in key)
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))
        step, bins = 0.0, NONE
        if self._recent.onset:
            between = steps.bounds(self._recent, params, within)
            step, room = between[0], steps.room(between)
            bins = self._pick("step", 0, room, rng) if room.any() else int(time_bin(step))
            if room.any():
                step = steps.inside(bins, rng.random(), between)
        open_ = sampling.pitches_open(self._recent, step, params)
        pitch = self._pick("pitch", bins, open_, rng)
        place = self._pick("duration", bins, np.ones(TIMES, np.bool_), rng)
        duration = sampling.held(
            float(time_in(place, rng.random())), sampling.SHORTEST, sampling.LONGEST
        )
        place = self._pick("velocity", bins, np.ones(VELOCITIES, np.bool_), rng)
        velocity = max(1, int((place + rng.random()) * (PITCHES // VELOCITIES)))
        onset = self._recent.onset[-1] + step if self._recent.onset else 0.0
        self._take_in(pitch, velocity, onset, duration, own=True)
        return ProposedNote(pitch=pitch, velocity=velocity, step=step, duration=duration)

    def _pick(
        self,
        factor: str,
        step: int,
        room: NDArray[np.bool_] | NDArray[np.float64],
        rng: np.random.Generator,
    ) -> int:
        past = self._heard[factor][: -ORDER - 1 : -1]
        past = past + [NONE] * (ORDER - len(past))
        given = _given(factor, np.array([past]), np.array([step]))
        chance = self._chains[factor].chances(given)[0] * room
        return int(rng.choice(len(chance), p=chance / chance.sum()))

    def _take_in(
        self, pitch: int, velocity: int, onset: float, duration: float, *, own: bool
    ) -> None:
        before = self._recent.onset
        played = {
            "step": int(time_bin(onset - before[-1])) if before else NONE,
            "pitch": pitch,
            "duration": int(time_bin(duration)),
            "velocity": int(velocity_bin(velocity)),
        }
        for factor, value in played.items():
            self._heard[factor].append(value)
        self._recent.hear(pitch, onset, own=own)
