"""MIDI ports, made or found, through rtmidi.

What others see of ``virtual:NAME``: on JACK ``NAME:out`` and ``NAME-in:in`` (rtmidi makes a JACK
client for each direction, and two of one name would be told apart by the order of opening); on
ALSA ``NAME:out`` and ``NAME:in``; on CoreMIDI a source and a destination called NAME. A second
improv on JACK becomes ``NAME-01:out``; `port` holds the name in force.

Rule: an input stamps, normalises and hands on; whatever goes wrong there is counted in `faults`
and never raised, since rtmidi would only print it. On JACK the callback would run
in the server's realtime thread and make the whole graph wait for Python's lock, so there the
driver's queue is polled from a thread of our own. Measured beside a busy Python thread, 2,000
notes: callback 326 xruns, stamps 5.3 ms late at p95; polled 5 xruns, 0.14 ms; none lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from improv.errors import DeviceError, UsageError
from improv.music.event import Pulse, Source
from improv.play.interfaces import Listener, Message
from improv.ports.backend import (
    NO_VIRTUAL_PORTS,
    Backend,
    PortList,
    find,
    first_client,
    release,
    stable_names,
)
from improv.ports.cables import Cable, cable
from improv.ports.spec import Kind, PortSpec, Way
from improv.ports.wire import ArrivalClock, Sluice, to_event, to_pulse
from improv.quiet import quiet

POLL = 0.001  # seconds between looks at a JACK input's queue
RESTING_POLL = 0.003  # the same where nobody has played for a while: 1.6 % of a core become 0.5
RESTS_AFTER = 3.0  # seconds

Clock = Callable[[], float]


class _MidiPort:
    """What is open: a port that was made here, or the cable to one that was found."""

    way: ClassVar[Way]

    def __init__(self, spec: PortSpec, opened: Opened) -> None:
        self.name = str(spec)
        self._made = spec.kind is Kind.VIRTUAL
        self._midi = opened.midi
        self._backend = opened.backend
        self._found_as = opened.name
        self._cable = opened.cable
        self._closed = False

    @property
    def port(self) -> str:
        """What others see it as, or what the port is called that it leads to."""
        return (self._made and self._cable.name) or self._found_as

    def is_there(self, ports: PortList | None) -> bool:
        """Whether this port, or the cable to the one it leads to, is there, if it can be known.

        One that leads to a program that hangs is not there, as far as music goes.
        """
        if ports is None:
            return True
        if self._cable.end and self._made:
            return bool(self._cable.name)
        if self._cable.end:
            return self._cable.is_there and not self._cable.stuck
        return self.port in (
            ports.inputs if self._made is (self.way == "output") else ports.outputs
        )

    @property
    def plugged(self) -> tuple[str, ...]:
        """What others have connected to it, if it was made here."""
        return self._cable.others if self._made else ()

    def plug(self, other: str) -> bool:
        """Connect it to a port of somebody's; whether it is."""
        return self._cable.connect(other)

    def unplug_stuck(self) -> tuple[str, ...]:
        """Take off who is connected to it and hangs, so that the others hear; who that is."""
        stuck = self._cable.stuck if self._made else ()
        for other in stuck:
            self._cable.disconnect(other)
        return stuck


class MidiOutput(_MidiPort):
    """An open MIDI port that notes go to."""

    way = "output"
    is_take = False
    takes_clock = True

    def send(self, message: Message, at: float, source: Source) -> None:  # noqa: ARG002  # Output's
        """Hand `message` to the driver. Raises DeviceError once closed, or if the driver fails."""
        if self._closed:  # rtmidi itself would say nothing
            raise DeviceError(f"the output {self.name} is closed")
        try:
            self._midi.send_message(message)
        except (OSError, RuntimeError, ValueError) as error:  # what rtmidi's errors derive from
            raise DeviceError(f"the output {self.name} refused a message: {error}") from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        release(self._midi, self._backend)


