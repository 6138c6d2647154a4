"""The controls that were learnt: what each turns, whether it has taken hold, and to forget one."""

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

from improv.play import knobs, targets
from improv.play.turning import at_fraction
from improv.session.messages import Control, Standing

NONE_YET = "none yet: choose a knob, press L, and move a control"


class ControlList(ModalScreen[None]):
    """All learnt controls. `standing` gives them whenever it is asked; `forget` is told one.

    `learn` has a pedal or pad learnt.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", "Close"),
        Binding("delete,backspace,d", "forget", "Forget", show=False),
        Binding("L", "learn", "Learn", show=False),
    ]

    def __init__(
        self,
        standing: Callable[[], tuple[Standing, ...]],
        forget: Callable[[Control], None],
        learn: Callable[[], None],
    ) -> None:
        super().__init__()
        self._standing = standing
        self._forget = forget
        self._learn = learn
        self._shown: tuple[Standing, ...] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Learnt controls"
            box.border_subtitle = "L learns a pedal or pad · Delete forgets one · Esc done"
            yield OptionList()

    def on_mount(self) -> None:
        self.advance()
        self.set_interval(0.1, self.advance)

    def advance(self) -> None:
        """Show how they stand now."""
        standing = self._standing()
        if standing == self._shown:
            return
        self._shown = standing
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        with self.app.batch_update():
            options.clear_options()
            options.add_options(Option(_line(each)) for each in standing)
            if not standing:
                options.add_option(Option(NONE_YET, disabled=True))
            options.highlighted = min(at, len(standing) - 1) if standing else None

    def action_learn(self) -> None:
        self.dismiss()
        self._learn()

    def action_forget(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None and self._shown:
            self._forget(self._shown[at].control)


def _line(each: Standing) -> Content:
    if targets.deed(each.knob):
        state = "at each press"
    elif each.caught:
        state = "follows"
    elif each.place is None:
        state = "not moved yet"
    else:
        knob = targets.knob_of(each.knob)
        state = f"stands at {knobs.show(knob, at_fraction(knob, each.place))}, not yet passed"
    return Content.assemble(
        (f"{targets.words(each.knob):<17} ", "bold"),
        f"{each.control.words:<18}{state}\n",
        (f"{'':<18}{each.control.device}", "$foreground 60%"),
    )
