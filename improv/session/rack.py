"""The rack: opening, closing and listing ports off the loop thread.

Opening a port can take a tenth of a second (a SoundFont, a JACK client), and a note must not wait
for it. One worker thread does it and puts what came of it into the inbox; the loop thread alone
holds the open outputs and sends. Once a second the worker looks which ports there are: nothing
reports an unplugged one (python-rtmidi #98). One that was lost is opened again when it returns.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from improv.errors import DeviceError, ImprovError
from improv.music.event import Event, Other
from improv.play.interfaces import Input, Output
from improv.ports import midi
from improv.ports.backend import PortList, PortWatch
from improv.ports.midi import MidiInput, MidiOutput
from improv.ports.nowhere import Nowhere
from improv.ports.spec import Kind, Plugged, PortSpec, Way, parse_spec
from improv.session.desk import FromDevice
from improv.session.messages import Notice, PlayerSetup
from improv.session.plugs import Moved, Plugs
from improv.session.reachable import coming_and_going, is_gone, keyboards
from improv.session.sending import Sending

POLL = 1.0
SOUND_EVERY = 4
"""Looks between two tries of a sound device that has gone: each reads a SoundFont."""

_VIRTUAL = f"{Kind.VIRTUAL.value}:"


@dataclass(frozen=True, slots=True)
class OutputOpened:
    output: Output


@dataclass(frozen=True, slots=True)
class InputOpened:
    input: Input


@dataclass(frozen=True, slots=True)
class PortLost:
    """An open port is not there any more: unplugged, or its MIDI or sound system has gone."""

    port: Input | Output


@dataclass(frozen=True, slots=True)
class ListenersMoved:
    """Of those who are connected to an output that was made here."""

    output: str
    moved: Moved


@dataclass(frozen=True, slots=True)
class InputClosed:
    """Nothing more comes from an input, or from one that played it: its keys are let go by none.

    All that did come is in the inbox before this.
    """


@dataclass(frozen=True, slots=True)
class PortRefused:
    """A port that could not be opened; `wanted`: the musician asked for it by name."""

    spec: str
    error: ImprovError
    wanted: bool


@dataclass(frozen=True, slots=True)
class PortChoices:
    """Specs that could be opened now."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StartedUp:
    """Everything asked for at the start has been opened or refused."""


RackItem = (
    OutputOpened
    | InputOpened
    | InputClosed
    | PortLost
    | ListenersMoved
    | PortRefused
    | PortChoices
    | StartedUp
    | Notice
)


@runtime_checkable
class Watched(Protocol):
    """A port that may go and return."""

    name: str

    def is_there(self, ports: PortList | None) -> bool: ...


