"""The model process: a pure function from a context to the notes that may follow.

It holds no state that matters: each Request carries its whole context, so a killed and restarted
model goes on as if nothing had happened. Ends when the player does (its stdin closes).
"""

from __future__ import annotations

import gc
import os
import time

from improv.errors import ImprovError
from improv.play.interfaces import Improviser
from improv.play.params import Params
from improv.session import child, link
from improv.session.messages import ModelFailed, ModelReady, ModelSetup, Proposal, Request


def answer(improviser: Improviser, request: Request) -> Proposal:
    """Continue the request's context, timing each note in microseconds of wall time."""
    notes, took = [], []
    improviser.prime(request.context, request.before)
    for key, within in request.draws():
        began = time.perf_counter_ns()
        notes.append(improviser.draw(request.params, key, within))
        took.append((time.perf_counter_ns() - began) / 1000)
    return Proposal(request.number, tuple(notes), tuple(took))


def main() -> int:
    inward, outward = child.take_pipes()
    setup: ModelSetup | None = link.read(inward)
    if setup is None:
        return 0
    try:
        from improv.model.loading import load
        from improv.model.store import digest, find

        folder = find(setup.model)
        improviser = load(folder, setup.device)
        answer(improviser, Request(0, (), Params(), 2, 0, 0))  # warm before the first note counts
    except ImprovError as error:
        link.write(outward, ModelFailed(str(error), error.exit_code))
        return error.exit_code
    # A full collection over TensorFlow's 270,000 objects takes 200-390 ms; over none of them, 0.
    gc.collect()
    gc.freeze()
    try:
        name, backend = improviser.name, improviser.backend
        link.write(outward, ModelReady(name, backend, improviser.inert, digest(folder)))
        while (request := link.read(inward)) is not None:
            link.write(outward, answer(improviser, request))
    except BrokenPipeError:  # the player is gone
        os._exit(0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
