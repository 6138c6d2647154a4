"""What is done with all knobs at once, or with controls: undo, A/B, presets, learning.

Textual looks for a key's action in the app alone; so this is the part of the app that says to the
player's desk (`session.desk`) what there is to do.
"""

from __future__ import annotations

from textual.app import App

from improv.play.params import VOICES
from improv.session.messages import (
    Command,
    Control,
    Learn,
    RecallPreset,
    Standing,
    StorePreset,
    SwitchSides,
    Undo,
    Unlearn,
)
from improv.ui.control_list import ControlList
from improv.ui.preset_picker import PresetPicker
from improv.ui.slider import KnobLine
from improv.ui.state import State
from improv.ui.target_picker import of_deeds, of_voice


class AtTheDesk(App[int]):
    """The app, as far as the player's desk goes."""

    state: State

    def send(self, command: Command) -> None:
        """To the player."""
        raise NotImplementedError

    def complain(self, text: str) -> None:
        """Say what was wrong."""
        raise NotImplementedError

    def action_undo(self, redo: bool = False) -> None:  # noqa: FBT001, FBT002  # an action's text gives it by place
        self.send(Undo(redo))

    def action_sides(self) -> None:
        """Between two states of all knobs."""
        self.send(SwitchSides())

    def action_presets(self) -> None:
        def chosen(name: str | None) -> None:
            if name is not None:
                self.action_recall(name)

        self.push_screen(PresetPicker(self.action_store), chosen)

    def action_recall(self, name: str) -> None:
        self.send(RecallPreset(name))

    def action_store(self, slot: int) -> None:
        self.send(StorePreset(slot))

    def action_learn(self) -> None:
        """Bind the knob one is at to the next control that is moved."""
        if not isinstance(self.focused, KnobLine):
            self.complain("choose a knob first (↑ ↓), then press L; a pedal or pad is learnt in c")
        elif (name := self.focused.knob.name) in VOICES.values():
            self.push_screen(of_voice(name), self._learn)
        else:
            self._learn(name)

    def action_learn_deed(self) -> None:
        """Have a pedal or pad do something at each press."""
        self.push_screen(of_deeds(), self._learn)

    def _learn(self, target: str | None) -> None:
        self.send(Learn(target)) if target else None

    def action_controls(self) -> None:
        def standing() -> tuple[Standing, ...]:
            return () if self.state.status is None else self.state.status.controls

        def forget(control: Control) -> None:
            self.send(Unlearn(control))

        self.push_screen(ControlList(standing, forget, self.action_learn_deed))
