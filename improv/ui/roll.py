"""The piano roll: the past to the left of the now-line, the plan to the right.

Pure functions decide which note is in which half-cell; the widget turns that into strips. Each
cell holds two lanes, and whose a note is shows in its shape first and its colour second:

    yours   ▘▘▘  dashed       improv's  ▀▀▀  solid       planned  ▔▔▔  a thin line

Where chords are in force their names stand above, each where it begins.

The picture moves by whole columns, so it is painted again only when time has passed one or the
notes have changed: ten times a second while music plays, never when nothing is in view.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from improv.music.chord import NONE as NO_CHORD
from improv.music.event import Source
from improv.music.names import pitch_name
from improv.ui.state import State

EMPTY, PLANNED, YOURS, ITS = range(4)
LEVELS = 3  # soft, middling, loud
COLUMN_S = 0.1
LABEL = 4  # columns
CLEAR = 6  # columns from bar line to bar line, at least
MARGIN = 1  # pitches kept free above and below
SLACK = 14  # pitches a range may be too wide before it closes in

# top lane, bottom lane -> what is drawn; a sounded note hides a planned one in its cell
GLYPHS = {
    (EMPTY, EMPTY): " ",
    (ITS, EMPTY): "▀",
    (EMPTY, ITS): "▄",
    (ITS, ITS): "█",
    (YOURS, EMPTY): "▘",
    (EMPTY, YOURS): "▖",
    (YOURS, YOURS): "▌",
    (ITS, YOURS): "▛",
    (YOURS, ITS): "▙",
    (PLANNED, EMPTY): "▔",
    (EMPTY, PLANNED): "▁",
    (PLANNED, PLANNED): "═",
    (ITS, PLANNED): "▀",
    (PLANNED, ITS): "▄",
    (YOURS, PLANNED): "▘",
    (PLANNED, YOURS): "▖",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A note as the roll sees it: whose it is, how loud (0 to LEVELS - 1), and where."""

    kind: int
    level: int
    pitch: int
    start: float
    end: float


def marks(state: State, now: float) -> list[Mark]:
    """Everything drawable: the plan first, so that what sounds is painted over it."""
    planned = [
        Mark(PLANNED, 0, n.pitch, n.start, n.start + n.duration)
        for n in state.planned
        if n.start + n.duration > now
    ]
    return planned + [
        Mark(
            YOURS if bar.source is Source.YOU else ITS,
            (bar.velocity > 55) + (bar.velocity > 88),
            bar.pitch,
            bar.start,
            now + COLUMN_S if bar.end is None else bar.end,
        )
        for bar in state.bars
    ]


