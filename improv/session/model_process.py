"""The model process: a pure function from a context to the notes that may follow.

It holds no state that matters: each Request carries its whole context, so a killed and restarted
model goes on as if nothing had happened. Ends when the player does (its stdin closes).
"""

from __future__ import annotations

import gc
import os
import queue
from collections.abc import Callable
from typing import TYPE_CHECKING

from improv.errors import ImprovError
from improv.session import child, link, realtime
from improv.session.messages import (
    Level,
    ModelFailed,
    ModelReady,
    ModelSetup,
    NameChord,
    Named,
    Notice,
    Primer,
    Proposal,
    Request,
)
from improv.session.naming import Naming
from improv.session.shorthand import Lengthening, Sent

if TYPE_CHECKING:
    from improv.session.thinking import Thinker

Asked = Request | NameChord | Primer
QUIET = 0.15
"""Seconds without a request after which futures are drawn: a knob that is being turned asks for a
plan ten times a second, and of each but the last nothing will be heard."""


class Incoming:
    """What has come in and is not taken up, for the thread that answers it."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._newest: dict[int, int] = {}  # number of the last request for each voice's plan

    def put(self, request: Asked | None) -> None:
        """Queue one, or None at the end."""
        if isinstance(request, Request) and not request.together:
            self._newest[request.voice] = request.number
        self._queue.put(request)

    def get(self, timeout: float | None) -> Asked | None:
        """The next one. Raises queue.Empty."""
        return self._queue.get(timeout=timeout)

    def empty(self) -> bool:
        return self._queue.empty()

    def is_stale(self, request: Request) -> bool:
        """Whether another has come in for the same plan."""
        return self._newest.get(request.voice, request.number) != request.number


def serve(
    thinker: Thinker,
    inward: Incoming,
    outward: int,
    urgency: realtime.Urgency,
    names: Callable[[NameChord], Named],
) -> None:
    """Answer requests until the pipe ends; between them draw the other ways to go on, at leisure.

    Whoever brings a request, or what one will begin with, has begun with urgency.
    """
    quiet = False
    while True:
        if thinker.preparing and inward.empty():
            thinker.take_in()
            if not thinker.preparing:
                _rest(inward, urgency)
            continue
        if quiet and thinker.busy and inward.empty():
            more = thinker.think()
            if more is not None:
                link.write(outward, more)
            continue
        try:
            item = inward.get(QUIET if thinker.busy else None)
        except queue.Empty:
            quiet = True
            continue
        quiet = False
        if item is None:
            return
        answer = _answer(thinker, item, names)
        if answer is not None:
            link.write(outward, answer)
        if not thinker.preparing:
            _rest(inward, urgency)


def _answer(
    thinker: Thinker, item: Asked, names: Callable[[NameChord], Named]
) -> Proposal | Named | None:
    match item:
        case NameChord():
            return names(item)
        case Request():
            return thinker.answer(item)
        case Primer():
            thinker.prepare(item)
    return None


def _rest(inward: Incoming, urgency: realtime.Urgency) -> None:
    """Nobody waits any more, unless somebody has just come."""
    urgency.end()
    if not inward.empty():
        urgency.begin()


def main() -> int:
    inward, outward = child.take_pipes()
    setup: ModelSetup | None = link.read(inward)
    if setup is None:
        return 0
    try:
        from improv.model.choosing import timed
        from improv.model.loading import loaded
        from improv.model.store import digest, find
        from improv.session.thinking import Thinker, fitting

        folder = find(setup.model)
        there = loaded(folder, setup.device)
        improviser = there.improviser
        most = fitting(timed(improviser).together)  # and all is warm when it plays
    except ImprovError as error:
        link.write(outward, ModelFailed(str(error), error.exit_code))
        return error.exit_code
    # A full collection over TensorFlow's 270,000 objects takes 200-390 ms; over none of them, 0.
    gc.collect()
    gc.freeze()
    try:
        name, backend = improviser.name, improviser.backend
        link.write(outward, ModelReady(name, backend, improviser.inert, digest(folder), there.why))
        requests = Incoming()

        lengthening = Lengthening()

        def take(sent: Sent | None) -> None:
            urgency.begin()
            item = None if sent is None else lengthening.whole(sent)
            if sent is None or item is not None:
                requests.put(item)

        reader = link.Reader(inward, take, "player")
        urgency = realtime.Urgency()
        reader.start()
        urgency.follow(reader)
        names = Naming(lambda words: link.write(outward, Notice(words, Level.WARNING)))
        serve(Thinker(improviser, most, requests.is_stale), requests, outward, urgency, names)
    except BrokenPipeError:  # the player is gone
        os._exit(0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
