"""The first words: four lines over the roll, once. They wait for nothing and stop nothing.

Any key or click takes them away, and does what it does besides. Help brings them back.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

LINES = (
    "Play a phrase and stop: improv goes on from it.",
    "No keyboard? m plays the letter keys. Space begins.",
    "↑ ↓ choose a knob, ← → turn it; [ ] turn the pages.",
    "! silences all, s saves the take, ? lists the keys.",
)


class Tour(Widget):
    """Shown from the start unless `read` was called in a session before; `read` is called once."""

    ALLOW_SELECT = False

    def __init__(self, read: Callable[[], None]) -> None:
        super().__init__(id="tour")
        self._read = read
        self.border_title = "Welcome"
        self.border_subtitle = "any key goes on"
        self.display = False

    def begin(self) -> None:
        """Show it."""
        self.display = True

    def end(self) -> None:
        """Take it away; nothing where it is not shown."""
        if self.display:
            self.display = False
            self._read()

    def render(self) -> Content:
        return Content("\n".join(LINES))

    def on_click(self) -> None:
        self.end()
