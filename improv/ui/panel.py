"""The knobs, a page at a time: names of the pages above, the knobs of one of them below.

A page holds what a musician reaches for together, and at 80 by 24 it shows whole. A knob that is
on no page of its own is on the last.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from improv.play.params import KNOBS
from improv.ui.kept import Kept
from improv.ui.sides import Sides
from improv.ui.slider import KnobLine, Turn
from improv.ui.strip import Words

_LISTED: dict[str, tuple[str, ...]] = {
    "music": (
        "temperature",
        "time_temperature",
        "top_p",
        "guard",
        "style",
        "context",
        "learn",
        "player",
        "copy_cap",
        "futures",
        "notes",
        "pause",
    ),
    "play": (
        "mode",
        "hand_over",
        "answer",
        "answer_seconds",
        "answer_bars",
        "room",
        "split",
        "companions",
        "freeze",
        "mutation",
        "contrast",
        "creativity",
    ),
    "steer": (
        "scale",
        "key",
        "scale_lock",
        "out_of_scale",
        "chord",
        "lean",
        "low",
        "high",
        "register",
        "density",
        "polyphony",
    ),
    "time": (
        "sync",
        "tempo",
        "beats_per_bar",
        "grid",
        "swing",
        "strength",
        "humanise",
        "clock_out",
        "click",
    ),
    "voices": ("voice_2", "voice_3", "voice_4", "accompany", "pattern", "chart"),
    "sound": (),  # and all the others
}
_REST = "sound"
SHOWN = "bold $primary underline"


def pages() -> dict[str, tuple[str, ...]]:
    """Each page's knobs in the order they are shown; every knob is on one page."""
    listed = {name for names in _LISTED.values() for name in names}
    rest = tuple(name for name in KNOBS if name not in listed)
    return {page: names + (rest if page == _REST else ()) for page, names in _LISTED.items()}


class PageNames(Widget):
    """One line with the pages' names, the one shown lit; a click on a name asks for it."""

    ALLOW_SELECT = False

    class Chosen(Message):
        """The musician wants this page."""

        def __init__(self, page: str) -> None:
            super().__init__()
            self.page = page

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(id="pages")
        self._names = names
        self._shown = names[0]

    def show(self, page: str) -> None:
        self._shown = page
        self.refresh()

    def render(self) -> Content:
        parts = [
            part
            for name in self._names
            for part in ((name, SHOWN if name == self._shown else "$foreground 60%"), (" ", ""))
        ]
        return Content.assemble((" ", ""), *parts, (" [ ]", "$foreground 40%"))

    def on_click(self, click: events.Click) -> None:
        edge = 1
        for name in self._names:
            edge += len(name) + 1
            if click.x < edge:
                self.post_message(self.Chosen(name))
                return


class KnobPanel(Vertical):
    """All the knobs, in as many columns as the style sheet gives."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "Line above", show=False),
        Binding("down", "go(1)", "Line below", show=False),
    ]

    def __init__(self, turn: Turn, sides: Sides, kept: Kept) -> None:
        super().__init__(id="panel")
        self.sides, self.kept = sides, kept  # beside the names of the pages
        self.lines = {name: KnobLine(knob, turn) for name, knob in KNOBS.items()}
        self._pages = pages()
        self._page = next(iter(self._pages))
        self._names = PageNames(tuple(self._pages))
        self._grid = VerticalScroll(id="knobs", can_focus=False)

    @property
    def words(self) -> tuple[Words, ...]:
        """What stands beside the names of the pages."""
        return self.sides, self.kept

    def compose(self) -> ComposeResult:
        with Horizontal(id="above"):
            yield self._names
            yield self.sides
            yield self.kept
        with self._grid:
            for names in self._pages.values():
                for name in names:
                    yield self.lines[name]
        self._show(self._page)

    def on_page_names_chosen(self, chosen: PageNames.Chosen) -> None:
        self._turn_to(chosen.page)

    def page_by(self, pages: int) -> None:
        """The page so many further on; after the last comes the first."""
        names = list(self._pages)
        self._turn_to(names[(names.index(self._page) + pages) % len(names)])

    def focus_on(self, name: str) -> None:
        """To a knob, on whatever page it is."""
        self._show(next(page for page, names in self._pages.items() if name in names))
        self.lines[name].focus()

    def action_go(self, rows: int) -> None:
        """To the knob that many rows away in the same column, over the edge to the next page."""
        names = self._pages[self._page]
        focused = self.screen.focused
        if not isinstance(focused, KnobLine):
            self.lines[names[0]].focus()
            return
        target = names.index(focused.knob.name) + rows * max(1, self._grid.styles.grid_size_columns)
        if 0 <= target < len(names):
            self.lines[names[target]].focus()
            return
        order = list(self._pages)
        beyond = order.index(self._page) + rows
        if 0 <= beyond < len(order):
            self._show(order[beyond])
            self.lines[self._pages[self._page][0 if rows > 0 else -1]].focus()

    def _turn_to(self, page: str) -> None:
        leaves = isinstance(self.screen.focused, KnobLine)
        self._show(page)
        if leaves:
            self.lines[self._pages[page][0]].focus()

    def _show(self, page: str) -> None:
        self._page = page
        self._names.show(page)
        for name, line in self.lines.items():
            line.display = name in self._pages[page]
