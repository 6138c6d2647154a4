"""The panels of an evaluation's picture, each on axes it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from improv.music.event import PITCHES, Source
from improv.music.hearing import SHORTEST, time_in
from improv.music.names import pitch_name
from improv.session import look
from improv.train.calibration import Curve
from improv.train.likeness import FEATURES, LOUD, WIDE, WIDEST
from improv.train.score import TIME_EDGES

BLUE, ORANGE = look.COLOUR[Source.YOU], look.COLOUR[Source.IMPROV]
_HEAT = LinearSegmentedColormap.from_list(
    "heat", [look.PAPER, "#f7d9b8", "#ee9a52", "#d9580d", "#8f3405", "#3d1602"]
)
_RARE = 20  # notes: a pitch played less often says nothing about a model


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the lower left."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


def figures(figure: Figure, report: dict[str, Any], bottom: float) -> None:
    """The main figures as bars beside the baselines' and what was claimed; inches from below."""
    shown = [
        ("pitch", "nats", "Pitch, nats (less is better)"),
        ("pitch", "top1", "Pitch, first guess right (more)"),
        ("step", "mse", "Step, squared error, s² (less)"),
        ("duration", "mse", "Duration, squared error, s² (less)"),
    ]
    plain: dict[str, Any] = {"facecolor": "#d9e6ee", "edgecolor": BLUE, "linewidth": 0.6}
    baselines = report["baselines"]
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (report["model"], report, {"facecolor": ORANGE}),
        ("the seed", baselines.get("seed", {}), {"facecolor": BLUE}),
        ("order-3 Markov", baselines.get("markov", {}), plain),
        ("unigram", baselines["unigram"], {**plain, "hatch": "//////"}),
        (
            "claimed elsewhere",
            report["reference"],
            {"facecolor": look.PAPER, "edgecolor": look.FAINT, "linewidth": 0.9},
        ),
    ]
    rows = [row for row in rows if row[1]]
    for i, (factor, mark, title) in enumerate(shown):
        axes = place(figure, 1.75 + i * 3.1, bottom, 2.6, 1.25)
        axes.set_title(title, size=9, weight="normal", pad=5)
        values = [source.get(factor, {}).get(mark) for _, source, _ in rows]
        for y, ((name, _, bar), value) in enumerate(zip(rows, values, strict=True)):
            if i == 0:
                axes.text(0, y, f"{name} ", va="center", ha="right", size=8)
            if value is None:
                continue
            axes.barh(y, value, height=0.72, **bar)
            axes.text(value, y, f" {value:.3g}", va="center", size=8)
        axes.set_xlim(0, max(v for v in values if v is not None) * 1.25 or 1.0)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.axis("off")


def pitch_map(axes: Axes, counts: NDArray[np.float64]) -> None:
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


def time_map(axes: Axes, counts: NDArray[np.int64], title: str) -> None:
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


def leaps(axes: Axes, counts: NDArray[np.int64]) -> None:
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
        color=[ORANGE if step == 0 else BLUE if step % 12 == 0 else "#a9bfcd" for step in steps],
    )
    axes.set_xticks(range(-24, 25, 6))
    axes.set_xlabel("semitones; 0 is right, 12 an octave too high")
    axes.set_ylabel("share of notes")
    _quiet(axes)


def by_piece(axes: Axes, report: dict[str, Any]) -> None:
    """Pitch nats of every piece, best to worst, against what needs no network."""
    nats = sorted(piece["pitch"]["nats"] for piece in report["per_piece"])
    axes.set_title("Pitch, nats a note, piece by piece")
    axes.plot(np.arange(1, len(nats) + 1), nats, color=ORANGE, lw=0, marker="o", ms=3.2)
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


# --- how sure, and how right

_FACTORS: dict[str, dict[str, Any]] = {
    "pitch": {"color": ORANGE, "marker": "o"},
    "step": {"color": BLUE, "marker": "s"},
    "duration": {"color": "#5b8f3a", "marker": "^"},
    "velocity": {"color": "#8a5a9c", "marker": "D"},
}


def calibration(axes: Axes, curves: Mapping[str, Curve]) -> None:
    """How often the likeliest came, by how sure the model was of it."""
    axes.set_title("Calibration: the likeliest came")
    most = max(float(max(c.sure.max(), c.right.max())) for c in curves.values()) if curves else 1.0
    axes.plot([0, 1], [0, 1], color=look.INK, lw=0.7, ls=(0, (2, 4)))
    for factor, curve in curves.items():
        words = f"{factor}, off by {100 * curve.error:.1f} %"
        axes.plot(curve.sure, curve.right, lw=1.3, ms=3.2, label=words, **_FACTORS[factor])
    axes.set_xlim(0, min(1.0, most * 1.05))
    axes.set_ylim(0, min(1.0, most * 1.05))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("how sure the model was of it")
    axes.tick_params(length=0)
    if curves:
        axes.legend(loc="upper left", fontsize=8)


