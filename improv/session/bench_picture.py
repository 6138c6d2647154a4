"""The picture of a benchmark: how late each note left, over time and as a histogram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from improv.music.event import Source
from improv.session import look

PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def draw(report: dict[str, Any], lateness: list[tuple[float, float]], out: Path) -> None:
    """Draw (seconds since the start, seconds late) of every note. Raises UsageError for `out`."""
    times = np.array([at for at, _ in lateness])
    late = np.maximum(1000 * np.array([seconds for _, seconds in lateness]), 0.01)  # ms, log axis
    colour = look.COLOUR[Source.IMPROV]
    figures = report["lateness_ms"]
    words = [
        f"{report['notes']} notes in {report['seconds']:g} s",
        f"priority {report['priority']}, memory {report['memory']}",
        f"p50 {figures['p50']:.2f}, p99 {figures['p99']:.2f}, max {figures['max']:.2f} ms",
        f"drift {report['drift_ms']:.3f} ms",
        f"hung {report['hung']}",
    ]
    if report["load"]:
        words.insert(1, "beside a busy process on each core")
    top = max(10.0, 1.3 * late.max(initial=0.0))
    with look.picture(out, 12.0, 5.4) as figure:
        look.head(figure, "How late notes leave", "  ·  ".join(words))
        over_time = figure.add_axes((0.075, 0.12, 0.61, 0.64))
        over_time.plot(times, late, ".", ms=3, color=colour)
        over_time.set(yscale="log", ylim=(0.01, top), xlabel="seconds")
        over_time.set_ylabel("ms late at the send call")
        over_time.yaxis.set_major_formatter(PLAIN)
        over_time.set_title("Over time")
        counts = figure.add_axes((0.75, 0.12, 0.22, 0.64))
        counts.hist(late, bins=list(np.geomspace(0.01, top, 48)), color=colour)
        counts.set(xscale="log", xlim=(0.01, top), xlabel="ms late", ylabel="notes")
        counts.xaxis.set_major_formatter(PLAIN)
        counts.set_title("Histogram")