class Rack(threading.Thread):
    """The worker. Its methods queue work and return at once."""

    def __init__(
        self,
        setup: PlayerSetup,
        report: Callable[[RackItem], None],
        listener: Callable[[Event | FromDevice], None],
        sending: Sending,
    ) -> None:
        super().__init__(name="rack", daemon=True)
        self._report = report
        self._listener = listener
        self._sending = sending  # whom the watcher is told of that ports are opened
        self._soundfont = setup.soundfont
        self._watch: PortWatch | None = None
        self._open: dict[tuple[Way, str], Input | Output] = {}  # by spec
        # made here and closed again: nobody else can offer them
        self._made: dict[Way, dict[str, None]] = {"input": {}, "output": {}}
        self._lost: set[tuple[Way, str]] = set()  # to be opened again when they return
        self._plugs = Plugs(setup.plugged)
        self._left_out = set(
            setup.left_out
        )  # a player hung in them: not opened until they were gone
        self._looks = 0
        self._choices: PortChoices | None = None
        self._take = f"file:{_take_name()}"  # a take in this folder, if somebody wants one
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def open_at_start(
        self,
        outputs: tuple[str, ...] | None,
        inputs: tuple[str, ...] | None,
        *,
        patient: bool = False,
    ) -> None:
        """Open what was asked for, or (None) whatever this machine has to play through.

        One that is not there ends it, unless it is to be `patient` and open it when it comes.
        """
        self._work.put(lambda: self._start_up(outputs, inputs, patient=patient))

    @property
    def plugged(self) -> tuple[Plugged, ...]:
        """What others have connected to the ports that were made here."""
        return self._plugs.all

    def open_output(self, spec: str) -> None:
        self._work.put(lambda: self._output(spec, wanted=True))

    def open_input(self, spec: str) -> None:
        self._work.put(lambda: self._input(spec, wanted=True))

    def close(self, port: Input | Output) -> None:
        """Close a port nobody uses any more."""
        self._work.put(lambda: self._close(port))

    def lose(self, port: Input | Output) -> None:
        """Close a port that has gone, and open it again when it returns."""
        self._work.put(lambda: self._lose(port))

    def forget_lost(self, way: Way, *, keep: tuple[str, ...]) -> None:
        """Open no lost port again but these: the musician has chosen others."""
        self._work.put(lambda: self._keep_lost(way, keep))

    def take_back(self, specs: tuple[str, ...]) -> None:
        """Open these outputs though a player hung in them: the musician has chosen them."""
        self._work.put(lambda: self._left_out.difference_update(specs))

    def finish(self, timeout: float) -> None:
        """Do what is queued, then end."""
        self._work.put(None)
        self.join(timeout)

    def run(self) -> None:
        while True:
            work: Callable[[], object] | None = self._look
            with suppress(queue.Empty):
                work = self._work.get(timeout=POLL)
            if work is None:
                return
            try:
                with self._sending.at_ports():
                    work()
            except ImprovError as error:
                self._report(PortRefused("", error, wanted=True))
            except Exception as error:  # noqa: BLE001  # a driver's surprise must not end the rack
                self._report(PortRefused("", DeviceError(f"a port failed: {error!r}"), wanted=True))

    # --- on the worker thread --------------------------------------------------------------

    def _start_up(
        self, outputs: tuple[str, ...] | None, inputs: tuple[str, ...] | None, *, patient: bool
    ) -> None:
        # The watch first: a client that joins JACK's graph can cost those in it a message.
        there = self._ports()
        if patient:
            self._lost |= {("input", spec) for spec in coming_and_going(inputs)}
            reachable = set(coming_and_going(outputs)) - self._left_out
            self._lost |= {("output", spec) for spec in reachable}
        asked = inputs is not None and not patient
        for spec in inputs if inputs is not None else ("virtual:improv", *keyboards(there)):
            if not self._input(spec, wanted=asked) and asked:
                return  # it ends with that one sentence
        if outputs is not None:
            if not all(self._output(spec, wanted=not patient) or patient for spec in outputs):
                return
        else:
            opened = [self._output(spec, wanted=False) for spec in ("virtual:improv", "fluidsynth")]
            if not any(opened):  # nothing to hear it on: let nothing be lost at least
                self._output(self._take, wanted=False)
        self._report(StartedUp())
        self._look()

    def _output(self, text: str, *, wanted: bool) -> bool:
        try:
            spec = parse_spec(text)
            if ("output", str(spec)) in self._open:
                return True  # asked for again while it was being opened
            if str(spec) in self._left_out:
                return False
            output = self._make_output(spec)
        except ImprovError as error:
            self._report(PortRefused(text, error, wanted))
            return False
        self._opened_output(output)
        return True

    def _make_output(self, spec: PortSpec) -> Output:
        # Imported where they are opened: FluidSynth and MIDI files cost a tenth of a second, and
        # a machine without libfluidsynth can still play on a port.
        match spec.kind:
            case Kind.NONE:
                return Nowhere()
            case Kind.FLUIDSYNTH:
                from improv.ports import synth

                return synth.open_output(self._soundfont)
            case Kind.FILE:
                from improv.ports import take

                opened = take.open_output(spec.name)
                if opened.path != Path(spec.name):  # it writes over nothing
                    words = f"there is a take of that name already; this one goes to {opened.path}"
                    self._report(Notice(words))
                return opened
            case _:
                return midi.open_output(spec)

    def _input(self, text: str, *, wanted: bool) -> bool:
        try:
            spec = parse_spec(text)
            if spec.kind is Kind.NONE or ("input", str(spec)) in self._open:
                return True
            opened = self._open_input(spec)
        except ImprovError as error:
            self._report(PortRefused(text, error, wanted))
            return False
        self._opened_input(opened)
        return True

    def _open_input(self, spec: PortSpec) -> MidiInput:
        """Say of all but notes which device they are of: what is learnt is of one."""
        device = str(spec)

        def hear(event: Event) -> None:
            self._listener(FromDevice(device, event) if isinstance(event, Other) else event)

        opened = midi.open_input(spec, hear)
        if spec.kind is Kind.PORT:  # by its whole name, however it was asked for
            device = opened.port
        return opened

    def _close(self, port: Input | Output) -> None:
        self._open = {key: open_ for key, open_ in self._open.items() if open_ is not port}
        port.close()
        if isinstance(port, MidiInput):
            self._report(InputClosed())

    def _lose(self, port: Input | Output) -> None:
        if isinstance(port, Watched):
            self._lost |= {key for key, open_ in self._open.items() if open_ is port}
        self._close(port)

    def _keep_lost(self, way: Way, keep: tuple[str, ...]) -> None:
        self._lost = {key for key in self._lost if key[0] != way or key[1] in keep}

    def _ports(self) -> PortList | None:
        """All ports there are, or None without a MIDI system."""
        try:
            if self._watch is None:
                self._watch = PortWatch()
            return self._watch.look()
        except DeviceError:
            return None

    def _look(self) -> None:
        there = self._ports()
        for gone in [text for text in self._left_out if is_gone(parse_spec(text), there)]:
            self._left_out.discard(gone)
            self._lost.add(("output", gone))
        midi_ports = [p for p in self._open.values() if isinstance(p, (MidiInput, MidiOutput))]
        for opened in tuple(self._open.values()):
            if isinstance(opened, Watched) and not opened.is_there(there):
                self._report(PortLost(opened))
        if there is not None:
            names = (*there.inputs, *there.outputs)
            for port in midi_ports:
                if port.name.startswith(_VIRTUAL) and port.is_there(there):
                    self._see(port, self._plugs.look(port.way, port, names))
            # What we made ourselves is no choice: it must not be wired back to us.
            there = there.without(port.port for port in midi_ports)
        self._looks += 1
        for way, spec in tuple(self._lost):
            if self._may_be_back(way, parse_spec(spec), there):
                self._try_again(way, spec)
        self._offer(there)

    def _see(self, port: MidiInput | MidiOutput, moved: Moved) -> None:
        """Tell who left a port of ours, and who is back."""
        if port.way == "output" and any(moved):
            self._report(ListenersMoved(port.name, moved))
        if port.way == "input" and (moved.gone or moved.pulled):
            self._report(InputClosed())
        for notice in moved.notices(port.way, port.name):
            self._report(notice)

    def _may_be_back(self, way: Way, spec: PortSpec, there: PortList | None) -> bool:
        """Whether to try: another client of JACK stops Python for 25 ms, the player with it."""
        match spec.kind:
            case Kind.FLUIDSYNTH:
                return self._looks % SOUND_EVERY == 0
            case Kind.PORT:
                return not is_gone(spec, there, way)
            case _:
                return True

    def _try_again(self, way: Way, spec: str) -> None:
        try:
            if way == "output":
                self._opened_output(self._make_output(parse_spec(spec)))
            else:
                self._opened_input(self._open_input(parse_spec(spec)))
        except ImprovError:
            pass  # still gone

    def _opened_output(self, output: Output) -> None:
        self._open["output", output.name], moved = output, Moved()
        if isinstance(output, MidiOutput) and output.name.startswith(_VIRTUAL):
            self._made["output"][output.name] = None
            moved = self._plugs.opened("output", output)
        self._lost.discard(("output", output.name))
        self._report(OutputOpened(output))
        self._report(ListenersMoved(output.name, moved))

    def _opened_input(self, opened: MidiInput) -> None:
        self._open["input", opened.name] = opened
        if opened.name.startswith(_VIRTUAL):
            self._made["input"][opened.name] = None
            self._plugs.opened("input", opened)
        self._lost.discard(("input", opened.name))
        self._report(InputOpened(opened))

    def _offer(self, ports: PortList | None) -> None:
        inputs = tuple(f"port:{name}" for name in ports.inputs) if ports else ()
        outputs = tuple(f"port:{name}" for name in ports.outputs) if ports else ()
        choices = PortChoices(
            tuple(self._made["input"] | dict.fromkeys(("virtual:improv", *inputs))),
            tuple(
                self._made["output"]
                | dict.fromkeys(("virtual:improv", "fluidsynth", *outputs, self._take))
            ),
        )
        if choices != self._choices:
            self._choices = choices
            self._report(choices)


def _take_name() -> str:
    now = datetime.now().astimezone()
    return f"improv-{now:%Y%m%d-%H%M%S}.mid"