# --- what was played after the prompts

_WHO: dict[str, dict[str, Any]] = {
    "real": {"color": look.FAINT},
    "model": {"color": ORANGE, "lw": 1.7},
    "seed": {"color": BLUE, "lw": 1.1},
    "markov": {"color": look.INK, "lw": 1.0, "ls": (0, (3, 2))},
}
_TITLES = {
    "pitch_class": "Pitch class",
    "interval": "Interval",
    "inter_onset": "Inter-onset",
    "duration": "Duration",
    "velocity": "Velocity",
    "polyphony": "Polyphony",
}
_PITCH_CLASSES = ("C", "", "D", "", "E", "F", "", "G", "", "A", "", "B")


def heading(
    figure: Figure, report: dict[str, Any], pooled: Mapping[str, Any], bottom: float
) -> None:
    """What the panels below show, and whose line is whose."""
    width, height = figure.get_size_inches()
    made = report["generated"]
    figure.text(
        0.55 / width,
        bottom / height,
        f"What follows {made['prompts']} prompts, {made['notes']} notes each",
        size=13,
        weight="bold",
        va="center",
    )
    figure.text(
        0.55 / width,
        (bottom - 0.27) / height,
        "shares of notes; the numbers are distances from what was played, "
        "that of real music from other real music being 1",
        size=9.5,
        color="#5b5f68",
        va="center",
    )
    axes = place(figure, width - 6.6, bottom - 0.25, 6.25, 0.5)
    axes.axis("off")
    names = {"real": "as it was played", "model": report["model"], "markov": "order-3 Markov"}
    for who in pooled:
        look_of = {"lw": 6.0, "alpha": 0.45} | _WHO[who] if who == "real" else _WHO[who]
        axes.plot([], [], label=names.get(who, who), **look_of)
    axes.legend(loc="center right", ncols=4, fontsize=9)


def distribution(
    axes: Axes,
    name: str,
    pooled: Mapping[str, Mapping[str, NDArray[np.float64]]],
    report: Mapping[str, Any],
) -> None:
    """One feature of what was played and of what each contender plays, as shares of notes."""
    made = report["generated"]
    edges = _edges(name)
    for who, shares in pooled.items():
        style = _WHO[who]
        if who == "real":
            axes.stairs(shares[name], edges, fill=True, alpha=0.45, **style)
        else:
            axes.stairs(shares[name], edges, **style)
    axes.set_title(_TITLES[name])
    ratios = [
        f"{report['model'] if who == 'model' else who} "
        f"{made[who]['distributions'][name]['ratio']:.2f}"
        for who in pooled
        if who != "real"
    ]
    axes.annotate(
        "  ·  ".join(ratios),
        (1, 1),
        xycoords="axes fraction",
        xytext=(0, 8),
        textcoords="offset points",
        ha="right",
        va="bottom",
        size=7.5,
        color="#5b5f68",
    )
    match name:
        case "pitch_class":
            axes.set_xticks(range(12), _PITCH_CLASSES)
        case "interval":
            places = range(-WIDEST, WIDEST + 1, 12)
            words = [f"≤ {-WIDEST}", *map(str, places[1:-1]), f"≥ {WIDEST}"]
            axes.set_xticks(places, [word.replace("-", "\N{MINUS SIGN}") for word in words])
            axes.set_xlabel("semitones")
        case "inter_onset" | "duration":
            axes.set_xscale("log")
            look.log_seconds(axes.xaxis, edges[0], edges[-1])
            axes.set_xlabel("from one note's start to the next's" if name != "duration" else "")
        case "polyphony":
            axes.set_xlabel("notes that sound as one begins")
            most = FEATURES[name].bins
            axes.set_xticks(range(1, most + 1), [*map(str, range(1, most)), f"≥ {most}"])
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(bottom=0)
    look.plain(axes)
    axes.spines["left"].set_visible(False)


def _edges(name: str) -> NDArray[np.float64]:
    """(bins + 1,) where the bins of a feature begin and end."""
    count = np.arange(FEATURES[name].bins + 1, dtype=np.float64)
    match name:
        case "inter_onset" | "duration":
            ends = time_in(count * WIDE, 0.0)
            ends[0] = SHORTEST  # the first bin also holds what is shorter
            return ends
        case "interval":
            return count - WIDEST - 0.5
        case "velocity":
            return count * LOUD
        case "polyphony":
            return count + 0.5
        case _:
            return count - 0.5
