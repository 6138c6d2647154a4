"""Presets: which there are, one to recall, and a slot to keep what plays now."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from improv.errors import UsageError
from improv.session import presets
from improv.session.presets import SLOTS, Listed

LOOK_S = 0.5  # between looks at the folder: what was stored shows soon


class PresetPicker(ModalScreen[str | None]):
    """The nine slots and the presets by name. Gives the name of the one to recall, or None.

    `store` is told the slot in which to keep what plays now; the page stays open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p", "dismiss", "Close"),
        *(Binding(str(slot), f"store({slot})", show=False) for slot in SLOTS),
    ]

    def __init__(self, store: Callable[[int], None]) -> None:
        super().__init__()
        self._store = store
        self._listed: list[Listed | None] = []
        self._shown: object = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Presets"
            box.border_subtitle = "Enter recalls · 1-9 keeps what plays now · Esc done"
            yield OptionList()

    def on_mount(self) -> None:
        self.advance()
        self.set_interval(LOOK_S, self.advance)

    def advance(self) -> None:
        """Show what there is now."""
        shelf = presets.shelf()
        slots = {listed.slot: listed for listed in shelf if listed.slot is not None}
        others = [listed for listed in shelf if listed.slot is None]
        shown = [(listed, _age(listed)) for listed in shelf]
        if shown == self._shown:
            return
        self._listed, self._shown = [*(slots.get(slot) for slot in SLOTS), *others], shown
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        with self.app.batch_update():
            options.clear_options()
            options.add_options(
                Option(_line(listed, n + 1 if n < len(SLOTS) else None), disabled=listed is None)
                for n, listed in enumerate(self._listed)
            )
            options.highlighted = at

    def action_store(self, slot: int) -> None:
        self._store(slot)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        listed = self._listed[event.option_index]
        self.dismiss(None if listed is None else listed.name)


def _age(listed: Listed) -> int:
    try:
        return listed.path.stat().st_mtime_ns
    except OSError:  # taken away just now
        return 0


def _line(listed: Listed | None, slot: int | None) -> Content:
    place = f"{slot or ' '}  "
    if listed is None:
        return Content(f"{place}empty")
    try:
        title = presets.read(listed.path).title
    except UsageError:
        title = f"✗ {listed.path.name} can't be read; choose it to be told why"
    return Content(f"{place}{title}{'  (comes with improv)' if listed.shipped else ''}")
