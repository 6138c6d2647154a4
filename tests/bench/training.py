"""Learning, beside the largest matrix product: what share of this machine a training step takes.

The default network learns from made-up notes with the step, the optimizer and the precision that
`improv train` uses; between its steps the same machine multiplies matrices as fast as it can, so
that both meet the same load. The work of a step is counted as in improv/train/throughput.py:
multiply-adds of its products and convolutions, forward and backward.

    python tests/bench/training.py [--json] [--config configs/relative.toml] [--units N]
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rounds import parser, ratio, say, show

from improv.config import load_table
from improv.train import sequences, throughput
from improv.train.config import TrainConfig
from improv.train.dataset import Pieces
from improv.train.learner import Alone, compiled
from improv.train.lessons import SequenceLessons

CONFIG = Path(__file__).parents[2] / "configs" / "relative.toml"


def music(config: TrainConfig, notes: int) -> SequenceLessons:
    """Random notes, which a step takes as long for as for any others."""
    rng = np.random.default_rng(0)
    pieces = Pieces(
        pitch=rng.integers(30, 100, notes, dtype=np.uint8),
        velocity=rng.integers(1, 128, notes, dtype=np.uint8),
        start=np.cumsum(rng.choice([0.0, 0.02, 0.1, 0.25], notes)),
        duration=rng.uniform(0.05, 0.6, notes).astype(np.float32),
        offsets=np.array([0, notes]),
        names=("made up",),
    )
    played = sequences.of([(pieces, 0, 1.0)], config.sequences.length, config.units)
    return SequenceLessons(played, config.batch, config.augmentation)


def main() -> None:
    options = parser(__doc__, rounds=5)
    options.add_argument("--config", type=Path, default=CONFIG, metavar="FILE.toml")
    options.add_argument("--steps", type=int, default=8, metavar="N", help="of a round")
    options.add_argument("--units", type=int, metavar="N", help="instead of the configuration's")
    how = options.parse_args()
    config = load_table(how.config, TrainConfig)
    if how.units:
        config = replace(config, units=how.units)
    lessons = music(config, 5 * config.batch * config.sequences.length)
    learner = Alone(compiled(config))
    batches = [lessons.lesson(0, number) for number in range(3)]
    say("counting the work of a step")
    work = throughput.multiply_adds(learner.model, batches[0], lessons.turns)
    say("compiling")
    learner.learn(batches[0], 1e-4)
    rows: list[dict[str, float]] = []
    for number in range(how.rounds):
        say(f"round {number + 1} of {how.rounds}")
        peak = throughput.peak()
        cpu, wall = time.process_time(), time.perf_counter()
        for step in range(how.steps):
            learner.learn(batches[step % len(batches)], 1e-4)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        notes = how.steps * config.batch * config.sequences.length
        rows.append(
            {
                "notes_per_second": notes / wall,
                "notes_per_cpu_second": notes / cpu,
                "gflops": 2e-9 * how.steps * work / wall,
                "peak_gflops": 2e-9 * peak,
                "share_of_peak": ratio(how.steps * work / wall, peak),
            }
        )
    found = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    report: dict[str, Any] = {
        "benchmark": "training",
        "units": config.units,
        "backend": keras.backend.backend(),
        "precision": config.precision,
        "multiply_adds_per_note": work / (config.batch * config.sequences.length),
        **found,
    }
    title = f"training {config.units} units on {keras.backend.backend()}, {config.precision}"
    show(report, [(title, [[key, f"{value:,.3f}"] for key, value in found.items()])], how)


if __name__ == "__main__":
    main()
