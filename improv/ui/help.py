"""Pages to read: what the keys do, and everything that was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from improv.play import knobs
from improv.play.params import KNOBS
from improv.ui.keys import KEYS
from improv.ui.slider import UNUSED
from improv.ui.state import Logged
from improv.ui.strip import LEVELS


class Page(ModalScreen[None]):
    """Something to read and close again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,l", "dismiss", "Close"),
        Binding("w", "app.tour", "First words", show=False),
    ]

    def __init__(self, title: str, text: Content, *, from_end: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._from_end = from_end

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = self._title
            box.border_subtitle = "↑↓ read · Esc close"
            with VerticalScroll(classes="page"):
                yield Static(self._text)

    def on_mount(self) -> None:
        if self._from_end:
            self.query_one(VerticalScroll).scroll_end(animate=False)


def help_page() -> Page:
    parts = [
        Content.assemble(("  w           ", "bold"), ("the first words again", "$foreground 80%"))
    ]
    for group, keys in KEYS:
        parts.append(Content.assemble((group, "bold $primary")))
        parts += [
            Content.assemble((f"  {key:<12}", "bold"), (does, "$foreground 80%"))
            for key, does in keys
        ]
    parts.append(Content.assemble(("What the knobs do", "bold $primary")))
    parts += [
        Content.assemble((f"  {knobs.label(knob):<12}", "bold"), (knob.help, "$foreground 80%"))
        for knob in KNOBS.values()
    ]
    parts += [
        Content.assemble(("Signs", "bold $primary")),
        Content.assemble(
            ("  ▘▘▘ you   ", "$secondary"), ("▀▀▀ improv   ", "$primary"), "▔▔▔ planned"
        ),
        Content("  ▁▃▆       above the keys: how likely each pitch is to be the next note"),
        Content("  ● ↶ ↷     the take, up to where it was saved; steps to undo and to redo"),
        Content("  ◇         where a learnt control stands: pass the knob with it"),
        Content("  1.00→1.10 asked for, not in force yet"),
        Content(f"  ┄┄┄ {UNUSED}  turns nothing in what this model plays"),
    ]
    return Page("Help", Content("\n").join(parts))


def log_page(log: Sequence[Logged], now: float) -> Page:
    """All notices, oldest first, with their age in seconds."""
    lines = [
        Content.assemble(
            (f"{now - logged.at:>6.0f} s ago  ", "$foreground 50%"),
            (f"{LEVELS[logged.notice.level][0]} ", LEVELS[logged.notice.level][1]),
            logged.notice.text,
        )
        for logged in log
    ]
    return Page("Log", Content("\n").join(lines or [Content("nothing yet")]), from_end=True)
