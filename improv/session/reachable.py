"""Which ports can be reached, by what a musician wrote and the ports there are now."""

from __future__ import annotations

from improv.errors import DeviceError
from improv.ports.backend import Backend, PortList, find
from improv.ports.spec import Kind, PortSpec, Way, parse_spec


def is_gone(spec: PortSpec, there: PortList | None, way: Way = "output") -> bool:
    """Whether what a MIDI port is connected to, or the system it is made in, is not there."""
    if spec.kind not in {Kind.VIRTUAL, Kind.PORT}:
        return False
    if spec.kind is Kind.VIRTUAL or there is None:
        return there is None or not (there.inputs or there.outputs)
    try:
        find(spec.name, there.outputs if way == "output" else there.inputs, way)
    except DeviceError:
        return True
    return False


def coming_and_going(specs: tuple[str, ...] | None) -> tuple[str, ...]:
    """Those that come and go, as they are called when they are open."""
    parsed = (parse_spec(spec) for spec in specs or ())
    coming = {Kind.VIRTUAL, Kind.PORT, Kind.FLUIDSYNTH}
    return tuple(str(spec) for spec in parsed if spec.kind in coming)


def keyboards(ports: PortList | None) -> tuple[str, ...]:
    """Specs of the inputs that may be keyboards: what is plugged in.

    On JACK an input may be any program's output, a synth or improv's own sound among them; there
    the musician says which.
    """
    if ports is None or ports.backend is Backend.JACK:
        return ()
    others = ("midi through", "improv")  # another improv must be invited by name
    return tuple(
        f"port:{name}"
        for name in ports.inputs
        if not any(word in name.casefold() for word in others)
    )
