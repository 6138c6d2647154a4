"""The screen: wires the player's reports to the widgets and the musician's keys to commands.

One timer drains the link, brings State up to date and lets each widget redraw what has changed.
It decides nothing about music and keeps no thread; the player goes on without it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from functools import partial

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.containers import Horizontal
from textual.driver import Driver
from textual.screen import Screen
from textual.widgets import Footer

from improv.errors import UsageError
from improv.play import knobs
from improv.play.deeds import started
from improv.play.params import Value
from improv.session.messages import (
    Action,
    Command,
    Goodbye,
    Learn,
    Level,
    PlayerLink,
    Quit,
    SaveTake,
    SetInputs,
    SetOutputs,
    Tap,
    Transport,
)
from improv.ui.at_the_desk import AtTheDesk
from improv.ui.help import help_page, log_page
from improv.ui.histograms import Histograms
from improv.ui.kept import Kept
from improv.ui.keyboard import HeldKeys
from improv.ui.keys import BINDINGS, palette
from improv.ui.looks import Wardrobe
from improv.ui.panel import KnobPanel
from improv.ui.pickers import InstrumentPicker, PortPicker
from improv.ui.roll import PianoRoll
from improv.ui.sides import Sides
from improv.ui.slider import KnobLine
from improv.ui.state import State
from improv.ui.strip import Banner, Heading, StatusStrip
from improv.ui.terminal import HUNG_UP, hung_up, on_signals, steady_driver
from improv.ui.theme import OWN_VARIABLES
from improv.ui.tour import Tour
from improv.ui.typed_piano import TypedPiano

FRAMES_HZ = 25
GOODBYE_S = 2.0  # that the player has to say goodbye
PLAYER_LOST = 3  # exit code


class ImprovApp(AtTheDesk):
    """`ImprovApp(link).run()` gives the exit code; `farewell` is then the player's last word."""

    TITLE = "improv"
    CSS_PATH = "screen.tcss"
    ALLOW_SELECT = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual declares both as instance variables
        (0, "-narrow"),
        (56, "-normal"),
        (114, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-short"), (24, "-tall"), (36, "-high")]  # noqa: RUF012  # as above
    BINDINGS = BINDINGS

    def __init__(
        self,
        link: PlayerLink,
        clock: Callable[[], float] = time.monotonic,
        goodbye_s: float = GOODBYE_S,
        *,
        remember: bool = False,
    ) -> None:
        """`remember`: its theme, and that its first words were read, in the musician's folder."""
        super().__init__()
        self.state = State()
        self._wardrobe = Wardrobe(self, self.complain, remember=remember)
        self._tour = Tour(self._wardrobe.toured)
        self.piano = TypedPiano()
        self._link = link
        self._clock = clock
        self._goodbye_s = goodbye_s
        self._heading = Heading(self.state, "heading")
        self._roll = PianoRoll(self.state)
        self._histograms = Histograms(self.state)
        self._stage = Horizontal(id="stage")
        self._keys = HeldKeys(self.state, self.piano)
        self._knobs = KnobPanel(self.turn, Sides(self.state, self.action_sides), Kept(self.state))
        self._strip = StatusStrip(self.state, "strip")
        self._banner = Banner(self.state, self.piano)
        self._leaving: int | None = None

    @property
    def farewell(self) -> Goodbye | None:
        return self.state.farewell

    def get_driver_class(self) -> type[Driver]:
        return steady_driver() or super().get_driver_class()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return OWN_VARIABLES  # so that Textual's own themes work too

    def compose(self) -> ComposeResult:
        yield self._heading
        with self._stage:
            yield self._roll
            yield self._histograms
        yield self._keys
        yield self._knobs
        yield self._strip
        yield self._banner
        yield Footer(compact=True, show_command_palette=False)
        yield self._tour

    def on_mount(self) -> None:
        on_signals(self._leave)
        self._wardrobe.open()
        if not self._wardrobe.looks.toured:
            self._tour.begin()
        self.advance()
        self.set_interval(1 / FRAMES_HZ, self.advance)

    def on_ready(self) -> None:
        if not gc.isenabled():  # switched off for the start, see improv/commands/play.py
            gc.freeze()
            gc.enable()

    async def on_event(self, event: events.Event) -> None:
        """Panic and the typed piano come before every widget and binding.

        A text field would take the key of panic for text. And bindings are only looked up when
        a key has travelled through the widgets, so that notes played in haste after `m` would
        overtake it.
        """
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._tour.end()
            if self._takes(event):
                return
        await super().on_event(event)

    def _takes(self, event: events.Key) -> bool:
        if event.key == "exclamation_mark":
            self.action_transport("panic")
            return True
        typing = isinstance(self.focused, KnobLine) and self.focused.typing
        if len(self.screen_stack) != 1 or typing:
            return False
        if event.key == "m":
            self.action_piano()
            return True
        return self.piano.on and self._play_typed(event.character)

    # --- from the player ---------------------------------------------------------------

    def advance(self) -> None:
        """Take in what the player said, and draw what has changed; a timer calls this."""
        now = self._clock()
        for report in self._link.receive():
            self.state.take(report, now)
        if self._link.ended and self.farewell is None:
            self.state.lose_player(now)
        if self._gone():
            return
        self.state.pass_time(now)
        self._show_knobs()
        self._roll.advance(now)
        self._histograms.advance()
        self._keys.advance()
        for words in (self._heading, *self._knobs.words, self._strip, self._banner):
            words.advance()

    def _gone(self) -> bool:
        """Whether the screen is closing: the player said goodbye, or the terminal hung up."""
        if self.farewell is not None or (self._leaving is not None and self.state.player_gone):
            self._exit_now()
            return True
        if self._leaving is None and not self.is_headless and hung_up():
            self._leave(HUNG_UP)
        return False

    # --- to the player -----------------------------------------------------------------

    def send(self, command: Command) -> None:
        if self.state.player_gone:
            self.complain("the player has stopped; press q to leave")
        else:
            self._link.send(command)

    def complain(self, text: str) -> None:
        self.state.say(text, Level.ERROR, self._clock())

    def turn(self, name: str, value: Value) -> None:
        """Ask for a knob's value, or say why not."""
        try:
            command = self.state.ask(name, value, self._clock())
        except UsageError as error:
            self.complain(str(error))
        else:
            self.send(command)
            self._show_knobs()

    def _show_knobs(self) -> None:
        status = self.state.status
        away = {c.knob: c.place for c in status.controls if not c.caught} if status else {}
        for name, line in self._knobs.lines.items():
            in_force = getattr(status.params, name) if status else None
            inert = status is not None and name in status.inert
            line.show(in_force, self.state.asked(name), inert=inert, control=away.get(name))

    def _play_typed(self, character: str | None) -> bool:
        """Whether the typed piano takes this key."""
        if character in {"z", "x"}:
            self.piano.shift(-1 if character == "z" else 1)
            return True
        if character is None or not self.piano.plays(character):
            return False
        if strike := self.piano.strike(character, self._clock()):
            self.send(strike)
        return True

    def on_knob_line_typed(self, event: KnobLine.Typed) -> None:
        try:
            values = knobs.read_all(event.knob, event.text)
        except UsageError as error:
            self.complain(str(error))
        else:
            for name, value in values.items():
                self.turn(name, value)

    def on_knob_line_browse(self) -> None:
        self.action_instrument()

    # --- actions -----------------------------------------------------------------------

    def action_transport(self, action: str) -> None:
        self.send(Transport(Action(action)))

    def action_histograms(self) -> None:
        """The distributions in place of the roll, or as the size of the terminal has it again."""
        self._stage.toggle_class("-distributions")

    def action_play_pause(self) -> None:
        status = self.state.status
        self.send(
            Transport(Action.PLAY if status is None else started(status.phase, status.params))
        )

    def action_save(self) -> None:
        """Keep the take; where it is comes as a notice."""
        self.send(SaveTake())

    def action_tap(self) -> None:
        """A beat of the tempo."""
        self.send(Tap(self._clock()))

    def action_outputs(self) -> None:
        self._pick_ports("Outputs", "output", SetOutputs)

    def action_inputs(self) -> None:
        self._pick_ports("Inputs", "input", SetInputs)

    def _pick_ports(
        self, title: str, kind: str, command: Callable[[tuple[str, ...]], Command]
    ) -> None:
        def ports() -> tuple[tuple[str, ...], tuple[str, ...]]:
            if (now := self.state.status) is None:
                return (), ()
            return getattr(now, f"{kind}s"), getattr(now, f"{kind}_choices")

        def choose(specs: tuple[str, ...]) -> None:
            self.send(command(specs))
            self._wardrobe.chose(f"{kind}s", specs)

        self.push_screen(PortPicker(title, ports, choose))

    def action_instrument(self) -> None:
        def chosen(program: int | None) -> None:
            if program is not None:
                self.turn("program", program)

        status = self.state.status
        self.push_screen(InstrumentPicker(status.params.program if status else 0), chosen)

    def action_piano(self) -> None:
        self.piano.on = not self.piano.on

    def action_piano_off(self) -> None:
        self.piano.on = False
        if self.state.status is not None and self.state.status.learning is not None:
            self.send(Learn(None))

    def action_log(self) -> None:
        self.push_screen(log_page(self.state.log, self._clock()))

    def action_help(self) -> None:
        self.push_screen(help_page())

    def action_theme(self) -> None:
        self._wardrobe.turn()

    def action_tour(self) -> None:
        """The first words again, on the first screen."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self._tour.begin()

    def action_picture(self, looks: int = 40) -> None:
        """Write the screen as it is to an SVG in the current folder."""
        footer = self.screen_stack[0].query_one(Footer)
        # It is made anew once the palette has gone, and is empty until then.
        if looks and not any(key.size.width for key in footer.children):
            self.set_timer(0.05, partial(self.action_picture, looks - 1))
            return
        try:
            path = self.save_screenshot()
        except OSError as error:
            self.complain(f"the picture could not be written here: {error.strerror}")
        else:
            self.state.say(f"the picture is in {path}", Level.INFO, self._clock())

    def action_defaults(self) -> None:
        """Every knob that is elsewhere to its default."""
        for line in self._knobs.lines.values():
            line.action_default()

    def action_knob(self, name: str) -> None:
        self._knobs.focus_on(name)

    def action_page(self, pages: int) -> None:
        self._knobs.page_by(pages)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  # Textual's signature
        """What Ctrl+P lists: every action of the screen, and a way to each knob."""
        for title, words, action in palette():
            yield SystemCommand(title, words, partial(self.run_action, action))

    # --- leaving -----------------------------------------------------------------------

    def action_leave(self) -> None:
        self._leave(PLAYER_LOST if self.state.player_gone else 0)

    async def action_quit(self) -> None:
        self.action_leave()

    def _leave(self, code: int) -> None:
        """Tell the player to finish and wait for its goodbye; a second time, go at once."""
        again = self._leaving is not None
        self._leaving = code or self._leaving or 0
        if again or self.state.player_gone:
            self._exit_now()
            return
        self._link.send(Quit())
        self.state.say("leaving…", Level.INFO, self._clock())
        self.set_timer(self._goodbye_s, self._exit_now)

    def _exit_now(self) -> None:
        code = self._leaving or (self.farewell.exit_code if self.farewell else 0)
        self.exit(code, return_code=code)
