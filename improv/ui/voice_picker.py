"""What of a voice a control is to turn: the voice as a whole, or one of its knobs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from improv.play import targets


class VoicePicker(ModalScreen[str | None]):
    """Gives the target (`play.targets`) that is to be learnt, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close")]

    def __init__(self, voice: str) -> None:
        super().__init__()
        self._targets = (voice, *targets.of_voice(voice))

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "What is a control to turn?"
            box.border_subtitle = "Enter takes · Esc gives up"
            voice, *others = map(targets.words, self._targets)
            yield OptionList(f"{voice}: off, and the ready-made ones", *others)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._targets[event.option_index])
