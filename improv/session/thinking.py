"""What the model process does with a request: an answer, and then the other ways to go on.

An answer never waits for what is not needed for it: where somebody waits, one future is drawn and
sent, as if there were no others. The others are drawn while nobody waits, one note at a time, and
left at once when a request comes in. A request that came in while an older one of the same voice
was answered is for another plan, so the older one gets no answer; companions of a note are of no
plan, and always come.

What the next request will begin with is taken in as soon as nothing else is asked, a note at a
time: somebody will wait for it.

Pure but for the clock: `stale` says whether such a request has come in, and is asked between notes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from improv.play import futures, imagining
from improv.play.asking import CHUNK
from improv.play.interfaces import Accompanying, Branching, Improviser, Metrical, Remembering
from improv.play.messages import ANY, Futures, Primer, Proposal, Request

BUDGET = 0.100  # seconds of work for the other ways to go on from one point
MOST = 32  # futures of a point
POINTS = 2  # whose futures are still to be drawn: what sounds, and what is planned


def fitting(seconds: float) -> int:
    """How many futures of `CHUNK` notes are drawn within the budget, 1 to 32, at so much a note."""
    return max(1, min(MOST, int(BUDGET / max(seconds * CHUNK, 1e-9))))


class Thinker:
    """A model with its work.

    Args:
        improviser: what draws.
        most: futures of each point that are drawn; of 1 there are no others.
        stale: whether a request that came in since is for the same plan.
    """

    def __init__(
        self,
        improviser: Improviser,
        most: int,
        stale: Callable[[Request], bool] = lambda _: False,
    ) -> None:
        self._improviser = improviser
        # What it can do is looked at once: Python 3.11 takes 8 us to see a protocol in an object.
        self._branching = improviser if isinstance(improviser, Branching) else None
        self._accompanying = improviser if isinstance(improviser, Accompanying) else None
        self._remembering = improviser if isinstance(improviser, Remembering) else None
        self._metrical = improviser if isinstance(improviser, Metrical) else None
        self._most = most
        self._stale = stale
        self._work: deque[Iterator[Futures | None]] = deque(maxlen=POINTS)
        self._primers: dict[int, Iterator[None]] = {}  # by voice

    @property
    def busy(self) -> bool:
        """There are futures to be drawn when nobody waits."""
        return bool(self._work)

    @property
    def preparing(self) -> bool:
        """There are notes to be taken in before somebody waits."""
        return bool(self._primers)

    def prepare(self, primer: Primer) -> None:
        """Take these notes in with `take_in`, in place of those that were to be for that voice."""
        if self._accompanying is not None:
            notes = self._accompanying.prepare(primer.context, primer.before, primer.params)
            self._primers[primer.voice] = notes

    def take_in(self) -> None:
        """Take in one note of what is to be prepared."""
        voice, notes = next(iter(self._primers.items()))
        for _ in notes:
            return
        del self._primers[voice]

    def answer(self, request: Request) -> Proposal | None:
        """Continue the request's context, or nothing where another request has come in."""
        self._prime(request)
        if request.together and self._accompanying is not None:
            return self._companions(self._accompanying, request)
        drawn = futures.Futures(request)
        if request.futures > 1 and self._branching is not None:
            proposal = self._choice(self._branching, request, drawn)
        else:
            proposal = self._first(request)
        if proposal is not None and request.others and self._branching is not None:
            self._work.append(self._others(self._branching, request, drawn, proposal.future))
        return proposal

    def think(self) -> Futures | None:
        """Draw a note of the futures to be drawn; those of a point when they are done."""
        for done in self._work[0]:
            return done
        self._work.popleft()
        return None

    def _companions(self, improviser: Accompanying, request: Request) -> Proposal:
        began = time.perf_counter_ns()
        notes = improviser.accompany(request.params, request.keys())
        took = (time.perf_counter_ns() - began) / 1000 / max(1, len(notes))
        return Proposal(request.number, tuple(notes), (took,) * len(notes), voice=request.voice)

    def _first(self, request: Request) -> Proposal | None:
        """The plan's own future, timing each note in microseconds of wall time."""
        notes, took = [], []
        rest = ((key, ANY) for key in imagining.beyond(self._metrical, request.keys()))
        for key, within in chain(request.draws(), () if request.together else rest):
            if not request.together and self._stale(request):
                return None
            began = time.perf_counter_ns()
            notes.append(self._improviser.draw(request.params, key, within))
            took.append((time.perf_counter_ns() - began) / 1000)
        return Proposal(request.number, tuple(notes), tuple(took), voice=request.voice)

    def _choice(
        self, improviser: Branching, request: Request, drawn: futures.Futures
    ) -> Proposal | None:
        began, notes = time.perf_counter(), request.count * request.futures
        for _ in drawn.imagine(improviser, request.futures):
            if self._stale(request):
                return None
        best = drawn.ranked()[0]
        took = 1e6 * (time.perf_counter() - began) / max(1, notes)
        took_each = (took,) * len(best.notes)
        return Proposal(request.number, best.notes, took_each, best.number, request.voice)

    def _others(
        self, improviser: Branching, request: Request, drawn: futures.Futures, played: int
    ) -> Iterator[Futures | None]:
        if request.count < CHUNK:  # what is played instead is more than what somebody waits for
            drawn = futures.Futures(replace(request, count=CHUNK))
        if len(drawn) < self._most:
            self._prime(request)  # it may have gone on since
            for _ in drawn.imagine(improviser, self._most):
                yield None
        yield Futures(request.number, tuple(drawn.others(played)), request.voice)

    def _prime(self, request: Request) -> None:
        self._improviser.prime(request.context, request.before)
        if self._remembering is not None:
            self._remembering.remember(request.tonight)
        if self._metrical is not None and request.timeline is not None:
            self._metrical.keep_time(request.timeline)


def answer(improviser: Improviser, request: Request) -> Proposal:
    """Continue the request's context, whatever else comes in."""
    proposal = Thinker(improviser, 1).answer(request)
    assert proposal is not None  # nothing is waiting  # noqa: S101
    return proposal
