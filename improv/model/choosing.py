"""Which device plays: by a measurement when the model is loaded, in words a musician can check.

Two things are asked of a device. While somebody waits it draws one note after another, and what it
takes is what they wait. Behind a plan it draws many futures side by side, which a GPU does in the
time of one. So one device may do the first and another the second.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from improv.music.opening import phrase
from improv.play.interfaces import Branching
from improv.play.messages import ANY
from improv.play.params import Params

NOTES = 8  # of each future that is timed
FUTURES = 32  # that are wanted at once
WAITED = 0.010  # seconds for a note; two of them and the way there are what a turned knob may take


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that a note takes: alone, and as one of `FUTURES` drawn side by side."""

    alone: float
    together: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The device that draws single notes, the one that draws futures, and why."""

    alone: str
    together: str
    why: str


def chosen(timings: Mapping[str, Timing]) -> Choice:
    """The fastest for either. A device that is measured first wins where they are as fast."""
    alone = min(timings, key=lambda device: timings[device].alone)
    together = min(timings, key=lambda device: timings[device].together)
    why = (
        f"a note alone takes {_each(timings, 'alone')}; "
        f"one of {FUTURES} at once {_each(timings, 'together')}"
    )
    if timings[alone].alone > WAITED:
        why += f"; more than {1000 * WAITED:g} ms a note is late under a turned knob"
    return Choice(alone, together, why)


def timed(improviser: Branching, rounds: int = 2) -> Timing:
    """What its notes take; the first round is for its caches and does not count."""
    futures = improviser.abreast
    params = Params(futures=1)
    alone, together = [], []
    for _ in range(rounds):
        improviser.prime(phrase())
        rows = [[(row, note) for note in range(NOTES)] for row in range(futures)]
        improviser.draw(params, (0, 0), ANY)  # takes the phrase in, which is not timed
        together.append(_taken(improviser, params, rows) / (NOTES * futures))
        began = time.perf_counter()
        for note in range(NOTES):
            improviser.draw(params, (0, note), ANY)
        alone.append((time.perf_counter() - began) / NOTES)
    return Timing(min(alone[1:] or alone), min(together[1:] or together))


def _taken(
    improviser: Branching, params: Params, rows: Sequence[Sequence[tuple[int, int]]]
) -> float:
    began = time.perf_counter()
    for _ in improviser.imagine(params, rows, ANY):
        pass
    return time.perf_counter() - began


def _each(timings: Mapping[str, Timing], what: str) -> str:
    parts = [f"{1000 * getattr(t, what):.3g} ms on the {device}" for device, t in timings.items()]
    return ", ".join(parts)
