"""Pictures of learning: how the losses fell, and what a model foretells against what was played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from improv.errors import InputError
from improv.music.event import PITCHES, Source
from improv.music.names import pitch_name
from improv.session import look
from improv.train.evaluate import Evaluation
from improv.train.score import TIME_EDGES

_BLUE, _ORANGE = look.COLOUR[Source.YOU], look.COLOUR[Source.IMPROV]
_HEAT = LinearSegmentedColormap.from_list(
    "heat", [look.PAPER, "#f7d9b8", "#ee9a52", "#d9580d", "#8f3405", "#3d1602"]
)
_WORDS = {"loss": "All, as weighted", "pitch_loss": "Pitch: nats a note"}
_ORDER = ("loss", "pitch_loss", "step_loss", "duration_loss")
_RARE = 20  # notes: a pitch played less often says nothing about a model
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
            axes = _axes(
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
        axes.plot(epochs, values, color=_BLUE, lw=0.7, alpha=0.35)
        axes.plot(epochs, _smooth(values), color=_BLUE, lw=1.8)
    held_epochs, held = series.get(("validation", name), ([], []))
    if held:
        axes.plot(held_epochs, held, color=_ORANGE, lw=1.4, marker="o", ms=4, mec=look.PAPER)
        axes.annotate(
            f"{held[-1]:.4g}",
            (held_epochs[-1], held[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=8,
            color=_ORANGE,
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
    axes = _axes(figure, width - 3.6, height - 0.75, 3.3, 0.5)
    axes.axis("off")
    axes.plot([], [], color=_BLUE, lw=1.8, label="training")
    axes.plot([], [], color=_ORANGE, lw=1.4, marker="o", ms=4, label="validation")
    axes.plot([], [], color=look.INK, lw=0.9, ls=(0, (4, 3)), label="best")
    axes.legend(loc="center right", ncols=3, fontsize=9)


# --- an evaluation


def evaluation(result: Evaluation, out: Path) -> None:
    """Draw an evaluation as a .png: pitch, step and duration foretold against played."""
    report, seen = result.report, result.seen
    with look.picture(out, _WIDTH, 11.4) as figure:
        look.head(
            figure,
            f"{report['model']} on {report['data']}",
            f"{report['split']} split  ·  {report['pieces']:,} pieces  ·  "
            f"{report['targets']:,} notes foretold from up to {report['context']} before them",
        )
        _figures(figure, report)
        _pitch_map(_axes(figure, 0.95, 4.65, 3.75, 3.75), seen.pitch)
        _time_map(_axes(figure, 5.5, 4.65, 3.75, 3.75), seen.step, "Step")
        _time_map(_axes(figure, 9.9, 4.65, 3.75, 3.75), seen.duration, "Duration")
        _leaps(_axes(figure, 0.95, 0.75, 5.6, 2.75), seen.leap)
        _by_piece(_axes(figure, 7.55, 0.75, 6.1, 2.75), report)


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the lower left."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


def _figures(figure: Figure, report: dict[str, Any]) -> None:
    """The main figures as bars beside what needs no network and what was claimed."""
    shown = [
        ("pitch", "nats", "Pitch, nats (less is better)"),
        ("pitch", "top1", "Pitch, first guess right (more)"),
        ("step", "mse", "Step, squared error, s² (less)"),
        ("duration", "mse", "Duration, squared error, s² (less)"),
    ]
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (report["model"], report, {"facecolor": _ORANGE}),
        (
            "no network",
            report["baselines"]["unigram"],
            {"facecolor": "#d9e6ee", "edgecolor": _BLUE, "hatch": "//////", "linewidth": 0.6},
        ),
        (
            "claimed elsewhere",
            report["reference"],
            {"facecolor": look.PAPER, "edgecolor": look.FAINT, "linewidth": 0.9},
        ),
    ]
    for i, (factor, mark, title) in enumerate(shown):
        axes = _axes(figure, 1.75 + i * 3.1, 9.3, 2.6, 0.78)
        axes.set_title(title, size=9, weight="normal", pad=5)
        values = [source.get(factor, {}).get(mark) for _, source, _ in rows]
        for y, ((name, _, bar), value) in enumerate(zip(rows, values, strict=True)):
            if value is None:
                continue
            axes.barh(y, value, height=0.72, **bar)
            axes.text(value, y, f" {value:.3g}", va="center", size=8)
            if i == 0:
                axes.text(0, y, f"{name} ", va="center", ha="right", size=8)
        axes.set_xlim(0, max(v for v in values if v is not None) * 1.25 or 1.0)
        axes.invert_yaxis()
        axes.axis("off")


def _pitch_map(axes: Axes, counts: NDArray[np.float64]) -> None:
    """Played across, foretold upwards; a column is where the probability went."""
    often = counts.sum(axis=1)
    played = np.flatnonzero(often >= min(_RARE, often.max()))
    low, high = int(played.min()), int(played.max())
    share = np.zeros_like(counts)
    share[played] = counts[played] / often[played, None]
    axes.set_title("Pitch: where the probability goes")
    axes.pcolormesh(
        np.arange(PITCHES + 1) - 0.5,
        np.arange(PITCHES + 1) - 0.5,
        share.T,
        cmap=_HEAT,
        vmin=0,
        vmax=float(np.quantile(share[played], 0.998)),
        rasterized=True,
    )
    _diagonal(axes, low, high)
    names = [p for p in range(0, PITCHES, 12) if low <= p <= high]
    axes.set_xticks(names, [pitch_name(p) for p in names])
    axes.set_yticks(names, [pitch_name(p) for p in names])
    axes.set_xlim(low - 0.5, high + 0.5)
    axes.set_ylim(low - 0.5, high + 0.5)
    axes.set_xlabel("played")
    axes.set_ylabel("foretold")


def _time_map(axes: Axes, counts: NDArray[np.int64], title: str) -> None:
    axes.set_title(f"{title}: foretold and played")
    axes.set_xscale("log")
    axes.set_yscale("log")
    if counts.any():
        axes.pcolormesh(
            TIME_EDGES,
            TIME_EDGES,
            np.ma.masked_equal(counts.T, 0),
            cmap=_HEAT,
            norm=LogNorm(1, max(2, counts.max())),
            rasterized=True,
        )
    _diagonal(axes, TIME_EDGES[0], TIME_EDGES[-1])
    for axis in (axes.xaxis, axes.yaxis):
        look.log_seconds(axis, TIME_EDGES[0], TIME_EDGES[-1], open_below=True)
    axes.set_xlim(TIME_EDGES[0], TIME_EDGES[-1])
    axes.set_ylim(TIME_EDGES[0], TIME_EDGES[-1])
    axes.tick_params(axis="x", pad=6)
    axes.set_xlabel("played", labelpad=2)


def _diagonal(axes: Axes, low: float, high: float) -> None:
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.plot([low, high], [low, high], color=look.INK, lw=0.7, ls=(0, (2, 4)))


def _leaps(axes: Axes, counts: NDArray[np.int64]) -> None:
    """How far the likeliest pitch lies from the one played."""
    reach = 24
    middle = PITCHES - 1
    share = counts / max(1, counts.sum())
    steps = np.arange(-reach, reach + 1)
    axes.set_title("The likeliest pitch, from the one played")
    axes.bar(
        steps,
        share[middle - reach : middle + reach + 1],
        0.86,
        color=[_ORANGE if step == 0 else _BLUE if step % 12 == 0 else "#a9bfcd" for step in steps],
    )
    axes.set_xticks(range(-24, 25, 6))
    axes.set_xlabel("semitones; 0 is right, 12 an octave too high")
    axes.set_ylabel("share of notes")
    _quiet(axes)


def _by_piece(axes: Axes, report: dict[str, Any]) -> None:
    """Pitch nats of every piece, best to worst, against what needs no network."""
    nats = sorted(piece["pitch"]["nats"] for piece in report["per_piece"])
    axes.set_title("Pitch, nats a note, piece by piece")
    axes.plot(np.arange(1, len(nats) + 1), nats, color=_ORANGE, lw=0, marker="o", ms=3.2)
    lines = {
        "no network": report["baselines"]["unigram"]["pitch"]["nats"],
        "all notes": report["pitch"]["nats"],
    }
    for (name, value), style in zip(lines.items(), ((0, (2, 3)), "-"), strict=True):
        axes.axhline(value, color=look.INK, lw=0.9, ls=style)
        axes.annotate(
            f"{name} {value:.2f}",
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            size=8,
        )
    axes.set_xlabel("pieces, the best foretold first")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _quiet(axes)


def _quiet(axes: Axes) -> None:
    look.plain(axes)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.02)
