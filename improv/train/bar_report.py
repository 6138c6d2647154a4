"""What generated bars are like, beside real ones and those of a network that is told nothing.

Each real bar of a split is generated anew from the bar before it and its chord, so that all are
counted over the same places; of silence that goes on only the first bar counts, see
`bar_lessons.lessons`. Then the network goes on from itself, as in playing, over the song's chords.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from improv.music.bar import REST
from improv.music.event import PITCHES
from improv.music.names import pitch_class_name
from improv.train import bar_figures, bar_lessons
from improv.train.bar_config import BarConfig
from improv.train.bar_figures import Figures
from improv.train.bar_songs import Bars

Ints = npt.NDArray[np.int64]
Weights = Mapping[str, Any]

GOES_ON = 8  # bars from itself
FEWEST = 4  # notes of a bar that can be told from all others


def report(
    networks: Mapping[str, Weights], bars: Bars, learnt: Bars, seed: int = 0
) -> tuple[dict[str, Any], dict[str, Figures]]:
    """What `improv evaluate --model bars` says, and the figures to draw.

    Args:
        networks: weights by what to call them in the report.
        bars: those to generate anew.
        learnt: those that were learnt from.
        seed: of what is drawn.
    """
    numbers = bar_lessons.lessons(bars)
    given = bar_lessons.lesson(bars, numbers, BarConfig(), np.random.default_rng(seed))
    real = bar_figures.figures(given.previous, given.real, given.triad)
    known = _shapes(learnt.steps)
    found = {"real": real}
    told: dict[str, Any] = {
        "bars": len(numbers),
        "real": _figures(real) | {"copied": _copied(given.real, known)},
    }
    for name, weights in networks.items():
        made = bar_lessons.generated(weights, given)
        found[name] = bar_figures.figures(given.previous, made, given.triad)
        told[name] = {
            **_figures(found[name]),
            "copied": _copied(made, known),
            "distance": _rounded(found[name].distances(real)),
            "going_on": _going_on(weights, bars, real, seed),
        }
    return told, found


def _figures(of: Figures) -> dict[str, Any]:
    return {
        "empty_bars": round(of.empty, 4),
        "notes_per_bar": round(of.density, 3),
        "in_chord": round(of.in_chord, 4),
        "repeats": round(of.same, 4),
        **{name: np.round(of.distributions[name], 4).tolist() for name in of.distributions},
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}


def _going_on(weights: Weights, bars: Bars, real: Figures, seed: int) -> dict[str, Any]:
    """The last of `GOES_ON` bars that each follow on the network's own, after one real bar."""
    size = len(bars)
    starts = np.arange(1, size - GOES_ON)
    unbroken = np.all([bars.follows[starts + k] for k in range(GOES_ON)], axis=0)
    sounds = ~(bars.steps[starts - 1] == REST).all(axis=1)
    starts = starts[unbroken & sounds][::GOES_ON]
    if not len(starts):
        return {"bars": 0}
    rng = np.random.default_rng([seed, 1])
    last = made = previous = bars.steps[starts - 1]
    for bar in range(GOES_ON):
        given = bar_lessons.lesson(bars, starts + bar, BarConfig(), rng, previous=previous)
        made = bar_lessons.generated(weights, given)
        last = previous
        silent = (made == REST).all(axis=1)[:, None]
        previous = np.where(silent, previous, made)  # as in playing: the last bar that sounds
    ours = bar_figures.figures(last, made, given.triad)
    return {
        "bars": len(starts),
        "empty_bars": round(ours.empty, 4),
        "notes_per_bar": round(ours.density, 3),
        "in_chord": round(ours.in_chord, 4),
        "distance": _rounded(ours.distances(real)),
    }


def _shapes(steps: Ints) -> set[bytes]:
    """Bars with notes enough to be told apart, each moved so that its first note is 0."""
    begins = steps < PITCHES
    some = steps[begins.sum(axis=1) >= FEWEST]
    there = some < PITCHES
    first = some[np.arange(len(some)), there.argmax(axis=1)]
    moved = np.where(there, some - first[:, None] + PITCHES, some + 2 * PITCHES)
    return {row.tobytes() for row in moved.astype(np.int16)}


def _copied(steps: Ints, known: set[bytes]) -> float:
    """Of the different bars with notes enough, the share that were learnt from, in any key."""
    ours = _shapes(steps)
    return round(len(ours & known) / max(1, len(ours)), 4)


def words(told: Mapping[str, Any]) -> str:
    """The report in lines."""
    lines = [f"{told['bars']:,} bars of the split, each generated anew"]
    for name, of in told.items():
        if name == "bars":
            continue
        line = (
            f"{name:<14} {of['empty_bars']:6.1%} empty, {of['notes_per_bar']:.2f} notes a bar, "
            f"{of['in_chord']:.1%} of them in the chord"
        )
        if "distance" in of:
            apart = of["distance"]
            line += (
                f"; from real ones {apart['pitch_class']:.4f} bits of pitch class, "
                f"{apart['interval']:.4f} of interval, {apart['mean']:.4f} in the mean"
            )
        lines.append(line)
    return "\n".join(lines)


def picture(found: Mapping[str, Figures], path: Path) -> None:
    """Draw the distributions of all, side by side."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    titles = {
        "pitch_class": "pitch class",
        "degree": "semitones above the chord's root",
        "interval": "interval to the note before, semitones",
        "place": "step of the bar a note begins on",
        "count": "notes that begin in a bar",
    }
    first = {"interval": -(len(found["real"].distributions["interval"]) // 2)}
    figure = Figure(figsize=(11, 10), layout="constrained")
    panels = figure.subplots(3, 2).ravel()
    for axes, (name, title) in zip(panels, titles.items(), strict=False):
        for number, (who, of) in enumerate(found.items()):
            shares = of.distributions[name]
            at = np.arange(len(shares)) + first.get(name, 0)
            width = 0.8 / len(found)
            axes.bar(at + (number - (len(found) - 1) / 2) * width, shares, width, label=who)
        axes.set(title=title, ylabel="share")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if name == "pitch_class":
            axes.set_xticks(range(12), [pitch_class_name(n) for n in range(12)])
    axes = panels[-1]
    kinds = ("empty bars", "notes in the chord", "notes a bar / 16")
    for number, (who, of) in enumerate(found.items()):
        values = (of.empty, of.in_chord, of.density / 16)
        width = 0.8 / len(found)
        places = np.arange(3) + (number - (len(found) - 1) / 2) * width
        axes.bar(places, values, width, label=who)
    axes.set_xticks(range(3), kinds)
    axes.set(title="shares")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    figure.savefig(path)
