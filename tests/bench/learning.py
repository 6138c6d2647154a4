"""What a model gains by hearing who plays, and what it copies: the table of the README.

Pitch: the default model foretells notes of the second half of each performance of a split, given
velocity and step, after 25 notes; `play.memory` blends that with all that was played up to the
note, or with the first half alone. Copies: from the middle of some of them the model plays on, and
`listen.evening` counts its longest run; beside it what the pianist went on with. Cost: CPU time of
this thread.

    python tests/bench/learning.py DATA [--split test] [--notes 150] [--phrases 24] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from improv.listen.evening import LONGEST, Evening, intervals
from improv.model.loading import load
from improv.model.store import find, read_weights
from improv.music.event import Note, Source
from improv.music.vocabulary import WINDOW
from improv.play.memory import Memory
from improv.play.messages import Tonight
from improv.play.params import Params
from improv.train import dataset, foretelling
from improv.train.examples import Pieces

LEARN = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
LEAST = 200  # notes of a performance that has two halves
LENGTH = 64  # notes it plays on


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("data", type=Path)
    asked.add_argument("--split", default="test")
    asked.add_argument("--notes", type=int, default=150, help="of each performance")
    asked.add_argument("--phrases", type=int, default=24)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    folder = find("default")
    pieces = dataset.load(options.data, options.split, durations=folder.spec.durations)
    told = {
        "pitch": foretold(pieces, options.notes),
        "copies": copied(pieces, options.phrases),
        "microseconds": cost(np.asarray(pieces.pitch, np.int64)),
    }
    if options.json:
        print(json.dumps(told))
        return
    for what, table in told.items():
        print(what)
        for name, row in table.items():
            print(f"  {name:>12}  {row}")


def foretold(pieces: Pieces, notes: int) -> dict[str, dict[str, float]]:
    """Nats a note for each place of the knob, and in what share of performances that is less."""
    pitch = np.asarray(pieces.pitch, np.int64)
    spans = [s for s in pairwise(np.asarray(pieces.offsets).tolist()) if np.ptp(s) >= LEAST]
    until = [np.unique(np.linspace(sum(s) // 2, s[1] - 1, notes).astype(np.int64)) for s in spans]
    folder = find("default")
    logits = foretelling.pitch_logits(
        folder.spec, read_weights(folder), pieces, np.concatenate(until)
    )
    rows = np.split(logits, np.cumsum([len(each) for each in until])[:-1])
    told: dict[str, dict[str, float]] = {}
    for name, whole in (("so far", True), ("first half", False)):
        by_piece = {learn: np.zeros(len(spans)) for learn in LEARN}
        for number, ((first, end), played, said) in enumerate(zip(spans, until, rows, strict=True)):
            for note, each in zip(played.tolist(), said, strict=True):
                known = intervals(pitch[first : note if whole else (first + end) // 2].tolist())
                memory = Memory(Tonight(yours=known))
                past = pitch[max(first, note - 64) : note].tolist()
                for learn in LEARN:
                    nats = _nats(memory.blended(each, past, learn), pitch[note])
                    by_piece[learn][number] += nats / len(played)
        for learn in LEARN:
            better = float((by_piece[learn] < by_piece[0.0]).mean())
            nats = float(by_piece[learn].mean())
            told[f"{name} {learn:g}"] = {"nats": round(nats, 4), "better": round(better, 3)}
    return told


def copied(pieces: Pieces, phrases: int) -> dict[str, dict[str, float]]:
    """The longest run of each phrase: its median and its largest, for each place of the knob."""
    model = load("default", "cpu")
    offsets = np.asarray(pieces.offsets)
    long = np.flatnonzero(np.diff(offsets) > 3 * LEAST)
    chosen = np.random.default_rng(0).permutation(long)[:phrases].tolist()
    told = {}
    for learn in (*LEARN, None):
        runs = []
        for number in chosen:
            first, half = int(offsets[number]), int(offsets[number] + offsets[number + 1]) // 2
            evening = Evening()
            for pitch in pieces.pitch[first:half]:
                evening.begin(_note(int(pitch), Source.YOU))
            if learn is None:
                after = pieces.pitch[half : half + LENGTH].tolist()
            else:
                heard = [_heard(pieces, at) for at in range(half - WINDOW, half)]
                model.prime(heard)
                model.remember(Tonight(yours=evening.learnt))
                params = Params(learn=learn)
                after = [model.draw(params, (number, n)).pitch for n in range(LENGTH)]
            for pitch in after:
                evening.begin(_note(pitch, Source.IMPROV))
            runs.append(evening.copies.most)
        name = "the pianist" if learn is None else f"{learn:g}"
        told[name] = {"median": float(np.median(runs)), "most": max(runs)}
    return told


def cost(pitch: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """Of one note, after an hour's playing."""
    line = intervals(pitch[: LONGEST + 1].tolist())
    memory = Memory(Tonight(line, line, (line[:20], line[100:120])))
    every = np.ones(128, np.bool_)
    logits = np.zeros(128, np.float32)
    works: dict[str, Callable[[list[int]], object]] = {
        "learn": lambda past: memory.blended(logits, past, 0.25),
        "copy_cap": lambda past: memory.uncopied(every, past, past, 6),
        "marked": memory.unloved,
    }
    told = {}
    for name, work in works.items():
        taken = []
        for at in range(600):
            past = pitch[LONGEST + at : LONGEST + at + 64].tolist()
            began = time.thread_time_ns()
            work(past)
            taken.append((time.thread_time_ns() - began) / 1000)
        told[name] = {f"p{q}": round(float(np.percentile(taken, q)), 1) for q in (50, 99)}
    return told


def _nats(logits: NDArray[np.floating], pitch: int) -> float:
    values = np.asarray(logits, np.float64)
    top = values.max()
    return float(top + np.log(np.exp(values - top).sum()) - values[pitch])


def _note(pitch: int, source: Source) -> Note:
    return Note(pitch, 80, 0.0, 0.2, source)


def _heard(pieces: Pieces, at: int) -> Note:
    return Note(
        int(pieces.pitch[at]),
        int(pieces.velocity[at]),
        float(pieces.start[at]),
        float(pieces.duration[at]),
        Source.YOU,
    )


if __name__ == "__main__":
    main()
