"""What to draw by, of all that was played tonight. Too much of you, or of itself? Look here.

It learns you (`learn`). What you played is a cache language model (Kuhn & De Mori 1990, "A
Cache-Based Natural Language Model for Speech Recognition") beside the network: wherever its last
notes stand in what you played, it counts what you went on with, after the last three intervals,
four, and so on up to the longest that is found. Each count is smoothed by the one of a shorter
context, and the shortest by the network, as by a Dirichlet prior of so many notes (MacKay & Peto
1995, "A Hierarchical Dirichlet Language Model"; as the short-term model beside a long-term one in
Pearce & Wiggins 2004, "Improved Methods for Statistical Modelling of Monophonic Music"). Intervals,
so that what you played in one key it knows in all. Where you never were the network is as it was.

It copies no more than so much (`copy_cap`): a pitch that would make a run of its own notes longer
than the cap, of such as you or it have played or stand in what it learnt from (there from eight
notes on), is out of the question.

It plays less of what was marked: after the notes of such a phrase the next of it is less likely,
by so many nats for each note that is the same so far.

All are found anew for each note, in arrays of bytes: there is nothing to be built or kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from improv.listen.evening import BREAK, RUN, intervals
from improv.music.event import PITCHES
from improv.play.lessons import NOTES, Lessons
from improv.play.messages import NOTHING, Tonight

Floats = NDArray[np.float64]
Logits = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST, MOST = 3, 10
"""Intervals before a note by which it is foretold. After two or fewer what you went on with says
less than the network does: on ASAP's validation split -0.164 nats a note
from three on, -0.149 from four and -0.058 from two."""
PRIOR = 6.0
"""Notes that a shorter context counts for with the knob in its middle; 5 to 8 are as good."""
SURE = 0.05
"""Notes that it counts for at the least: of two pitches you never played one stays likelier."""
LESS_FROM = 2
"""Intervals that are as in a marked phrase from which on the next is less likely."""
LESS_NATS = 1.0
"""For each interval that is, the next included."""


class Memory:
    """Tonight, to be drawn by, and what the model learnt from, where that is known."""

    def __init__(self, tonight: Tonight = NOTHING, lessons: Lessons | None = None) -> None:
        self._lessons = lessons
        self._yours = _text(tonight.yours)
        self._sounded = _text(tonight.sounded)
        self._disliked = [_text(line) for line in tonight.disliked]

    def blended(
        self, logits: Logits, pitches: Sequence[int], learn: float, own: Sequence[int] = ()
    ) -> Logits:
        """Logits (128,) of the note after these pitches, with what you went on with: 0 to 1.

        In a duet your line and its `own` cross: it goes by whichever is longer a line of yours.
        """
        if learn <= 0.0 or not len(self._yours) or len(logits) != PITCHES:
            return logits
        counts = max(map(self._went_on, (pitches, own)), key=len)
        if not counts or not np.isfinite(logits).all():
            return logits
        prior = max(SURE, PRIOR * (1.0 - learn) / learn)
        values = np.array(logits, np.float64)
        chance: Floats = np.exp(values - values.max())
        chance /= chance.sum()
        for count in counts:
            chance = (count + prior * chance) / (count.sum() + prior)
        return np.log(np.maximum(chance, np.finfo(np.float64).tiny))

    def _went_on(self, pitches: Sequence[int]) -> list[NDArray[np.intp]]:
        """(128,) how often you went on with each pitch, by the last `FEWEST` intervals and more."""
        return [
            np.bincount(there, minlength=PITCHES)
            for depth, after in enumerate(_followed(self._yours, intervals(pitches[-MOST - 1 :])))
            if depth >= FEWEST and len(there := _reached(pitches[-1], after))
        ]

    def uncopied(self, free: Mask, pitches: Sequence[int], own: Sequence[int], cap: int) -> Mask:
        """(128,) those free pitches that make no run of its `own` longer; all if none is left.

        `pitches` are the last of all, also of those that have not sounded.
        """
        if not 0 < cap <= len(own):
            return free
        past = intervals(own[-cap:])
        left = free.copy()
        lately = (_text(intervals(pitches)), _text(intervals(own)))
        for text in (self._yours, self._sounded, *lately):
            after = next(islice(_followed(text, past), len(past), None), None)
            if after is not None:
                left[_reached(own[-1], after)] = False
        if self._lessons is not None and self._lessons.run(own) >= max(cap, NOTES):
            left &= ~self._lessons.going_on(own, np.arange(PITCHES))
        return left if left.any() else free

    def by_heart(self, own: Sequence[int], pitch: int) -> int:
        """Notes up to this one that stand in what the model learnt from, see `Lessons.copied`."""
        return 0 if self._lessons is None else self._lessons.copied([*own[-RUN:], pitch])

    def unloved(self, own: Sequence[int]) -> dict[int, float]:
        """Nats to take from pitches after its `own`: those that go on as in a marked phrase."""
        less: dict[int, float] = {}
        for text in self._disliked:
            here: dict[int, float] = {}
            for depth, after in enumerate(_followed(text, intervals(own))):
                if depth >= LESS_FROM:
                    nats = LESS_NATS * (depth + 1)
                    here |= dict.fromkeys(_reached(own[-1], after).tolist(), nats)
            for pitch, nats in here.items():
                less[pitch] = less.get(pitch, 0.0) + nats
        return less


def _text(line: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(line, np.uint8)


def _followed(text: NDArray[np.uint8], past: bytes) -> Iterator[NDArray[np.uint8]]:
    """All of a text, what follows the last interval of `past` in it, the last two, and so on.

    As long as anything does.
    """
    yield text
    places = np.arange(0)
    for back, interval in enumerate(reversed(past)):
        if back:
            places = places[places >= back]
            places = places[text[places - back] == interval]
        else:
            places = np.flatnonzero(text[:-1] == interval)
        if interval == BREAK or not len(places):
            return
        yield text[places + 1]


def _reached(pitch: int, intervals_: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The pitches that intervals lead to, as far as there are such."""
    steps = intervals_[intervals_ != BREAK].astype(np.int8).astype(np.intp)
    there: NDArray[np.intp] = pitch + steps
    return there[(there >= 0) & (there < PITCHES)]
