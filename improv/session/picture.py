"""Music as one picture: the piano roll, and how its pitches, steps and durations are spread.

A long piece is laid out in lines like a score. On the keyboard at the left of each line C is
named; blue and outlined is yours, orange and solid improv's; darker is louder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from improv.errors import InputError
from improv.music.event import Note, Source
from improv.music.names import pitch_name
from improv.ports.midifile import read_notes
from improv.session import look

_WIDTH = 14.0
_LINE_S = 45.0  # seconds a line holds well
_LINES = 4
_BLACK = frozenset({1, 3, 6, 8, 10})
_TOGETHER = 0.01  # seconds: steps below it are heard as one chord
_SHORTEST, _LONGEST = 1e-3, 30.0  # seconds, the ends of the log axes


def draw_file(file: Path, out: Path) -> None:
    """Draw a MIDI file as a .png. Raises InputError, UsageError."""
    draw(read_notes(file), out, title=file.name)


def draw(notes: Sequence[Note], out: Path, title: str) -> None:
    """Draw notes as a .png. Raises InputError where there are none, UsageError for the path."""
    if not notes:
        raise InputError(f"nothing to draw: {title} has no notes")
    notes = sorted(notes, key=lambda n: (n.start, n.pitch, n.source.value, n.velocity, n.duration))
    begin, end = notes[0].start, max(note.start + note.duration for note in notes)
    lines = min(_LINES, max(1, math.ceil((end - begin) / _LINE_S)))
    low, high = _range(notes)
    line = max(1.4, min(2.2, (high - low) * 0.045)) if lines > 1 else 4.2  # inches
    height = 1.05 + lines * (line + 0.42) + 0.35 + 2.6 + 0.55
    with look.picture(out, _WIDTH, height) as figure:
        look.head(figure, title, _words(notes, end - begin))
        _legend(figure, notes)
        top = height - 1.05
        span = max((end - begin) / lines, 0.5)
        for i in range(lines):
            axes = _axes(figure, 0.85, top - line, _WIDTH - 1.3, line)
            _roll(axes, notes, begin + i * span, span, begin, low, high)
            if i == lines - 1:
                axes.set_xlabel("seconds", labelpad=2)
            top -= line + 0.42
        _histograms(figure, notes, low, high)


def _words(notes: Sequence[Note], seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    pitches = [note.pitch for note in notes]
    parts = [
        f"{len(notes):,} notes" if len(notes) != 1 else "1 note",
        f"{minutes}:{rest:02} minutes" if minutes else f"{seconds:.1f} s",
        " to ".join(pitch_name(pitch) for pitch in sorted({min(pitches), max(pitches)})),
    ]
    if len(notes) > 1 and seconds:
        parts.append(f"{len(notes) / seconds:.1f} notes a second")
    return "  ·  ".join(parts)


def _range(notes: Sequence[Note]) -> tuple[int, int]:
    """The pitches to show: all that sound, whole octaves' worth where there are few."""
    low, high = min(n.pitch for n in notes) - 2, max(n.pitch for n in notes) + 2
    while high - low < 24:
        low, high = low - 1, high + 1
    return max(low, -1), min(high, 128)


def _sources(notes: Sequence[Note]) -> list[Source]:
    return [source for source in Source if any(note.source is source for note in notes)]


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the lower left."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


# --- the roll