def fit(pitches: Iterable[int], lanes: int, before: tuple[int, int]) -> tuple[int, int]:
    """The lowest and highest pitch to show: all of `pitches`, one a lane where lanes suffice.

    `before` is kept while it holds them and is not much too wide, so that the picture is calm.
    """
    low, high = min(pitches, default=60), max(pitches, default=60)
    low, high = max(0, low - MARGIN), min(127, high + MARGIN)
    span = high - low + 1
    kept = before[1] - before[0] + 1
    if before[0] <= low and high <= before[1] and max(lanes, span + SLACK) >= kept >= lanes:
        return before
    spare = max(0, lanes - span)
    low = max(0, min(low - spare // 2, 128 - span - spare))
    return low, min(127, low + span + spare - 1)


def lane_of(pitch: int, low: int, high: int, lanes: int) -> int:
    """The lane of a pitch, 0 at the top; several pitches share one where lanes are too few."""
    return lanes - 1 - (pitch - low) * lanes // max(lanes, high - low + 1)


def paint(
    notes: Sequence[Mark],
    first: int,
    width: int,
    lanes: int,
    bounds: tuple[int, int],
) -> list[bytearray]:
    """Lanes of `width` columns, column 0 being the one `first * COLUMN_S` falls in.

    Each byte is kind * LEVELS + level, 0 where nothing is. A note struck again at once is kept
    apart from the one before by an empty column.
    """
    low, high = bounds
    grid = [bytearray(width) for _ in range(lanes)]
    for note in notes:
        if not low <= note.pitch <= high:
            continue
        begin = math.floor(note.start / COLUMN_S) - first
        end = max(begin + 1, math.floor(note.end / COLUMN_S) - first)
        if end <= 0 or begin >= width:
            continue
        lane = grid[lane_of(note.pitch, low, high, lanes)]
        if begin >= 2 and lane[begin - 1] and lane[begin - 2]:
            lane[begin - 1] = 0
        code = note.kind * LEVELS + note.level
        for column in range(max(0, begin), min(width, end)):
            lane[column] = code
    return grid


class PianoRoll(Widget):
    """Draws State; `advance(now)` moves it on. The bottom line is the legend and the time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "roll--yours",
        "roll--yours-soft",
        "roll--yours-loud",
        "roll--its",
        "roll--its-soft",
        "roll--its-loud",
        "roll--planned",
        "roll--now",
        "roll--grid",
        "roll--label",
    }
    ALLOW_SELECT = False

    def __init__(self, state: State) -> None:
        super().__init__(id="roll")
        self._state = state
        self._bounds = (48, 72)
        self._painted: tuple[object, ...] | None = None
        self._busy = False
        self._strips: list[Strip] = []
        self._now = 0.0

    def advance(self, now: float) -> None:
        """Paint again if a column has passed with notes in view, or if the notes changed."""
        self._now = now
        status = self._state.status
        beat = None if status is None else status.sync.timeline
        frame = (math.floor(now / COLUMN_S), self._state.changes, *self.size, beat)
        if frame == self._painted:
            return
        if self._painted is not None and frame[1:] == self._painted[1:] and not self._busy:
            return
        self._painted = frame
        self._strips = []
        self.refresh()

    def notify_style_update(self) -> None:
        self._strips = []
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if len(self._strips) != self.size.height:
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    # --- drawing -----------------------------------------------------------------------

    def _draw(self) -> list[Strip]:
        width, height = self.size.width - LABEL, self.size.height
        at_now = width * 2 // 3
        first = math.floor(self._now / COLUMN_S) - at_now
        chords = self._chords(first, width)
        rows = height - 1 - bool(chords)
        if width < 8 or rows < 1:
            return [Strip.blank(self.size.width) for _ in range(height)]
        begin, end = first * COLUMN_S, (first + width) * COLUMN_S
        seen = [m for m in marks(self._state, self._now) if m.end > begin and m.start < end]
        self._busy = bool(seen) or bool(self._bar_columns(first, width))
        lanes = 2 * rows
        if seen:
            self._bounds = fit([m.pitch for m in seen], lanes, self._bounds)
        else:
            self._bounds = fit((self._bounds[0], self._bounds[1]), lanes, self._bounds)
        grid = paint(seen, first, width, lanes, self._bounds)
        octaves = self._octave_rows(lanes)
        bars = self._bar_columns(first, width)
        palette = self._palette()
        lines = [
            self._row(grid[2 * y], grid[2 * y + 1], octaves.get(y), at_now, bars, palette)
            for y in range(rows)
        ]
        above = [self._names(chords, width, palette)] if chords else []
        return [*above, *lines, self._axis(width, at_now, palette)]

    def _chords(self, first: int, width: int) -> list[tuple[int, str]]:
        """The chords in view, by the column each begins in; one from before stands at the left."""
        begun = [(math.floor(c.at / COLUMN_S) - first, c.name) for c in self._state.chords]
        before = [name for column, name in begun if column < 0][-1:]
        held = [(0, name) for name in before if name != NO_CHORD]
        seen = [(column, name) for column, name in begun if 0 <= column < width]
        return [*held, *seen] if held or any(name != NO_CHORD for _, name in seen) else []

    def _names(self, chords: list[tuple[int, str]], width: int, palette: dict[str, Style]) -> Strip:
        line = [" "] * width
        for (column, name), after in zip(chords, [*chords[1:], (width + 1, "")], strict=True):
            text = ("N.C." if name == NO_CHORD else name)[: max(0, after[0] - column - 1)]
            line[column : column + len(text)] = text
        shown = "".join(line[:width])
        return Strip([Segment(" " * LABEL, palette["label"]), Segment(shown, palette["its-loud"])])

    def _octave_rows(self, lanes: int) -> dict[int, str]:
        low, high = self._bounds
        return {
            lane_of(pitch, low, high, lanes) // 2: pitch_name(pitch)
            for pitch in range(low, high + 1)
            if pitch % 12 == 0
        }

    def _bar_columns(self, first: int, width: int) -> frozenset[int]:
        """The columns in which a bar begins; none where they would be too near to read."""
        status = self._state.status
        timeline = None if status is None else status.sync.timeline
        if status is None or timeline is None:
            return frozenset()
        beats = status.params.beats_per_bar
        begin = math.ceil(timeline.beat_at(first * COLUMN_S) / beats)
        end = math.ceil(timeline.beat_at((first + width) * COLUMN_S) / beats)
        if end - begin > width // CLEAR:
            return frozenset()
        lines = (timeline.time_of(bar * beats) for bar in range(begin, end))
        return frozenset(math.floor(line / COLUMN_S) - first for line in lines)

    def _palette(self) -> dict[str, Style]:
        return {
            name.removeprefix("roll--"): self.get_component_rich_style(name)
            for name in self.COMPONENT_CLASSES
        } | {"rest": self.rich_style}

    def _row(
        self,
        top: bytearray,
        bottom: bytearray,
        octave: str | None,
        at_now: int,
        bars: frozenset[int],
        palette: dict[str, Style],
    ) -> Strip:
        empty = ("·" if octave else " ", palette["grid" if octave else "rest"])
        segments = [Segment(f"{octave or '':>{LABEL - 1}} ", palette["label"])]
        run, style = "", palette["rest"]
        for column, (above, below) in enumerate(zip(top, bottom, strict=True)):
            if above or below:
                glyph = GLYPHS[above // LEVELS, below // LEVELS]
                wanted = _style(max(above, below), palette)
            elif column == at_now:
                glyph, wanted = "│", palette["now"]
            elif column in bars:
                glyph, wanted = "┊", palette["grid"]
            elif octave and column % 2:
                glyph, wanted = " ", empty[1]
            else:
                glyph, wanted = empty
            if wanted is not style and run:
                segments.append(Segment(run, style))
                run = ""
            style = wanted
            run += glyph
        segments.append(Segment(run, style))
        return Strip(segments, LABEL + len(top))

    def _axis(self, width: int, at_now: int, palette: dict[str, Style]) -> Strip:
        """The legend at the left, now under its line, the seconds around it."""
        dim = palette["label"]
        legend = [
            Segment(" " * LABEL, dim),
            Segment("▘▘▘", palette["yours"]),
            Segment(" you  ", dim),
            Segment("▀▀▀", palette["its"]),
            Segment(" improv  ", dim),
            Segment("▔▔▔", palette["planned"]),
            Segment(" planned", dim),
        ]
        used = sum(len(s.text) for s in legend) - LABEL
        line = [" "] * max(0, width - used)
        _write(line, at_now - used - 1, "now")
        for seconds in (-8, -6, -4, -2, -1, 1, 2, 3, 4):
            column = at_now + round(seconds / COLUMN_S)
            text = f"{seconds:+d}s"
            _write(line, column - used - len(text) // 2, text)
        return Strip([*legend, Segment("".join(line), dim)]).adjust_cell_length(
            LABEL + width, palette["rest"]
        )


def _style(code: int, palette: dict[str, Style]) -> Style:
    kind, level = divmod(code, LEVELS)
    if kind == PLANNED:
        return palette["planned"]
    name = "yours" if kind == YOURS else "its"
    return palette[name + ("-soft", "", "-loud")[level]]


def _write(line: list[str], column: int, text: str) -> None:
    """Put text where there is room for it and a space on both sides."""
    around = line[max(0, column - 1) : column + len(text) + 1]
    if column >= 1 and len(around) == len(text) + 2 and not "".join(around).strip():
        line[column : column + len(text)] = text