class MidiInput(_MidiPort):
    """An open MIDI port that notes come from."""

    way = "input"

    def __init__(self, spec: PortSpec, opened: Opened, listener: Listener, clock: Clock) -> None:
        super().__init__(spec, opened)
        self.faults = 0
        self._listener = listener
        self._clock = clock
        self._on_pulse: Callable[[Pulse], None] | None = None
        self._sluice = Sluice()
        self._poller: threading.Thread | None = None

    def start(self) -> None:
        """Begin to call the listener."""
        if self._backend is not Backend.JACK:
            self._midi.set_callback(self._called)
            return
        self._poller = threading.Thread(target=self._poll, name=f"improv {self.name}", daemon=True)
        self._poller.start()

    def follow_clock(self, listener: Callable[[Pulse], None] | None) -> None:
        """Call `listener` for each message of a MIDI clock too, or (None) leave them out again.

        Left out they cost nothing: the driver drops the pulses. Let in they are bounded.
        """
        self._on_pulse = listener
        self._midi.ignore_types(sysex=True, timing=listener is None, active_sense=True)

    def _called(self, item: tuple[list[int], float], _: object = None) -> None:
        # rtmidi's delta is left unused: it is wrong on macOS in 1.5.8
        self._hand_on(item[0], self._clock())

    def _poll(self) -> None:
        arrivals = ArrivalClock()
        polled_before = last = self._clock()
        while not self._closed:
            now = self._clock()
            item = self._midi.get_message()
            if item is None:
                polled_before = now
                time.sleep(POLL if now - last < RESTS_AFTER else RESTING_POLL)
            else:
                last = now
                data, delta = item
                self._hand_on(data, arrivals.arrival(delta, polled_before, self._clock()))

    def _hand_on(self, data: list[int], at: float) -> None:
        try:
            event = to_event(data, at)
            if event is not None:
                self._listener(event)
            elif self._on_pulse is not None:
                pulse = to_pulse(data, at)
                if pulse is not None and self._sluice.lets(at):
                    self._on_pulse(pulse)
        except Exception:  # noqa: BLE001  # nothing may reach rtmidi, which would print it
            self.faults += 1

    def close(self) -> None:
        """Stop calling the listener, then give the port back; in this order (mido #368)."""
        if self._closed:
            return
        self._closed = True
        if self._poller is not None:
            self._poller.join()
        else:
            self._midi.cancel_callback()
        release(self._midi, self._backend)


def open_output(spec: PortSpec, backend: Backend | None = None) -> MidiOutput:
    """Open ``virtual:NAME`` or ``port:NAME``. Raises DeviceError."""
    return MidiOutput(spec, _open("MidiOut", spec, backend))


def open_input(
    spec: PortSpec,
    listener: Listener,
    clock: Clock = time.monotonic,
    backend: Backend | None = None,
) -> MidiInput:
    """Open ``virtual:NAME`` or ``port:NAME``; `listener` is called on another thread at once.

    Raises DeviceError.
    """
    opened = _open("MidiIn", spec, backend)
    opened.midi.ignore_types(sysex=True, timing=True, active_sense=True)
    source = MidiInput(spec, opened, listener, clock)
    source.start()
    return source


@dataclass(frozen=True, slots=True)
class Opened:
    """An rtmidi client with its one port open."""

    midi: Any
    name: str  # of its port as others see it, or of the one that it is connected to
    cable: Cable
    backend: Backend


def _open(direction: str, spec: PortSpec, backend: Backend | None) -> Opened:
    if spec.kind not in (Kind.VIRTUAL, Kind.PORT):
        raise UsageError(f"{spec} is no MIDI port; use virtual:NAME or port:NAME")
    midi, used = first_client(direction, lambda b: _client_name(direction, spec, b), backend)
    try:
        with quiet():
            open_it = _connect if spec.kind is Kind.PORT else _make
            end = cable(direction, used)
            return Opened(midi, open_it(midi, direction, spec.name, end, used), end, used)
    except (OSError, RuntimeError, ValueError) as error:  # what rtmidi's errors derive from
        release(midi, used)
        raise DeviceError(f"{spec} did not open: {error}") from error
    except DeviceError:
        release(midi, used)
        raise


def _client_name(direction: str, spec: PortSpec, backend: Backend) -> str:
    if spec.kind is Kind.PORT:
        return "improv-to" if direction == "MidiOut" else "improv-from"
    if backend is Backend.JACK and direction == "MidiIn":
        return f"{spec.name}-in"
    return spec.name


def _connect(midi: Any, direction: str, wanted: str, end: Cable, backend: Backend) -> str:
    """Connect to a port that is there, and say its name. Raises DeviceError."""
    raw = midi.get_ports()  # on ALSA with their numbers
    names = stable_names(raw, backend)
    index = find(wanted, names, "output" if direction == "MidiOut" else "input")
    midi.open_port(index, "out" if direction == "MidiOut" else "in")
    end.plugged(raw[index].rpartition(" ")[2] if backend is Backend.ALSA else raw[index])
    return names[index]


def _make(midi: Any, direction: str, name: str, end: Cable, backend: Backend) -> str:
    """Make a port that others can connect to, and say its name."""
    port = "out" if direction == "MidiOut" else "in"
    match backend:
        case Backend.WINMM:
            found = ", ".join(repr(there) for there in midi.get_ports()) or "none"
            raise DeviceError(f"{NO_VIRTUAL_PORTS}; found: {found}")
        case Backend.COREMIDI:
            midi.open_virtual_port(name)
            return name
        case Backend.ALSA:
            midi.set_client_name(name)  # otherwise that of the first client of the process
            midi.open_virtual_port(port)
            wanted = f"{name}:{port}"
        case Backend.JACK:
            midi.open_virtual_port(port)
            wanted = f"{_client_name(direction, PortSpec(Kind.VIRTUAL, name), backend)}:{port}"
    end.made(name)
    return wanted
