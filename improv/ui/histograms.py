"""The distributions of pitch, step and length as it plays: improv's above the line, yours below.

Beside the roll, one under the other, where the terminal is large; else in its place on `h`. Each is
drawn against its own highest column, so that shapes can be compared however many notes there are;
how many says the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from improv.music.event import Source
from improv.ui.distributions import (
    Counts,
    halves,
    pitch_columns,
    pitch_place,
    time_columns,
    time_place,
)
from improv.ui.state import State

GAP = 2  # columns between two
NARROW = 60  # columns below which they stand one above the other, if there is height for it
LEAST = 4  # lines of one
TITLES = ("pitch", "step", "length")
PITCHES = tuple((f"C{octave}", 12 * (octave + 1)) for octave in range(1, 8))
TIMES = (("1ms", 0.001), ("10ms", 0.01), (".1s", 0.1), ("1s", 1.0), ("10s", 10.0))
UP, DOWN = (" ", "▄", "█"), (" ", "▀", "█")  # of two half rows none, one, both


class Histograms(Widget):
    """Draws State's distributions; `advance` paints again what has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "histograms--yours",
        "histograms--its",
        "histograms--label",
    }
    ALLOW_SELECT = False

    def __init__(self, state: State) -> None:
        super().__init__(id="histograms")
        self._state = state
        self._painted: tuple[int, ...] | None = None

    def advance(self) -> None:
        """Paint again if notes have come or ended."""
        frame = (self._state.changes, *self.size)
        if self.display and frame != self._painted:
            self._painted = frame
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        segments: list[Segment] = []
        if width < NARROW and height >= LEAST * len(TITLES):
            which, y = divmod(y, height // len(TITLES))
            if width >= 8 and which < len(TITLES):
                segments = _line(self, y, width, height // len(TITLES), TITLES[which])
        else:
            each = (width - 2 * GAP) // len(TITLES)
            for title in TITLES if each >= 8 and height >= LEAST else ():
                segments += _line(self, y, each, height, title)
                segments.append(Segment(" " * GAP, self.rich_style))
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def style_of(self, name: str) -> Style:
        return self.get_component_rich_style(f"histograms--{name}")

    def counts(self, source: Source) -> Counts:
        return self._state.distributions.of[source]


def _columns(title: str, counts: Counts, width: int) -> Sequence[int]:
    if title == "pitch":
        return pitch_columns(counts.pitch, width)
    return time_columns(counts.step if title == "step" else counts.duration, width)


def _line(widget: Histograms, y: int, width: int, height: int, title: str) -> list[Segment]:
    """One line of one histogram: its title, a row above the line or below, or the scale."""
    label = widget.style_of("label")
    its, yours = widget.counts(Source.IMPROV), widget.counts(Source.YOU)
    above = (height - 2) // 2
    below = height - 2 - above
    if y == 0:
        words = [
            Segment(f"{title}  ", label),
            Segment(f"▄ it {its.notes}", widget.style_of("its")),
            Segment("  ", label),
            Segment(f"▀ you {yours.notes}", widget.style_of("yours")),
        ]
        return list(Strip(words).adjust_cell_length(width, label))
    if y <= above:
        text = _bars(halves(_columns(title, its, width), above), above - y, UP)
        return [Segment(text.ljust(width), widget.style_of("its"))]
    if y <= above + below:
        text = _bars(halves(_columns(title, yours, width), below), y - above - 1, DOWN)
        return [Segment(text.ljust(width), widget.style_of("yours"))]
    return [Segment(_scale(title, width), label)]


def _bars(heights: Sequence[int], away: int, glyphs: Sequence[str]) -> str:
    """The row so many rows away from the line."""
    return "".join(glyphs[min(2, max(0, height - 2 * away))] for height in heights)


def _scale(title: str, width: int) -> str:
    """The names of some places, each beginning at its own, as far as there is room."""
    line = [" "] * width
    places = (
        [(name, pitch_place(pitch, width)) for name, pitch in PITCHES]
        if title == "pitch"
        else [(name, time_place(seconds, width)) for name, seconds in TIMES]
    )
    for name, place in places:
        start = min(place, width - len(name))
        if not "".join(line[max(0, start - 1) : start + len(name)]).strip():
            line[start : start + len(name)] = name
    return "".join(line)
