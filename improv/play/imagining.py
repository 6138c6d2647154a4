"""What a network makes of a note that was drawn from it: how surprising, and how much it expected.

Both in nats, of all factors together, by the network's own distributions: before temperature, and
before what a player asks. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music.event import ProposedNote
from improv.music.hearing import time_bin, velocity_number
from improv.play import factors
from improv.play.factors import Listener
from improv.play.interfaces import Imagined, Metrical
from improv.play.messages import ANY, Bounds, Key
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.sampling import Logits

Floats = NDArray[np.float64]


class Singer(Protocol):
    """One future on its way: `weigh` draws its next note, and says what the network made of it.

    One that plays to a beat finishes its bar, with keys that go on from the last.
    """

    def weigh(self, params: Params, key: Key, within: Bounds = ANY) -> Imagined: ...


def one_by_one(
    branch: Callable[[], Singer], params: Params, keys: Sequence[Sequence[Key]], within: Bounds
) -> Iterator[list[tuple[Imagined, ...]]]:
    """`improv.play.interfaces.Branching.imagine`, one future after the other."""
    for row in keys:
        singer, bounds = branch(), within
        future: list[Imagined] = []
        for key in row:
            if future:
                yield []
            future.append(singer.weigh(params, key, bounds))
            bounds = ANY
        for key in beyond(singer if isinstance(singer, Metrical) else None, row):
            yield []
            future.append(singer.weigh(params, key))
        yield [tuple(future)]


def beyond(metrical: Metrical | None, row: Sequence[Key]) -> Iterator[Key]:
    """Keys for the rest of a bar, after these, where there is any."""
    if row and metrical is not None:
        seed, index = row[-1]
        while metrical.unfinished:
            index += 1
            yield seed, index


def weigh(
    listener: Listener, recent: Recent, params: Params, key: Key, within: Bounds = ANY
) -> Imagined:
    """The note that `factors.draw` draws, and what the network makes of it."""
    drawn = factors.drawing(recent, params, key, within)
    said: dict[str, Logits] = {}
    try:
        question = next(drawn)
        while True:
            logits = said[question.factor] = factors.asked(listener, question)
            question = drawn.send(logits)
    except StopIteration as done:
        note: ProposedNote = done.value
    surprise, expected = weighed([note], {name: x[None] for name, x in said.items()}, params)
    return Imagined(note, float(surprise[0]), float(expected[0]))


def weighed(
    notes: Sequence[ProposedNote], said: Mapping[str, Logits], params: Params
) -> tuple[Floats, Floats]:
    """Surprise and expectation of N notes, each (N,), by logits (N, bins) of each factor drawn."""
    surprise, expected = np.zeros(len(notes)), np.zeros(len(notes))
    for name, logits in said.items():
        values = np.asarray(logits, np.float64)
        values = values - values.max(axis=1, keepdims=True)
        share = np.exp(values)
        total = share.sum(axis=1)
        bins = [_bin(name, note, params) for note in notes]
        nats = np.log(total)
        surprise += nats - values[np.arange(len(notes)), bins]
        expected += nats - (share * values).sum(axis=1) / total
    return surprise, expected


def _bin(factor: str, note: ProposedNote, params: Params) -> int:
    match factor:
        case "velocity":
            return velocity_number(factors.unbent(note.velocity, params))
        case "pitch":
            return note.pitch
        case "step":
            return int(time_bin(note.step))
        case _:
            return int(time_bin(note.duration / params.note_length))
