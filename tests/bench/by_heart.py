"""How much a model plays by heart: notes in runs of nine and more that its lessons hold.

After the first notes of test performances it goes on alone, at each temperature, and once more cold
with a cap. Of the performances themselves the same share is said. CPU time of the question a note.

    python tests/bench/by_heart.py asap-performances.zip [--json] [--model default]
"""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from rounds import parser, say, show

from improv.model import store
from improv.model.loading import load
from improv.music.event import Note
from improv.play.interfaces import Remembering
from improv.play.lessons import Lessons
from improv.play.memory import Memory
from improv.play.messages import NOTHING
from improv.play.params import Params
from improv.train import dataset

DATA = Path(os.environ.get("IMPROV_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
PROMPTS, HEARD, PLAYED = 12, 40, 200  # performances, and notes of each
WAYS = ((0.3, 0), (0.6, 0), (1.0, 0), (1.3, 0), (0.3, 12))  # temperature, and cap


def main() -> None:
    options = parser(__doc__, rounds=1)
    options.add_argument("pack")
    options.add_argument("--model", default="default", metavar="NAME")
    how = options.parse_args()
    pieces = dataset.load(DATA / how.pack, "test")
    begins = pieces.offsets[:-1][:: max(1, len(pieces.names) // PROMPTS)][:PROMPTS]
    improviser = load(how.model, "cpu")
    assert isinstance(improviser, Remembering)
    found: dict[str, dict[str, float]] = {}
    for temperature, cap in WAYS:
        say(f"temperature {temperature}, cap {cap}")
        params = Params(temperature=temperature, copy_cap=cap)
        runs = []
        for seed, begin in enumerate(begins):
            at = slice(int(begin), int(begin) + HEARD)
            columns = (pieces.pitch, pieces.velocity, pieces.start, pieces.duration)
            rows = zip(*(column[at].tolist() for column in columns), strict=True)
            improviser.prime([Note(*row) for row in rows])
            improviser.remember(NOTHING)
            drawn = (improviser.draw(params, (seed, index)) for index in range(PLAYED))
            runs.append([note.by_heart for note in drawn])
        longest = [max(run) for run in runs]
        found[f"{temperature}" + (f", cap {cap}" if cap else "")] = {
            "share": round(float(np.mean(np.array(runs) > 0)), 4),
            "longest_median": float(np.median(longest)),
            "longest": max(longest),
        }
    lessons = Lessons.kept(store.read_lessons(store.find(how.model)))
    assert lessons is not None
    real = [
        lessons.copied(pieces.pitch[max(a, n - 12) : n].tolist()) > 0
        for a, b in pairwise(pieces.offsets.tolist())
        for n in range(a + 1, b + 1, 10)
    ]
    memory, own, times = Memory(NOTHING, lessons), [60 + n % 12 for n in range(64)], []
    for _ in range(2000):
        began = time.thread_time_ns()
        memory.by_heart(own, 60)
        times.append((time.thread_time_ns() - began) / 1000)
    report = {
        "benchmark": "by heart",
        "model": how.model,
        "temperatures": found,
        "performances": round(float(np.mean(real)), 4),
        "cpu_us": round(float(np.median(times)), 1),
    }
    rows = [["temperature", "by heart", "longest run, in the middle", "at most"]]
    for name, row in found.items():
        cells = (f"{row['share']:.1%}", f"{row['longest_median']:g}", f"{row['longest']:g}")
        rows.append([name, *cells])
    rows.append(["the performances", f"{report['performances']:.1%}", "", ""])
    show(report, [(f"by heart: {how.model}, {report['cpu_us']} us a note", rows)], how)


if __name__ == "__main__":
    main()
