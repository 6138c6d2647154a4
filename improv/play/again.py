"""Again, but different: where what sounds began, and the other ways there are to go on from there.

Rule: the point is the beginning of the phrase, or, where it plays without end, of the last notes
that were asked for together; so it is never far back. The other ways were drawn with the one that
plays, or come a moment later, and each is played once; when there are no more, or a knob has been
turned since, the model is asked anew from the same point. Whenever you play, there is no point.

It also knows which future each planned note is of, so that a note drawn anew under a turned knob
is drawn with the same random numbers. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from improv.music.event import Note
from improv.play.asking import CHUNK
from improv.play.effects import Ask
from improv.play.messages import Future, Futures, Proposal, Request
from improv.play.params import Params

REMEMBERED = 1000  # notes whose future is known; no more are ever planned


@dataclass(slots=True)
class _Point:
    """A context point; `start` is when the first note after it was due."""

    request: Request
    start: float = 0.0
    others: list[Future] = field(default_factory=list)  # best first, not played
    played: set[int] = field(default_factory=set)  # futures, by number

    def offer(self, futures: Sequence[Future]) -> None:
        self.others = [future for future in futures if future.number not in self.played]


class Again:
    """The points of what sounds and of what is planned."""

    def __init__(self) -> None:
        self._number = 0  # of the last request
        self._asked: Request | None = None  # the one under way
        self._points: deque[_Point] = deque()  # the first is of what sounds
        self._branches: dict[int, int] = {}  # a note's number to its future
        self.anew = False  # the request under way is for the point of what sounds

    @property
    def version(self) -> tuple[int, int] | None:
        """Which version of what sounds this is, from 1, and how many there are so far."""
        if not self._points:
            return None
        point = self._points[0]
        which = max(1, len(point.played))
        return which, which + len(point.others)

    def branches(self, index: int, count: int) -> tuple[int, ...]:
        """The future of each note when it was last planned; 0 where it never was."""
        return tuple(self._branches.get(number, 0) for number in range(index, index + count))

    @property
    def under_way(self) -> bool:
        """The model has been asked, and what it says will be planned."""
        return self._asked is not None

    def ask(self, request: Request) -> Ask:
        """Ask the model to go on; `request.others` says whether that is a new point."""
        self._number += 1
        if request.index in self._branches:  # drawn anew, and not chosen anew: so that it bends
            request = replace(request, futures=1)
        branches = self.branches(request.index, request.count)
        self._asked = replace(request, number=self._number, branches=request.branches or branches)
        return Ask(self._asked)

    def is_answered(self, proposal: Proposal) -> bool:
        """Whether a proposal is what is waited for; the plan of any other was dropped."""
        return self._asked is not None and proposal.number == self._asked.number

    def taken(self, proposal: Proposal, notes: Sequence[Note]) -> None:
        """The answer is planned as these notes."""
        request, self._asked, self.anew = self._asked, None, False
        if request is None:
            return
        self._plan(request.index, request.branches_of(proposal.future, len(notes)))
        if request.others and notes:
            self._points.append(_Point(request, notes[0].start, played={proposal.future}))

    def more(self, futures: Futures) -> None:
        """There are other ways to go on from a point."""
        for point in self._points:
            if point.request.number == futures.number:
                point.offer(futures.others)

    def sounded(self, start: float) -> None:
        """A note that was due at `start` sounds."""
        while len(self._points) > 1 and self._points[1].start <= start:
            self._points.popleft()

    def dropped(self, after: float) -> None:
        """What is planned after a time was dropped, and what is asked for is not waited for."""
        self.lost()
        while len(self._points) > 1 and self._points[-1].start > after:
            self._points.pop()

    def lost(self) -> None:
        """What is asked for is not waited for."""
        self._asked, self.anew = None, False

    def forget(self) -> None:
        """There is nothing to go back to: you have played, or all was forgotten."""
        self._points.clear()
        self._branches.clear()

    def next(self, params: Params) -> tuple[Request, Future | None]:
        """What to play instead: the point's request, and the next of its futures.

        Without a future the request is to be made again, as it is. There must be a point, and the
        plan must have been dropped.
        """
        point = self._points[0]
        first = point.request.index
        self._branches = {n: of for n, of in self._branches.items() if n < first}
        if point.others and point.request.params == params:
            future = point.others.pop(0)
            point.played.add(future.number)
            self._plan(first, [future.number] * len(future.notes))
            return point.request, future
        number = max([*point.played, *(future.number for future in point.others)]) + 1
        if point.others:  # its notes were drawn before a knob was turned; they bend
            number = point.others.pop(0).number
        point.played.add(number)
        self.anew = True
        again = replace(
            point.request, params=params, futures=1, branches=(number,) * CHUNK, others=False
        )
        return again, None

    def _plan(self, index: int, branches: Sequence[int]) -> None:
        self._branches |= dict(zip(range(index, index + len(branches)), branches, strict=True))
        for number in [*self._branches][:-REMEMBERED]:
            del self._branches[number]
