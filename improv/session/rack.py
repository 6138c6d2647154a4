"""The rack: opening, closing and listing ports off the loop thread.

Opening a port can take a tenth of a second (a SoundFont, a JACK client), and a note must not wait
for it. One worker thread does it and puts what came of it into the inbox; the loop thread alone
holds the open outputs and sends. Once a second the worker looks which ports there are.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from improv.errors import ImprovError
from improv.music.event import Event
from improv.play.interfaces import Input, Output
from improv.ports.spec import Kind, PortSpec, parse_spec

POLL = 1.0


@dataclass(frozen=True, slots=True)
class OutputOpened:
    output: Output


@dataclass(frozen=True, slots=True)
class InputOpened:
    input: Input


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


RackItem = OutputOpened | InputOpened | PortRefused | PortChoices | StartedUp


class Rack(threading.Thread):
    """The worker. Its methods queue work and return at once."""

    def __init__(
        self,
        report: Callable[[RackItem], None],
        listener: Callable[[Event], None],
        soundfont: str | None,
    ) -> None:
        super().__init__(name="rack", daemon=True)
        self._report = report
        self._listener = listener
        self._soundfont = soundfont
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def open_at_start(
        self, outputs: tuple[str, ...] | None, inputs: tuple[str, ...] | None
    ) -> None:
        """Open what was asked for, or (None) whatever this machine has to play through."""
        self._work.put(lambda: self._start_up(outputs, inputs))

    def open_output(self, spec: str) -> None:
        self._work.put(lambda: self._output(spec, wanted=True) and None)

    def open_input(self, spec: str) -> None:
        self._work.put(lambda: self._input(spec, wanted=True) and None)

    def close(self, port: Input | Output) -> None:
        """Close a port nobody uses any more."""
        self._work.put(port.close)

    def finish(self, timeout: float) -> None:
        """Do what is queued, then end."""
        self._work.put(None)
        self.join(timeout)

    def run(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=POLL)
            except queue.Empty:
                self._look()
                continue
            if work is None:
                return
            try:
                work()
            except ImprovError as error:
                self._report(PortRefused("", error, wanted=True))

    # --- on the worker thread --------------------------------------------------------------

    def _start_up(self, outputs: tuple[str, ...] | None, inputs: tuple[str, ...] | None) -> None:
        for spec in inputs if inputs is not None else self._default_inputs():
            self._input(spec, wanted=inputs is not None)
        if outputs is not None:
            for spec in outputs:
                self._output(spec, wanted=True)
        else:
            opened = [self._output(spec, wanted=False) for spec in ("virtual:improv", "fluidsynth")]
            if not any(opened):  # nothing to hear it on: let nothing be lost at least
                self._output(f"file:{_take_name()}", wanted=False)
        self._report(StartedUp())
        self._look()

    def _default_inputs(self) -> tuple[str, ...]:
        from improv.ports import midi

        return ("virtual:improv", *(f"port:{name}" for name in midi.keyboards()))

    def _output(self, text: str, *, wanted: bool) -> bool:
        try:
            spec = parse_spec(text)
            if spec.kind is not Kind.NONE:
                self._report(OutputOpened(self._make_output(spec)))
        except ImprovError as error:
            self._report(PortRefused(text, error, wanted))
            return False
        return True

    def _make_output(self, spec: PortSpec) -> Output:
        # Imported where they are opened: FluidSynth and mido cost a tenth of a second, and a
        # machine without libfluidsynth can still play on a port.
        match spec.kind:
            case Kind.FLUIDSYNTH:
                from improv.ports import synth

                return synth.open_output(self._soundfont)
            case Kind.FILE:
                from improv.ports import take

                return take.open_output(Path(spec.name))
            case _:
                from improv.ports import midi

                return midi.open_output(spec)

    def _input(self, text: str, *, wanted: bool) -> bool:
        from improv.ports import midi

        try:
            spec = parse_spec(text)
            if spec.kind is not Kind.NONE:
                self._report(InputOpened(midi.open_input(spec, self._listener)))
        except ImprovError as error:
            self._report(PortRefused(text, error, wanted))
            return False
        return True

    def _look(self) -> None:
        from improv.ports import midi

        try:
            ports = midi.available()
        except ImprovError:
            ports = None
        inputs = tuple(f"port:{name}" for name in ports.inputs) if ports else ()
        outputs = tuple(f"port:{name}" for name in ports.outputs) if ports else ()
        virtual = ("virtual:improv",)
        self._report(PortChoices((*virtual, *inputs), (*virtual, "fluidsynth", *outputs)))


def _take_name() -> str:
    now = datetime.now().astimezone()
    return f"improv-{now:%Y%m%d-%H%M%S}.mid"
