"""Pictures of learning: how the losses fell, and what a model foretells against what was played."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from improv.errors import InputError
from improv.session import look
from improv.train import panels
from improv.train.evaluate import Evaluation
from improv.train.likeness import FEATURES
from improv.train.panels import BLUE, ORANGE

_WORDS = {"loss": "All, as weighted", "pitch_loss": "Pitch: nats a note"}
_ORDER = ("loss", "pitch_loss", "step_loss", "duration_loss")
_WIDTH = 14.0

Series = tuple[list[float], list[float]]  # epochs, values


# --- the losses


def losses(log: Path, out: Path, title: str = "Training") -> None:
    """Draw the loss curves of a run from its log.jsonl as a .png.

    One panel for each loss there is, training as a line and validation as dots on a line, the
    best validation marked. Raises InputError on a log without losses, UsageError for the path.
    """
    series, best = _series(log)
    found = {name for _, name in series}
    names = [*(name for name in _ORDER if name in found), *sorted(found - {*_ORDER})]
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    height = 1.0 + rows * 3.5 + 0.2
    with look.picture(out, _WIDTH, height) as figure:
        look.head(figure, title, _run_words(series, best))
        for i, name in enumerate(names):
            row, column = divmod(i, columns)
            width = (_WIDTH - 0.9 - 0.4 - (columns - 1) * 0.7) / columns
            axes = panels.place(
                figure, 0.9 + column * (width + 0.7), height - 1.4 - row * 3.5 - 2.55, width, 2.55
            )
            _curve(axes, series, name, best)
            if row == rows - 1 or i + columns >= len(names):
                axes.set_xlabel("epochs")
        _run_legend(figure)


def _series(log: Path) -> tuple[dict[tuple[str, str], Series], tuple[float, float] | None]:
    """The losses of each event by name, and (epoch, loss) of the best validation."""
    try:
        lines = log.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the log {log}: {error}") from None
    series: dict[tuple[str, str], Series] = {}
    for line in lines:
        try:
            row = json.loads(line)
            event, epoch = row["event"], float(row["epoch"])
            found = {name: float(value) for name, value in row.items() if name.endswith("loss")}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # another event, or a line cut short by a kill
        for name, value in found.items():
            epochs, values = series.setdefault((event, name), ([], []))
            epochs.append(epoch)
            values.append(value)
    if not series:
        raise InputError(f"no losses in {log}; give the log.jsonl of a run of `improv train`")
    epochs, values = series.get(("validation", "loss"), ([], []))
    at = int(np.argmin(values)) if values else -1
    return series, (epochs[at], values[at]) if values else None


def _run_words(series: dict[tuple[str, str], Series], best: tuple[float, float] | None) -> str:
    last = max(epochs[-1] for epochs, _ in series.values())
    words = f"{last:.2f} epochs"
    if best is not None:
        words += f"  ·  best validation loss {best[1]:.4f} after {best[0]:.2f}"
    return words


def _curve(
    axes: Axes,
    series: dict[tuple[str, str], Series],
    name: str,
    best: tuple[float, float] | None,
) -> None:
    axes.set_title(
        _WORDS.get(name, f"{name.removesuffix('_loss').capitalize()}: squared error, s²")
    )
    epochs, values = series.get(("train", name), ([], []))
    if values:
        axes.plot(epochs, values, color=BLUE, lw=0.7, alpha=0.35)
        axes.plot(epochs, _smooth(values), color=BLUE, lw=1.8)
    held_epochs, held = series.get(("validation", name), ([], []))
    if held:
        axes.plot(held_epochs, held, color=ORANGE, lw=1.4, marker="o", ms=4, mec=look.PAPER)
        axes.annotate(
            f"{held[-1]:.4g}",
            (held_epochs[-1], held[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=8,
            color=ORANGE,
        )
    if best is not None:
        axes.axvline(best[0], color=look.INK, lw=0.9, ls=(0, (4, 3)))
    # the first reports come from random weights and would flatten all that follows
    shown = [*_smooth(values)[len(values) // 50 :], *held]
    if shown:
        low, high = min(shown), max(shown)
        room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
        axes.set_ylim(low - room, high + room)
    look.plain(axes)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.03)


def _smooth(values: list[float]) -> list[float]:
    """A running mean over about a thirtieth of the run."""
    width = max(1, len(values) // 30)
    total = np.cumsum(np.concatenate(([0.0], values)))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(0, ends - width)
    smooth: list[float] = ((total[ends] - total[begins]) / (ends - begins)).tolist()
    return smooth


def _run_legend(figure: Figure) -> None:
    width, height = figure.get_size_inches()
    axes = panels.place(figure, width - 3.6, height - 0.75, 3.3, 0.5)
    axes.axis("off")
    axes.plot([], [], color=BLUE, lw=1.8, label="training")
    axes.plot([], [], color=ORANGE, lw=1.4, marker="o", ms=4, label="validation")
    axes.plot([], [], color=look.INK, lw=0.9, ls=(0, (4, 3)), label="best")
    axes.legend(loc="center right", ncols=3, fontsize=9)


# --- an evaluation


def evaluation(result: Evaluation, out: Path) -> None:
    """Draw an evaluation as a .png: foretold against played, and what it played itself."""
    report, seen = result.report, result.seen
    low = 7.0 if result.pooled else 0.0  # inches, where the upper part begins
    lefts, width = (0.95, 5.5, 9.9), 3.75
    with look.picture(out, _WIDTH, low + 11.9) as figure:
        heard = f"  ·  heard as {report['style']}" if report["style"] else ""
        look.head(
            figure,
            f"{report['model']} on {report['data']}",
            f"{report['split']} split  ·  {report['pieces']:,} pieces  ·  {report['targets']:,} "
            f"notes foretold from up to {report['context']} before them{heard}",
        )
        panels.figures(figure, report, low + 9.35)
        maps = [panels.place(figure, left, low + 4.65, width, width) for left in lefts]
        panels.pitch_map(maps[0], seen.pitch)
        panels.time_map(maps[1], seen.step, "Step")
        panels.time_map(maps[2], seen.duration, "Duration")
        row = [panels.place(figure, left, low + 0.75, width, 2.75) for left in lefts]
        panels.leaps(row[0], seen.leap)
        panels.by_piece(row[1], report)
        panels.calibration(row[2], result.curves)
        if result.pooled:
            panels.heading(figure, report, result.pooled, low - 0.3)
            for number, name in enumerate(FEATURES):
                axes = panels.place(
                    figure, lefts[number % 3], 3.6 - 3.05 * (number // 3), width, 2.1
                )
                panels.distribution(axes, name, result.pooled, report)
