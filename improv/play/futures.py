"""Futures: several ways to go on from one point, ranked, of which the best is played. Pure.

Each future is drawn as the plan always was, with random numbers of its own, and the first with the
plan's: of one future the music is what it would be without any. The rank of a future is the sum of

- how well it fits the key of what was heard (-1 to 1), times `KEY_WEIGHT`. A network that hears 25
  notes drifts out of a key which a listener still has in the ear;
- less `STRAY_WEIGHT` times how far its likelihood is from what the network expects, in nats a note.
  Not the likelihood itself: the likeliest music is the dullest, for it says what was said before.
  Music is about as surprising as one expects (Meister et al. 2022, "Locally typical sampling"), so
  what is likelier than that ranks as low as what is less likely. What your constraints bend far
  from what the network would play is unlikely to it, and so it ranks low by the same measure;
- where a contrast is asked for, how far it is from what you played: see `apart`;
- Gumbel noise of the point's own, which makes the first rank a draw and not a maximum: a future is
  played with a chance in proportion to the exponential of the rest. So more futures make the
  choice finer, not more extreme, and the others are ranked as if drawn after it.

"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from improv.music import tonality
from improv.music.event import Note, ProposedNote, Source
from improv.play import sampling
from improv.play.interfaces import Branching, Imagined
from improv.play.messages import Future, Key, Request

KEY_WEIGHT = 2.0
STRAY_WEIGHT = 0.5
CONTRAST_WEIGHT = 4.0
TOGETHER = 0.03  # seconds; what begins within them is one chord
FAR = 2.0  # what is further apart counts as that
OCTAVE, LOUDER = 12.0, 32.0  # semitones and velocities that count as one, as twice as dense does
CHOICE = 2**63  # by which the choice's numbers are apart from those of any note

Row = tuple[Imagined, ...]


class Futures:
    """The futures of one request, as many as have been imagined so far."""

    def __init__(self, request: Request, contrast: float | None = None) -> None:
        """`contrast`: -1 for what is like your playing to 1 for what is not; None as the knob."""
        self._request = request
        self._heard = (*request.before, *request.context)
        self._contrast = request.params.contrast if contrast is None else contrast
        self._drawn: list[tuple[float, Future]] = []

    def __len__(self) -> int:
        return len(self._drawn)

    @cached_property
    def _key(
        self,
    ) -> tonality.Key | None:  # 0.3 ms, which an answer that is waited for does without
        return tonality.found(self._heard)

    def imagine(self, improviser: Branching, count: int) -> Iterator[None]:
        """Draw until there are so many, yielding after every note.

        `improviser` has been primed for the request, and has not gone on from there.
        """
        request = self._request
        rows = [request.keys(number) for number in range(len(self), count)]
        for done in improviser.imagine(request.params, rows, request.within()):
            for row in done:
                self._take(row)
            yield

    def ranked(self) -> list[Future]:
        """The best first."""
        return [future for _, future in sorted(self._drawn, key=lambda drawn: -drawn[0])]

    def others(self, played: int) -> list[Future]:
        """Those that are heard to differ from the one that is played and from one another."""
        ranked = self.ranked()
        kept = {_told(future.notes) for future in ranked if future.number == played}
        found = []
        for future in ranked:
            if _told(future.notes) not in kept:
                kept.add(_told(future.notes))
                found.append(future)
        return found

    def _take(self, row: Row) -> None:
        number = len(self)
        notes = tuple(each.note for each in row)
        value = self._value(row) + _chance((self._request.seed, self._request.index), number)
        self._drawn.append((value, Future(number, notes)))

    def _value(self, row: Row) -> float:
        if not row:
            return 0.0
        notes = [each.note for each in row]
        value = -STRAY_WEIGHT * abs(fmean(each.surprise - each.expected for each in row))
        if self._key is not None:
            value += KEY_WEIGHT * tonality.fit(
                ((note.pitch, note.duration) for note in notes), self._key
            )
        if self._contrast:
            value += CONTRAST_WEIGHT * self._contrast * apart(notes, self._heard)
        return value


def apart(notes: Sequence[ProposedNote], heard: Iterable[Note]) -> float:
    """How far notes are from what of the heard is yours, 0 to 1; 0 where nothing is.

    The mean of three distances, none counting for more than `FAR`: in doublings of the moments
    a second at which something begins, in octaves of the mean pitch, and in `LOUDER` velocities of
    the mean velocity.
    """
    yours = [note for note in heard if note.source is Source.YOU]
    if len(yours) < 2 or len(notes) < 2:
        return 0.0
    steps = [after.start - note.start for note, after in pairwise(yours)]
    distances = (
        math.log2(_pace([note.step for note in notes[1:]]) / _pace(steps)),
        (fmean(note.pitch for note in notes) - fmean(note.pitch for note in yours)) / OCTAVE,
        (fmean(note.velocity for note in notes) - fmean(note.velocity for note in yours)) / LOUDER,
    )
    return fmean(min(abs(distance), FAR) / FAR for distance in distances)


def _pace(steps: Sequence[float]) -> float:
    """Seconds from one moment at which something begins to the next, never 0."""
    moments = [step for step in steps if step > TOGETHER]
    return max(TOGETHER, sum(steps) / len(moments)) if moments else TOGETHER


def _told(notes: Iterable[ProposedNote]) -> tuple[tuple[int, int], ...]:
    """What tells futures apart for a listener: pitches, and times to a twentieth of a second."""
    return tuple((note.pitch, round(20 * note.step)) for note in notes)


def _chance(key: Key, number: int) -> float:
    """The Gumbel noise of a future: the point's own, so that a knob bends the choice too."""
    seed, index = key
    uniform = float(sampling.bits((seed + CHOICE, index + number * 2**32)).random())
    return -math.log(-math.log(uniform + 2.0**-54))
