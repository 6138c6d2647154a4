"""The model process: a pure function from a context to the notes that may follow.

It holds no state that matters: each Request carries its whole context, so a killed and restarted
model goes on as if nothing had happened. Ends when the player does (its stdin closes).
"""

from __future__ import annotations

import gc
import os
import queue
from typing import TYPE_CHECKING

from improv.errors import ImprovError
from improv.session import child, link, realtime
from improv.session.messages import ModelFailed, ModelReady, ModelSetup, Request

if TYPE_CHECKING:
    from improv.session.thinking import Thinker

QUIET = 0.15
"""Seconds without a request after which futures are drawn: a knob that is being turned asks for a
plan ten times a second, and of each but the last nothing will be heard."""
Incoming = queue.SimpleQueue[Request | None]


def serve(thinker: Thinker, inward: Incoming, outward: int, urgency: realtime.Urgency) -> None:
    """Answer requests until the pipe ends; between them draw the other ways to go on, at leisure.

    Whoever brings a request has begun with urgency.
    """
    quiet = False
    while True:
        if quiet and thinker.busy and inward.empty():
            more = thinker.think()
            if more is not None:
                link.write(outward, more)
            continue
        try:
            request = inward.get(timeout=QUIET if thinker.busy else None)
        except queue.Empty:
            quiet = True
            continue
        quiet = False
        if request is None:
            return
        proposal = thinker.answer(request)
        if proposal is not None:
            link.write(outward, proposal)
        urgency.end()
        if not inward.empty():  # it came just before that
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
        requests: Incoming = queue.SimpleQueue()

        def take(request: Request | None) -> None:
            urgency.begin()
            requests.put(request)

        reader = link.Reader(inward, take, "player")
        urgency = realtime.Urgency()
        reader.start()
        urgency.follow(reader)
        serve(Thinker(improviser, most, lambda: not requests.empty()), requests, outward, urgency)
    except BrokenPipeError:  # the player is gone
        os._exit(0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
