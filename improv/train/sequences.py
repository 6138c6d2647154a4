"""What a network of distributions learns from: pieces cut into sequences, each begun from nothing.

When playing, a network is primed with at most 25 notes and then hears what it draws, so in
training too every sequence begins blank in the middle of a piece, and all its notes are foretold
at once, each from those before it. Where the cuts fall is drawn anew for each pass.

Each sequence is transposed by up to `transpose` semitones, played up to `tempo` faster or slower,
and made louder or softer by up to `velocity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.music import hearing
from improv.music.event import PITCHES
from improv.music.vocabulary import STYLES, TIMES, VOCABULARY
from improv.train.examples import Pieces

Named = dict[str, NDArray[Any]]
FACTORS = {"step": 3, "pitch": 0, "duration": 4, "velocity": 5}  # to their places among the ids


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a sequence may be moved, either way, and how much of it is hidden.

    A few hundred pieces are soon known by heart: at 6 M notes pitch stood at 2.10 nats on training
    pieces and 2.60 on others. So a share of the sequences is told of no absolute pitch, a share of
    the state's units says nothing, a share of what is said of each note (its pitch, its step, ...)
    is not heard by the state, and of a share of the sequences only the notes above, or below, one
    pitch are played: one hand alone, which is music too.
    """

    transpose: int = 6  # semitones
    tempo: float = 0.1  # share
    velocity: int = 10
    unpitched: float = 0.3  # share of sequences
    dropout: float = 0.3  # share of units
    token_dropout: float = 0.08  # share of ids
    one_hand: float = 0.15  # share of sequences


