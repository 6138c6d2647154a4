"""The look of every picture improv draws: paper, ink, two voices, and how a file is written.

You and improv differ in colour (blue, orange: apart for every common colour blindness, and in
grey) and in mark (outlined, solid). Louder is darker. Drawn with Agg and without a date, so the
same music gives the same bytes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from improv.errors import UsageError
from improv.music.event import Source
from improv.ports.atomic import check_writable, replace_bytes

PAPER = "#fcfbf8"
INK = "#22252b"
FAINT = "#8b8f98"
GRID = "#e6e3dc"
SHADE = "#f2f0ea"
COLOUR = {Source.YOU: "#1f6f9f", Source.IMPROV: "#d9580d"}
# soft to loud, beginning dark enough to be seen on the paper
LOUDNESS = {
    Source.YOU: LinearSegmentedColormap.from_list("you", ["#b9d6e8", "#3f93c4", "#0b3a5c"]),
    Source.IMPROV: LinearSegmentedColormap.from_list("improv", ["#fad3ae", "#ea7a2c", "#7a2a05"]),
}
WORDS = {Source.YOU: "you", Source.IMPROV: "improv"}

_RC: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.dpi": 150,
    "figure.facecolor": PAPER,
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "savefig.facecolor": PAPER,
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8,
}


def check_picture(out: Path) -> None:
    """Raise UsageError on a path no picture can be written to."""
    if out.suffix.lower() != ".png":
        raise UsageError(f"a picture is a .png file, not {out.name!r}")
    try:
        check_writable(out)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot draw to {str(out)!r}: {reason}; give another path") from None


@contextmanager
def picture(out: Path, width: float, height: float) -> Iterator[Figure]:
    """A figure of that many inches, written to `out` when the block ends well.

    Raises UsageError on a path that can't be written, before anything is drawn.
    """
    check_picture(out)
    # whatever matplotlibrc says; and a title in a script the font lacks is drawn as boxes
    with style.context("default", after_reset=True), mpl.rc_context(_RC), quiet_glyphs():
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        yield figure
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
    replace_bytes(out, png.getvalue())


@contextmanager
def quiet_glyphs() -> Iterator[None]:
    """Without matplotlib's words on stderr about letters its font lacks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def head(figure: Figure, title: str, words: str, *, inch: float = 0.42) -> None:
    """The title at the top left, `words` in small letters below it."""
    width, height = figure.get_size_inches()
    left = 0.55 / width
    figure.text(
        left, 1 - inch / height, title, size=16, weight="bold", va="center", parse_math=False
    )
    figure.text(
        left,
        1 - (inch + 0.3) / height,
        words,
        size=9.5,
        color="#5b5f68",
        va="center",
        parse_math=False,
    )


def seconds_words(seconds: float) -> str:
    """A time as on an axis: 5 ms, 0.2 s, 3 s."""
    return f"{seconds * 1000:g} ms" if seconds < 0.0999 else f"{seconds:g} s"


def log_seconds(axis: Any, low: float, high: float, *, open_below: bool = False) -> None:
    """Label every power of ten of a log axis from `low` to `high` seconds.

    `open_below`: the first bin also holds what is shorter.
    """
    ticks = [10.0**power for power in range(-4, 6) if low * 0.999 <= 10.0**power <= high * 1.001]
    words = [seconds_words(tick) for tick in ticks]
    if open_below:
        words[0] = f"≤ {words[0]}"
    axis.set_ticks(ticks, words)
    axis.set_minor_locator(NullLocator())


def log_bins(low: float, high: float, per_decade: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Edges of bins of equal ratio, from `low` to `high`."""
    count = round(np.log10(high / low) * per_decade)
    return np.geomspace(low, high, count + 1)


def plain(axes: Axes, grid: str = "y") -> None:
    """Grid lines one way only."""
    axes.grid(visible=False)
    axes.grid(visible=True, axis=grid)  # type: ignore[arg-type]  # "x", "y" or "both"
    axes.tick_params(length=0)