def _roll(
    axes: Axes,
    notes: Sequence[Note],
    begin: float,
    span: float,
    zero: float,
    low: int,
    high: int,
) -> None:
    """One line of the roll, from `begin` for `span` seconds; its axis counts from `zero`."""
    for pitch in range(max(low, 0), min(high, 127) + 1):
        if pitch % 12 in _BLACK:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=look.SHADE, lw=0, zorder=0)
        if pitch % 12 == 0:
            axes.axhline(pitch - 0.5, color="#d8d4ca", lw=0.9, zorder=1)
    alone = len(_sources(notes)) == 1
    for source in _sources(notes):
        mine = [
            n
            for n in notes
            if n.source is source and n.start < begin + span and n.start + n.duration > begin
        ]
        if mine:
            axes.add_collection(_bars(mine, source, span, outlined=not alone, zero=zero))
    axes.set_xlim(begin - zero, begin - zero + span)
    axes.set_ylim(low - 0.5, high + 0.5)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(
        FixedLocator([p for p in range(128) if p % 12 == 0 and low <= p <= high])
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda p, _: pitch_name(int(p))))
    axes.tick_params(length=0)
    axes.tick_params(axis="y", pad=15)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    _keyboard(axes, low, high)


def _bars(
    notes: Sequence[Note], source: Source, span: float, *, outlined: bool, zero: float
) -> PolyCollection:
    """Notes as bars: yours lower and outlined, improv's full and solid, louder darker."""
    yours = outlined and source is Source.YOU
    half = 0.36 if yours else 0.45
    shortest = span / 500  # as wide as can be seen
    corners, faces = [], []
    for note in notes:
        left = note.start - zero
        right = left + max(note.duration, shortest)
        low, high = note.pitch - half, note.pitch + half
        corners.append([(left, low), (left, high), (right, high), (right, low)])
        shade = look.LOUDNESS[source](note.velocity / 127)
        faces.append((*shade[:3], 0.5) if yours else shade)
    edge = to_rgba(look.COLOUR[source])
    return PolyCollection(
        corners,
        facecolors=faces,
        edgecolors=[edge] * len(notes) if yours else look.PAPER,
        linewidths=0.9 if yours else 0.25,
        zorder=3 if yours else 2,
    )


def _keyboard(axes: Axes, low: int, high: int) -> None:
    """A strip of piano keys at the left edge, outside the roll."""
    across = axes.get_yaxis_transform()
    for pitch in range(max(low, 0), min(high, 127) + 1):
        black = pitch % 12 in _BLACK
        # a black key is short, and the white ones meet behind it
        axes.add_patch(
            Rectangle(
                (-0.0125, pitch - 0.5),
                0.0075 if black else 0.0115,
                1,
                transform=across,
                clip_on=False,
                facecolor="#3a3d44" if black else "white",
                edgecolor="none" if black else "#d8d4ca",
                linewidth=0.4,
            )
        )


def _legend(figure: Figure, notes: Sequence[Note]) -> None:
    """Who is who, and how loudness is shown, at the top right."""
    _, height = figure.get_size_inches()
    right = _WIDTH - 0.45
    sources = _sources(notes)
    for source in reversed(sources):
        axes = _axes(figure, right - 1.5, height - 0.72, 1.5, 0.13)
        bar = figure.colorbar(
            ScalarMappable(Normalize(1, 127), look.LOUDNESS[source]), axes, orientation="horizontal"
        )
        bar.outline.set_visible(False)
        axes.set_xticks([1, 127], ["soft", "loud"])
        axes.tick_params(length=0, labelsize=7, pad=2)
        soft, loud = axes.get_xticklabels()
        soft.set_horizontalalignment("left")
        loud.set_horizontalalignment("right")
        right -= 1.85
        if sources == [Source.YOU]:  # any MIDI file: nobody in particular
            continue
        yours = source is Source.YOU
        axes.add_patch(
            Rectangle(
                (0.0, 1.55),
                0.12,
                0.85,
                transform=axes.transAxes,
                clip_on=False,
                facecolor=(*to_rgba(look.COLOUR[source])[:3], 0.3 if yours else 1.0),
                edgecolor=look.COLOUR[source],
                linewidth=0.9,
            )
        )
        count = sum(note.source is source for note in notes)
        axes.text(
            0.16, 1.92, f"{look.WORDS[source]}  {count:,}", transform=axes.transAxes, va="center"
        )


# --- the histograms


