"""Things timed beside each other: rounds interleaved, wall and CPU time, medians, ratios.

Each round lets every contender do some of the same work, in turn, so that whatever else the
machine does falls on all of them alike. What counts is how many times longer than the first a
contender takes, in one run; the figures themselves belong to the machine and the moment.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Work = Callable[[], tuple[int, float, float]]
"""Do some work; how much (notes, say), and the wall and CPU seconds it took."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians over the rounds, and how many times the first contender's they are."""

    name: str
    wall_us: float  # for one of what was counted
    cpu_us: float
    times_wall: float
    times_cpu: float


def timed(work: Callable[[], int]) -> Work:
    """Work that is timed from its beginning to its end."""

    def run() -> tuple[int, float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        done = work()
        return done, time.perf_counter() - wall, time.process_time() - cpu

    return run


def beside(contenders: Mapping[str, Work], rounds: int) -> list[Timed]:
    """Let each do its work once a round, and compare it with the first."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, work in contenders.items():
            say(f"round {number + 1} of {rounds}: {name}")
            count, wall, cpu = work()
            taken[name].append((1e6 * wall / count, 1e6 * cpu / count))
    medians = {
        name: (statistics.median(w for w, _ in rows), statistics.median(c for _, c in rows))
        for name, rows in taken.items()
    }
    first = next(iter(medians.values()))
    return [
        Timed(name, wall, cpu, ratio(wall, first[0]), ratio(cpu, first[1]))
        for name, (wall, cpu) in medians.items()
    ]


def ratio(value: float, first: float) -> float:
    """How many times the first it is; 0 where the first is too small to tell."""
    return value / first if first else 0.0


def parser(about: str | None, rounds: int) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(
        description=(about or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument("--rounds", type=int, default=rounds, metavar="N")
    return made


def say(text: str) -> None:
    """One line over the last, where somebody looks on."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def show(report: dict[str, Any], tables: Sequence[tuple[str, list[list[str]]]], how: Any) -> None:
    """Print the report as JSON, or its tables; `how` are the parsed options."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    cores = os.cpu_count()
    machine = f"{platform.system()} {platform.machine()}, {cores} cores, Python {sys.version[:6]}"
    if how.json:
        print(json.dumps({**report, "rounds": how.rounds, "machine": machine}))
        return
    for title, rows in tables:
        print(f"\n{title}")
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for name, *cells in rows:
            right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
            print("  ".join([name.ljust(widths[0]), *right]))
    print(f"\nmedians of {how.rounds} rounds; {machine}")


def table(title: str, rows: list[Timed]) -> tuple[str, list[list[str]]]:
    """Contenders and what they take."""
    head = ["", "wall us", "CPU us", "x wall", "x CPU"]
    return title, [
        head,
        *(
            [
                row.name,
                f"{row.wall_us:,.1f}",
                f"{row.cpu_us:,.1f}",
                f"{row.times_wall:,.2f}",
                f"{row.times_cpu:,.2f}",
            ]
            for row in rows
        ),
    ]
