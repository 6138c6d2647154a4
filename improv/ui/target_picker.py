"""What a control is to turn or do, chosen from a list: of a voice one of its knobs, or a deed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from improv.play import targets
from improv.play.deeds import DEEDS


class TargetPicker(ModalScreen[str | None]):
    """Gives the target (`play.targets`) that is to be learnt, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close")]

    def __init__(self, title: str, lines: dict[str, str]) -> None:
        """`lines`: each target, and how it is listed."""
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = self._title
            box.border_subtitle = "Enter takes · Esc gives up"
            yield OptionList(*self._lines.values())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(list(self._lines)[event.option_index])


def of_voice(voice: str) -> TargetPicker:
    """The voice as a whole, or one of its knobs."""
    whole = {voice: f"{targets.words(voice)}: off, and the ready-made ones"}
    parts = {target: targets.words(target) for target in targets.of_voice(voice)}
    return TargetPicker("What is a control to turn?", whole | parts)


def of_deeds() -> TargetPicker:
    """All that a press can do."""
    lines = {t: f"{targets.words(t):<6} {DEEDS[targets.deed(t)]}" for t in targets.of_deeds()}
    return TargetPicker("What is a pedal or pad to do?", lines)
