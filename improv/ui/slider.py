"""One knob as a line: marker, name, track, value.

The line shows the value in force. A change asked for shows at once as a hollow ○ on the track
and as `1.00→1.10` beside it, until the player says it is in force. A ◇ is where a learnt control
stands that has yet to pass the knob. A knob that turns nothing in
what the model plays is faint, has no thumb and says "unused"; it can be turned all the same.

Keys: ←→ turn, Shift finely, PgUp PgDn by ten, Home End to the ends, 0 the default; a digit or
Enter begins typing, Enter sends, Esc gives up; where there are words to choose from Enter goes to
the next; ↑↓ go to the next line. Mouse: click, drag, wheel (Shift finely), double click for the
default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from improv.play import knobs, turning
from improv.play.params import Knob, Value

NAME_WIDTH = 14  # with the marker
VALUE_WIDTH = 12
TIGHT_WIDTH = 9  # of the value, so that a narrow line still has a track
TIGHT_BELOW = 34
UNUSED = "unused"
UNHEARD = " (this model plays the same whatever it is)"

Turn = Callable[[str, Value], None]


class KnobLine(Widget, can_focus=True):
    """A control for one Knob: asks through `turn`, posts Typed and Browse, shows what it is told.

    `turn` is called at once and not posted, since a second press may come before a message is
    handled and must start from what the first one asked for.
    """

    class Typed(Message):
        """The musician typed a value and pressed Enter; it may be nonsense."""

        def __init__(self, knob: Knob, text: str) -> None:
            super().__init__()
            self.knob = knob
            self.text = text

    class Browse(Message):
        """The musician wants to choose from a list."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "knob--name",
        "knob--track",
        "knob--fill",
        "knob--thumb",
        "knob--asked",
        "knob--value",
        "knob--typed",
    }
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Turn down", show=False),
        Binding("right", "turn(1)", "Turn up", show=False),
        Binding("shift+left", "turn(-1, True)", "Turn down finely", show=False),
        Binding("shift+right", "turn(1, True)", "Turn up finely", show=False),
        Binding("pagedown", "turn(-10)", "Turn far down", show=False),
        Binding("pageup", "turn(10)", "Turn far up", show=False),
        Binding("home", "edge(0)", "To the lowest", show=False),
        Binding("end", "edge(1)", "To the highest", show=False),
        Binding("0", "default", "Default", show=False),
        Binding("enter", "enter", "Type a value", show=False),
    ]

    def __init__(self, knob: Knob, turn: Turn) -> None:
        super().__init__(id=f"knob-{knob.name}")
        self.knob = knob
        self._turn = turn
        self.tooltip = knob.help
        self._in_force: Value | None = None
        self._asked: Value | None = None
        self._typing: str | None = None
        self._inert = False
        self._control: float | None = None
        self._dragging = False

    def show(
        self,
        in_force: Value | None,
        asked: Value | None,
        *,
        inert: bool = False,
        control: float | None = None,
    ) -> None:
        """Draw these from now on; None in force is "not known yet".

        `control`: the place, 0-1, of a learnt control that has yet to pass the knob.
        """
        shown = (in_force, asked, inert, control)
        if shown != (self._in_force, self._asked, self._inert, self._control):
            self._in_force, self._asked, self._inert, self._control = shown
            self.tooltip = f"{self.knob.help}{UNHEARD if inert else ''}"
            self.refresh()

    @property
    def _chooses(self) -> bool:
        """Whether its values are words, for which there is no track: ◂ name ▸."""
        return self.knob.name == "program" or self.knob.kind is str

    # --- turning -----------------------------------------------------------------------

    @property
    def _value(self) -> Value | None:
        """Where the next press starts from."""
        return self._in_force if self._asked is None else self._asked

    def _ask(self, value: Value) -> None:
        if value != self._value:
            self._turn(self.knob.name, value)

    def action_turn(self, presses: int, finely: bool = False) -> None:  # noqa: FBT001, FBT002  # an action's text gives it by place
        if self._value is not None:
            self._ask(turning.stepped(self.knob, self._value, presses, finely=finely))

    def action_edge(self, end: int) -> None:
        self._ask(turning.at_fraction(self.knob, end))

    def action_default(self) -> None:
        self._ask(self.knob.default)

    def action_enter(self) -> None:
        if self.knob.kind is bool:
            self._ask(not self._value)
        elif self.knob.name == "program":
            self.post_message(self.Browse())
        elif self.knob.kind is str and not self.knob.spelt:
            self._next()
        else:
            self._type("")

    def _next(self) -> None:
        """The next of its words, and after the last the first."""
        choices = self.knob.choices
        if self._value in choices:
            self._ask(choices[(choices.index(self._value) + 1) % len(choices)])
        elif isinstance(self._value, str):  # one spelt out
            self._ask(choices[0])

    # --- typing ------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """Whether keys are text now."""
        return self._typing is not None

    def _type(self, text: str | None) -> None:
        self._typing = text
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        """While a value is being typed every key is text; a digit 1-9 begins it."""
        if self._typing is None:
            if self.knob.kind not in {bool, str} and event.key in set("123456789"):
                self._type(event.key)
                event.stop()
                event.prevent_default()
            return
        match event.key:
            case "enter":
                text = self._typing.strip()
                self._type(None)
                if text:
                    self.post_message(self.Typed(self.knob, text))
            case "escape":
                self._type(None)
            case "backspace":
                self._type(self._typing[:-1])
            case "tab" | "shift+tab" | "up" | "down":
                self._type(None)
                return
            case _ if event.is_printable and event.character:
                self._type(self._typing + event.character)
        event.stop()
        event.prevent_default()

    def on_blur(self) -> None:
        self._type(None)

    # --- the mouse ---------------------------------------------------------------------

    def _track(self) -> range:
        """The columns of the track."""
        width = self.size.width
        value = TIGHT_WIDTH if width < TIGHT_BELOW else VALUE_WIDTH
        return range(NAME_WIDTH, max(NAME_WIDTH + 2, width - value - 1))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button != 1:
            return
        if self.knob.kind is bool:
            if event.x >= NAME_WIDTH:
                self._ask(not self._value)
        elif self._chooses:
            if event.x in range(NAME_WIDTH, NAME_WIDTH + 2):
                self.action_turn(-1)
            elif event.x >= self.size.width - 3:
                self.action_turn(1)
            elif event.x >= NAME_WIDTH:
                self.action_enter()
        elif event.x in self._track():
            self._dragging = True
            self.capture_mouse()
            self._ask_at(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._ask_at(event.x)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _ask_at(self, column: int) -> None:
        track = self._track()
        self._ask(turning.at_fraction(self.knob, (column - track.start) / (len(track) - 1)))

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self.knob.kind is not bool and not self._chooses:
            self.action_default()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_turn(1, event.shift)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_turn(-1, event.shift)

    # --- drawing -----------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # one line high
        styles = {
            name.removeprefix("knob--"): self.get_component_rich_style(name)
            for name in self.COMPONENT_CLASSES
        }
        marker = "▸ " if self.has_focus else "  "
        name = knobs.label(self.knob)[: NAME_WIDTH - 3]
        if self._inert:
            styles = dict.fromkeys(styles, styles["track"]) | {"typed": styles["typed"]}
        cells = [Segment(f"{marker}{name:<{NAME_WIDTH - 2}}", styles["name"])]
        if self._in_force is None:
            cells.append(Segment("…", styles["track"]))
        elif self._typing is not None:
            cells += self._typed(self._typing, styles)
        elif self.knob.kind is bool:
            cells += self._switch(styles)
        elif self._chooses:
            cells += self._chosen(self._in_force, styles)
        else:
            cells += [*self._slide(self._in_force, styles), *self._words(self._in_force, styles)]
        return Strip(cells).adjust_cell_length(self.size.width, self.rich_style)

    def _slide(self, in_force: Value, styles: dict[str, Style]) -> list[Segment]:
        length = len(self._track())
        thumb = round(turning.fraction(self.knob, in_force) * (length - 1))
        if self._inert:
            return [Segment("┄" * length, styles["track"])]
        cells = ["━"] * thumb + ["●"] + ["─"] * (length - 1 - thumb)
        look = [styles["fill"]] * thumb + [styles["thumb"]] + [styles["track"]] * (length - thumb)
        if self._control is not None:
            at = round(self._control * (length - 1))
            if at != thumb:
                cells[at], look[at] = "◇", styles["asked"]
        if self._asked is not None:
            asked = round(turning.fraction(self.knob, self._asked) * (length - 1))
            if asked != thumb:
                cells[asked], look[asked] = "○", styles["asked"]
        return [Segment(c, s) for c, s in zip(cells, look[:length], strict=True)]

    def _words(self, in_force: Value, styles: dict[str, Style]) -> list[Segment]:
        """The value in force, and after an arrow the one asked for, with the unit said once."""
        shown = knobs.show(self.knob, in_force)
        if self._asked is None:
            room = self.size.width - self._track().stop - 1
            if self._inert:
                both = f"{shown} {UNUSED}"
                shown = both if len(both) <= room else UNUSED
            return [Segment(f" {shown}", styles["value"])]
        unit, asked = f" {self.knob.unit}", knobs.show(self.knob, self._asked)
        shown = shown.removesuffix(unit)
        if len(f" {shown}→{asked}") > VALUE_WIDTH:
            asked = asked.removesuffix(unit)
        return [
            Segment(f" {shown}", styles["value"]),
            Segment(f"→{asked}", styles["asked"]),
        ]

    def _switch(self, styles: dict[str, Style]) -> list[Segment]:
        words = self._words(bool(self._in_force), styles)
        drawn = "━━━●" if self._in_force else "○───"
        return [Segment(drawn, styles["fill" if self._in_force else "track"]), *words]

    def _chosen(self, in_force: Value, styles: dict[str, Style]) -> list[Segment]:
        room = max(1, self.size.width - NAME_WIDTH - 5)  # before it is laid out in one column
        shown = in_force if self._asked is None else self._asked
        words = ("" if self._asked is None else "→") + knobs.show(self.knob, shown)
        style = styles["value" if self._asked is None else "asked"]
        if len(words) > room:
            words = words[: room - 1] + "…"
        return [
            Segment("◂ ", styles["track"]),
            Segment(f"{words:<{room}}", style),
            Segment(" ▸", styles["track"]),
        ]

    def _typed(self, text: str, styles: dict[str, Style]) -> list[Segment]:
        return [Segment(f" {text}▏", styles["typed"]), Segment(" Enter sets, Esc", styles["track"])]
