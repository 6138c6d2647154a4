"""The keyboard: one column a semitone, a line of keys above a line of names and marks.

Keys that sound are lit, and marked below: ▲ improv's, △ yours. With the typed piano on, the
line below carries its letters instead of the octave names.

Above the keys, where there is a line for it, stands how likely each pitch was to be the next note,
higher for likelier: an eighth is one in sixty, half a quarter, the whole is certain. A line that is
flat is a model that could play anything; a model that has no chances shows none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from improv.music.event import PITCHES, Source
from improv.music.names import pitch_name
from improv.ui.state import State
from improv.ui.typed_piano import TypedPiano

LOWEST, HIGHEST = 21, 108  # a grand piano's
NEXT = "next "
_BLACK = frozenset({1, 3, 6, 8, 10})
_HEIGHTS = " ▁▂▃▄▅▆▇█"


def window(width: int, wanted: tuple[int, int] | None) -> tuple[int, int]:
    """The first pitch shown and how many: a whole piano where it fits, else around `wanted`."""
    count = min(width, HIGHEST - LOWEST + 1)
    low, high = wanted or (60, 60)
    first = (low + high + 1) // 2 - count // 2
    return max(LOWEST, min(first, HIGHEST + 1 - count)), count


def names(first: int, count: int) -> str:
    """C names under their keys, as many as there is room for."""
    line = [" "] * count
    for pitch in range(first, first + count):
        name = pitch_name(pitch)
        if pitch % 12 == 0 and pitch - first + len(name) <= count:
            line[pitch - first : pitch - first + len(name)] = name
    return "".join(line)


@lru_cache(maxsize=8)
def heights(chances: bytes) -> str:
    """A bar for each pitch, by chances as `play.chances` tells them; blank where there are none."""
    if len(chances) != PITCHES:
        return " " * PITCHES
    return "".join(_HEIGHTS[round(level * 8 / 255)] for level in chances)


class HeldKeys(Widget):
    """Draws State's sounding notes; `advance` redraws only when they have changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "keys--ivory",
        "keys--label",
        "keys--letter",
        "keys--yours",
        "keys--its",
        "keys--chance",
        "keys--next",
    }
    ALLOW_SELECT = False

    def __init__(self, state: State, piano: TypedPiano) -> None:
        super().__init__(id="keys")
        self._state = state
        self._piano = piano
        self._shown: object = None

    def advance(self) -> None:
        state = self._state
        next_ = state.planned[:1]
        shown = (state.sounding(), state.chances, next_, self._piano.on, self._piano.octave)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        letters = self._piano.keys() if self._piano.on else {}
        wanted = (min(letters), max(letters)) if letters else None
        first, count = window(self.size.width, wanted)
        held = self._state.sounding()
        styles = {
            name.removeprefix("keys--"): self.get_component_rich_style(name)
            for name in self.COMPONENT_CLASSES
        }
        pad = (self.size.width - count) // 2
        y += 2 - (self.size.height - 1)  # the last line is that of the names
        if y == 0:
            return self._foreseen(first, count, pad, styles)
        cells = [Segment(" " * pad, self.rich_style)]
        line = names(first, count)
        for pitch in range(first, first + count):
            source = held.get(pitch)
            if y == 1:
                cells.append(_key(pitch, source, styles))
            else:
                cells.append(_mark(line[pitch - first], letters.get(pitch), source, styles))
        cells.append(Segment(" " * (self.size.width - count - pad), self.rich_style))
        return Strip(cells, self.size.width).simplify()

    def _foreseen(self, first: int, count: int, pad: int, styles: dict[str, Style]) -> Strip:
        """How likely each pitch is to be the next."""
        chances = self._state.chances
        legend = NEXT if chances and pad > len(NEXT) else ""
        cells = [Segment(f"{legend:>{pad}}", styles["label"])]
        drawn = self._state.planned[0].pitch if self._state.planned else None
        for pitch in range(first, first + count):
            style = styles["next" if pitch == drawn else "chance"]
            cells.append(Segment(heights(chances)[pitch], style))
        return Strip(cells).adjust_cell_length(self.size.width, self.rich_style).simplify()


def _key(pitch: int, source: Source | None, styles: dict[str, Style]) -> Segment:
    """A white key fills its cell; a black one leaves the upper half dark, or lit."""
    lit = None if source is None else styles["yours" if source is Source.YOU else "its"]
    if pitch % 12 in _BLACK:
        ivory = styles["ivory"]
        return Segment("▄", ivory if lit is None else ivory + Style(bgcolor=lit.color))
    return Segment("█", lit or styles["ivory"])


def _mark(
    name: str, letter: str | None, source: Source | None, styles: dict[str, Style]
) -> Segment:
    if source is Source.YOU:
        return Segment("△", styles["yours"])
    if source is Source.IMPROV:
        return Segment("▲", styles["its"])
    if letter:
        return Segment(letter, styles["letter"])
    return Segment(name, styles["label"])