def _histograms(figure: Figure, notes: Sequence[Note], low: int, high: int) -> None:
    width = (_WIDTH - 0.85 - 0.45 - 2 * 0.65) / 3
    pitch, step, duration = (
        _axes(figure, 0.85 + i * (width + 0.65), 0.55, width, 2.6) for i in range(3)
    )
    starts = np.array([note.start for note in notes])
    columns = {
        pitch: np.array([note.pitch for note in notes], float),
        step: np.diff(starts, prepend=starts[0])[1:],
        duration: np.array([note.duration for note in notes]),
    }
    by = np.array([note.source is Source.IMPROV for note in notes])

    pitch.set_title("Pitch")
    _bars_of(pitch, columns[pitch], by, np.arange(low - 0.5, high + 1))
    pitch.xaxis.set_major_locator(
        FixedLocator([p for p in range(128) if p % 12 == 0 and low <= p <= high])
    )
    pitch.xaxis.set_major_formatter(FuncFormatter(lambda p, _: pitch_name(int(p))))

    bins = look.log_bins(_SHORTEST, _LONGEST, 10)
    for axes, title, source in (
        (step, "Step to the next note", by[1:]),
        (duration, "Duration", by),
    ):
        values = np.clip(columns[axes], _SHORTEST * 1.001, _LONGEST * 0.999)
        axes.set_title(title)
        axes.set_xscale("log")
        _bars_of(axes, values, source, bins)
        axes.set_xlim(_SHORTEST, _LONGEST)
        look.log_seconds(axes.xaxis, _SHORTEST, _LONGEST, open_below=True)
    if len(columns[step]):
        share = float(np.mean(columns[step] < _TOGETHER))
        step.axvspan(_SHORTEST, _TOGETHER, color=look.SHADE, lw=0, zorder=0)
        _remark(
            step, f"{share:.0%} together\n(under {look.seconds_words(_TOGETHER)})", 0.02, "left"
        )
        _middle(step, columns[step][columns[step] >= _TOGETHER], "the rest: median")
    _middle(duration, columns[duration], "median")
    pitch.set_ylabel("notes")


def _bars_of(
    axes: Axes,
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    improv: np.ndarray[tuple[int], np.dtype[np.bool_]],
    bins: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    """Bars of one source on the other's, yours hatched where there are both."""
    both = bool(improv.any() and not improv.all())
    floor = np.zeros(len(bins) - 1)
    gap = 0.92
    for source in Source:
        counts, _ = np.histogram(values[improv == (source is Source.IMPROV)], bins)
        if not counts.any():
            continue
        hatched = both and source is Source.YOU
        colour = look.COLOUR[source]
        axes.bar(
            bins[:-1],
            counts,
            np.diff(bins) * gap,
            floor,
            align="edge",
            facecolor=(*to_rgba(colour)[:3], 0.25) if hatched else colour,
            edgecolor=colour if hatched else "none",
            linewidth=0.6,
            hatch="//////" if hatched else None,
        )
        floor = floor + counts
    look.plain(axes)
    axes.tick_params(axis="x", pad=5)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.01)
    axes.set_ylim(0, max(1, floor.max()) * 1.18)


def _middle(axes: Axes, values: np.ndarray[tuple[int], np.dtype[np.float64]], name: str) -> None:
    """A line at the median, with its value."""
    if not len(values):
        return
    median = float(np.median(values))
    shown = min(max(median, _SHORTEST), _LONGEST)
    axes.axvline(shown, color=look.INK, lw=1, ls=(0, (4, 3)))
    words = f"{median * 1000:.0f} ms" if median < 1 else f"{median:.1f} s"
    axes.annotate(
        f"{name} {words}",
        (shown, 0.965),
        xycoords=("data", "axes fraction"),
        xytext=(5, 0),
        textcoords="offset points",
        va="top",
        size=8,
    )


def _remark(axes: Axes, words: str, x: float, align: str) -> None:
    axes.text(x, 0.965, words, transform=axes.transAxes, va="top", ha=align, size=8)