STILL = Augmentation(0, 0.0, 0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Sequences:
    """The notes of pieces end to end, each piece of one style; `length` notes are a sequence."""

    pitch: NDArray[np.uint8]  # (N,)
    velocity: NDArray[np.uint8]  # (N,)
    start: NDArray[np.float64]  # (N,) seconds
    duration: NDArray[np.float32]  # (N,) seconds
    offsets: NDArray[np.int64]  # (pieces + 1,)
    style: NDArray[np.int64]  # (pieces,)
    counts: NDArray[np.bool_]  # (N,) all but what improv itself played in a take
    share: NDArray[np.float64]  # (pieces,) how many of its sequences a pass takes
    length: int
    units: int  # of the network's state
    seed: int

    def cuts(self, epoch: int) -> NDArray[np.int64]:
        """(S, 2): in drawn order, where each sequence of this pass begins, and its piece."""
        return _cached(
            np.ascontiguousarray(self.offsets, np.int64).tobytes(),
            self.share.tobytes(),
            self.length,
            self.seed,
            epoch,
        )

    def batch(
        self,
        cuts: NDArray[np.int64],
        rng: np.random.Generator,
        moved: Augmentation = STILL,
    ) -> tuple[Named, Named, Named]:
        """What is heard before each note of these sequences and what was played, and what counts.

        Returns:
            The inputs of `improv.model.relative.all_logits`; for each factor the ids (B, T) that
            were played; and weights (B, T) that sum to 1, or to 0 where none counts: 0 after a
            piece's end, for a first note's step, which nothing decides, and for improv's own notes.
        """
        begin, piece = cuts.T
        alone = rng.random(len(cuts)) < moved.one_hand
        index, there = self._played(begin, piece, alone, rng)
        pitch = self.pitch[index].astype(np.int64)
        up = rng.integers(-moved.transpose, moved.transpose + 1, len(cuts))
        up = np.clip(up, -pitch.min(axis=1), PITCHES - 1 - pitch.max(axis=1))
        slower = np.exp(rng.uniform(-1.0, 1.0, (len(cuts), 1)) * np.log1p(moved.tempo))
        louder = rng.integers(-moved.velocity, moved.velocity + 1, (len(cuts), 1))
        start = self.start[index]
        heard, played = hearing.sequences(
            pitch + up[:, None],
            (start - start[:, :1]) * slower,
            self.duration[index] * slower,
            np.clip(self.velocity[index] + louder, 1, PITCHES - 1),
        )
        note = heard.note.copy()
        note[rng.random(len(cuts)) < moved.unpitched, :, 0] = PITCHES  # there is none
        if moved.token_dropout:
            nothing = np.array(list(VOCABULARY.values()), np.int32)
            note = np.where(rng.random(note.shape) < moved.token_dropout, nothing, note)
        kept = rng.random((len(cuts), self.units)) >= moved.dropout
        inputs = {
            "note": note,
            "past": heard.past,
            "now": heard.now,
            "then": heard.then,
            "style": np.eye(len(STYLES), dtype=np.float32)[self.style[piece]],
            "kept": (kept / (1.0 - moved.dropout)).astype(np.float32),
            "played": played,
        }
        every = (there & self.counts[index]).astype(np.float32)
        later = every.copy()
        later[:, 0] = 0.0
        wanted = {name: played[..., place] for name, place in FACTORS.items()}
        wanted["step"] = np.minimum(wanted["step"], TIMES - 1)
        weights = {name: every / max(every.sum(), 1.0) for name in FACTORS}
        weights["step"] = later / max(later.sum(), 1.0)
        return inputs, wanted, weights

    def _played(
        self,
        begin: NDArray[np.int64],
        piece: NDArray[np.int64],
        alone: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Which notes these sequences play, (B, T), and which of them there are.

        Where `alone` is true it is those from one pitch upward, or those below it, of a stretch
        twice as long.
        """
        first, end = self.offsets[piece][:, None], self.offsets[piece + 1][:, None]
        # before a piece's start only where the cut fell there; such a sequence begins later
        begin = begin[:, None]
        stretch = self.length * (1 + alone[:, None])
        index = np.maximum(begin, first) + np.arange(2 * self.length)  # (B, 2T)
        there = index < np.minimum(end, begin + stretch)
        index = np.minimum(index, end - 1)
        pitch = self.pitch[index]
        split = pitch[np.arange(len(pitch)), rng.integers(0, self.length, len(pitch))][:, None]
        hand = (pitch >= split) == (rng.random((len(pitch), 1)) < 0.5)
        hand &= there
        alone = alone & (hand.sum(axis=1) > 1)
        there &= hand | ~alone[:, None]
        order = np.argsort(~there, axis=1, kind="stable")[:, : self.length]
        return np.take_along_axis(index, order, axis=1), np.take_along_axis(there, order, axis=1)


@lru_cache(maxsize=2)
def _cached(offsets: bytes, share: bytes, length: int, seed: int, epoch: int) -> NDArray[np.int64]:
    edges, shares = np.frombuffer(offsets, np.int64), np.frombuffer(share, np.float64)
    rng = np.random.default_rng([seed, epoch])
    shift = rng.integers(0, length, len(shares))
    cuts = []
    for piece, kept in enumerate(shares):
        begins = np.arange(edges[piece] - shift[piece], edges[piece + 1] - 1, length)
        begins = begins[rng.random(len(begins)) < kept]
        # a sequence has two notes at least
        begins = begins[np.minimum(begins + length, edges[piece + 1]) - edges[piece] > 1]
        cuts.append(np.stack([begins, np.full(len(begins), piece)], axis=1))
    return rng.permutation(np.concatenate(cuts))


def of(
    styles: Sequence[tuple[Pieces, int, float]], length: int, units: int, seed: int = 0
) -> Sequences:
    """Sequences of several collections of pieces, each with its style and share in a pass."""
    columns = {
        name: np.concatenate([getattr(pieces, name) for pieces, _, _ in styles])
        for name in ("pitch", "velocity", "start", "duration")
    }
    counts = [
        np.ones(len(pieces.pitch), np.bool_) if pieces.improv is None else ~pieces.improv
        for pieces, _, _ in styles
    ]
    offsets, style, share = [np.zeros(1, np.int64)], [], []
    for pieces, number, taken in styles:
        offsets.append(np.asarray(pieces.offsets, np.int64)[1:] + offsets[-1][-1])
        style.append(np.full(len(pieces.offsets) - 1, number))
        share.append(np.full(len(pieces.offsets) - 1, taken, np.float64))
    return Sequences(
        **columns,
        offsets=np.concatenate(offsets),
        counts=np.concatenate(counts),
        style=np.concatenate(style),
        share=np.concatenate(share),
        length=length,
        units=units,
        seed=seed,
    )
