"""Choosing from a list: the ports that are open, and the instrument."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from improv.music import general_midi

PATIENCE_S = 3.0  # for a port to open


class PortPicker(ModalScreen[None]):
    """Which ports are open. Enter or a click opens or closes one; the marks show what is so.

    `ports` gives (open now, that could be opened) whenever it is asked; `choose` is told all
    that should be open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("space", "switch", "Open or close", show=False),
    ]

    def __init__(
        self,
        title: str,
        ports: Callable[[], tuple[tuple[str, ...], tuple[str, ...]]],
        choose: Callable[[tuple[str, ...]], None],
    ) -> None:
        super().__init__()
        self._title = title
        self._ports = ports
        self._choose = choose
        self._listed: tuple[str, ...] = ()
        self._shown: object = None
        self._wanted: tuple[str, ...] | None = None  # asked for and not open yet
        self._patience: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = self._title
            box.border_subtitle = "Enter opens or closes · Esc done"
            yield OptionList()

    def on_mount(self) -> None:
        self.advance()
        self.set_interval(0.1, self.advance)

    def advance(self) -> None:
        """Show what is open now; ports may come and go while the list is up."""
        is_open, choices = self._ports()
        if self._wanted is not None and set(self._wanted) == set(is_open):
            self._wanted = None
        listed = is_open + tuple(c for c in choices if c not in is_open)
        # Places are kept as ports open and close, so that the line under the cursor stays put.
        if sorted(listed) == sorted(self._listed):
            listed = self._listed
        shown = (listed, is_open, self._wanted)
        if shown == self._shown:
            return
        self._listed, self._shown = listed, shown
        wanted = is_open if self._wanted is None else self._wanted
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        with self.app.batch_update():
            options.clear_options()
            options.add_options(
                Option(_line(spec, is_open=spec in is_open, wanted=spec in wanted))
                for spec in listed
            )
            if not listed:
                options.add_option(Option("none found yet; plug one in", disabled=True))
            options.highlighted = min(at, len(listed) - 1) if listed else None

    def action_switch(self) -> None:
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        spec = self._listed[event.option_index]
        wanted = self._ports()[0] if self._wanted is None else self._wanted
        wanted = tuple(s for s in wanted if s != spec) if spec in wanted else (*wanted, spec)
        self._wanted = wanted
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(PATIENCE_S, self._forget)
        self._choose(wanted)
        self.advance()

    def _forget(self) -> None:
        """A port that was refused (the banner says why) is no longer waited for."""
        self._wanted = None
        self.advance()


def _line(spec: str, *, is_open: bool, wanted: bool) -> Content:
    # No colours: the line under the cursor has a background of its own.
    if is_open != wanted:
        return Content(f"◌ {spec}  {_DOING[wanted]}")
    if is_open:
        return Content.assemble((f"● {spec}  open", "bold"))
    return Content(f"○ {spec}")


_DOING = {True: "opening…", False: "closing…"}


class InstrumentPicker(ModalScreen[int | None]):
    """The 128 instruments of General MIDI; typing narrows the list. Gives a program or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "move('cursor_down')", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self, program: int) -> None:
        super().__init__()
        self._program = program
        self._listed: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Instrument"
            box.border_subtitle = "type to search · ↑↓ · Enter takes · Esc leaves it"
            yield Input(placeholder="search: piano, sax, strings…")
            yield OptionList()

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._list("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).action_select()

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self._listed:
            self.dismiss(self._listed[event.option_index])

    def _list(self, text: str) -> None:
        self._listed = general_midi.matches(text)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(
                Content.assemble(
                    (f"{program:>3} ", "$foreground 50%"),
                    ("● " if program == self._program else "  ", "bold $success"),
                    f"{general_midi.name(program):<26}",
                    (general_midi.family(program), "$foreground 50%"),
                )
            )
            for program in self._listed
        )
        if not self._listed:
            options.add_option(Option("no instrument holds these words", disabled=True))
            return
        here = self._program in self._listed
        options.highlighted = self._listed.index(self._program) if here else 0
