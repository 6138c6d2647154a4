"""Which MIDI system of this computer is used, and what ports it has.

Rule: every system is tried by name, in a fixed order; rtmidi's own default never falls through to
JACK. Only this file and midi.py know rtmidi.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from improv.errors import DeviceError, UsageError
from improv.ports.jack_pulse import IS_INPUT, IS_OUTPUT, JACK_CLIENTS
from improv.quiet import quiet


class Backend(Enum):
    """A MIDI system, by the name that `--backend` takes."""

    ALSA = "alsa"
    JACK = "jack"
    COREMIDI = "coremidi"
    WINMM = "winmm"


QUEUE = 8192  # messages an input holds that is polled: 0.8 s of the worst flood in the fault list

_API = {  # rtmidi's names for them
    Backend.ALSA: "API_LINUX_ALSA",
    Backend.JACK: "API_UNIX_JACK",
    Backend.COREMIDI: "API_MACOSX_CORE",
    Backend.WINMM: "API_WINDOWS_MM",
}

WATCH = "improv-watch"
NO_VIRTUAL_PORTS = (
    "Windows makes no virtual MIDI ports; make one with loopMIDI or Windows MIDI Services and name"
    " it with port:NAME"
)


def order(platform: str = sys.platform) -> tuple[Backend, ...]:
    """The systems to try on a platform, best first."""
    if platform == "darwin":
        return (Backend.COREMIDI, Backend.JACK)
    if platform == "win32":
        return (Backend.WINMM,)
    return (Backend.ALSA, Backend.JACK)


def parse_backend(text: str) -> Backend:
    """The MIDI system named `text`. Raises UsageError."""
    try:
        return Backend(text.strip().lower())
    except ValueError:
        names = ", ".join(backend.value for backend in order())
        raise UsageError(
            f"no MIDI system named {text!r}; this computer may have: {names}"
        ) from None


def rtmidi() -> Any:
    """The rtmidi module. Raises DeviceError where the system lacks what it links to."""
    try:
        import rtmidi as module  # here, since it fails to import without libasound2
    except ImportError as error:
        raise DeviceError(f"MIDI needs a system library: {error}; {_fix_library()}") from error
    return module


def client(direction: str, backend: Backend, name: str) -> Any:
    """A new rtmidi client; `direction` is MidiIn or MidiOut.

    Raises OSError where there is no such system (rtmidi's SystemError is an OSError, and not the
    built-in SystemError).
    """
    module = rtmidi()
    api = getattr(module, _API[backend])
    if api not in module.get_compiled_api():
        raise OSError(f"rtmidi was built without {backend.value}")
    if backend is Backend.JACK:
        JACK_CLIENTS.before_opening()
    held = {"queue_size_limit": QUEUE} if direction == "MidiIn" else {}
    opened = getattr(module, direction)(rtapi=api, name=name, **held)
    if backend is Backend.JACK:
        JACK_CLIENTS.opened()
    return opened


def release(opened: Any, backend: Backend) -> None:
    """Give a client back with its port; the system keeps it otherwise (mido #256). Once only."""
    with quiet():
        opened.close_port()
        opened.delete()
        if backend is Backend.JACK:
            JACK_CLIENTS.closed()


def first_client(
    direction: str, name: Callable[[Backend], str], preferred: Backend | None = None
) -> tuple[Any, Backend]:
    """A client of the first MIDI system that answers, or of `preferred`. Raises DeviceError.

    Python stands still for 20-30 ms meanwhile on JACK: rtmidi keeps the interpreter's lock.
    """
    tried = (preferred,) if preferred else order()
    for backend in tried:
        try:
            with quiet():
                return client(direction, backend, name(backend)), backend
        except OSError:
            continue
    names = " or ".join(backend.value for backend in tried)
    raise DeviceError(f"no MIDI system answers ({names} tried); {_fix_system()}")


def working(preferred: Backend | None = None) -> Backend:
    """The first MIDI system that answers, or `preferred` if it does. Raises DeviceError."""
    probe, backend = first_client("MidiOut", lambda _: "improv-probe", preferred)
    release(probe, backend)
    return backend


def _fix_library() -> str:
    if sys.platform.startswith("linux"):
        return "install it (apt: libasound2, dnf: alsa-lib, pacman: alsa-lib)"
    return "install python-rtmidi again"


def _fix_system() -> str:
    if sys.platform.startswith("linux"):
        return (
            "load ALSA's sequencer (sudo modprobe snd-seq) or start JACK (jackd, or pw-jack under"
            " PipeWire)"
        )
    return "log in again and see that other music programs find their MIDI ports"


@dataclass(frozen=True, slots=True)
class PortList:
    """What others offer: `inputs` can be listened to, `outputs` can be played."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    backend: Backend

    def without(self, names: Iterable[str]) -> PortList:
        """The same less some ports: improv's own, which it must not be wired back to."""
        own = set(names)
        return PortList(
            tuple(n for n in self.inputs if n not in own),
            tuple(n for n in self.outputs if n not in own),
            self.backend,
        )


def stable_names(raw: Sequence[str], backend: Backend) -> list[str]:
    """Port names that are the same tomorrow: ALSA's numbers go, unless two would look alike."""
    if backend is not Backend.ALSA:
        return list(raw)
    short = [
        name.rsplit(" ", 1)[0] if name.rpartition(" ")[2].replace(":", "").isdigit() else name
        for name in raw
    ]
    return [
        name if short.count(brief) > 1 else brief for name, brief in zip(raw, short, strict=True)
    ]


def find(wanted: str, names: Sequence[str], direction: str) -> int:
    """Where `wanted` is in `names`: exactly, else the only one that holds it, whatever the case.

    Raises DeviceError, which lists what was found. `direction` is the word input or output.
    """
    if wanted in names:
        return names.index(wanted)
    holds = [i for i, name in enumerate(names) if wanted.casefold() in name.casefold()]
    if len(holds) == 1:
        return holds[0]
    if holds:
        several = ", ".join(repr(names[i]) for i in holds)
        raise DeviceError(f"more than one MIDI {direction} is named like {wanted!r}: {several}")
    found = ", ".join(repr(name) for name in names) or "none"
    raise DeviceError(f"no MIDI {direction} named {wanted!r}; found: {found}")


class PortWatch:
    """Lists ports again and again; not for two threads at once.

    To be asked at 1 Hz, to see what was plugged in or out: nothing reports it (python-rtmidi
    #98). Where a JACK server dies the lists are empty, and stay so until every port opened on it
    is closed and a server runs again. On JACK it costs no client of its own: see jack_pulse.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        first, self.backend = first_client("MidiIn", lambda _: WATCH, backend)
        self._pair: tuple[Any, ...] = (first,)
        self._by_pulse = False
        with quiet():
            self._begin()

    def look(self) -> PortList:
        """The ports there are now."""
        if self.backend is Backend.JACK and JACK_CLIENTS.stopped:
            self.close()
        if not self._by_pulse and not self._pair:
            self._start_again()
        if self._by_pulse:
            ins, outs = JACK_CLIENTS.ports(IS_OUTPUT), JACK_CLIENTS.ports(IS_INPUT)
        elif self._pair:
            ins, outs = (tuple(stable_names(one.get_ports(), self.backend)) for one in self._pair)
        else:
            ins, outs = (), ()
        return PortList(ins, outs, self.backend)

    def _start_again(self) -> None:
        try:
            with quiet():
                self._pair = (client("MidiIn", self.backend, WATCH),)
                self._begin()
        except OSError:  # not yet
            self.close()

    def _begin(self) -> None:
        """With the pulse where there is one, else with a client for each direction."""
        if self.backend is Backend.JACK and JACK_CLIENTS.watch():
            self._by_pulse = True
            (first,), self._pair = self._pair, ()
            release(first, self.backend)
        else:
            self._pair += (client("MidiOut", self.backend, WATCH),)

    def close(self) -> None:
        for one in self._pair:
            release(one, self.backend)
        self._pair = ()
        if self._by_pulse:
            JACK_CLIENTS.closed()
            self._by_pulse = False


def available(backend: Backend | None = None) -> PortList:
    """The ports there are now. Raises DeviceError where there is no MIDI system."""
    watch = PortWatch(backend)
    try:
        return watch.look()
    finally:
        watch.close()
