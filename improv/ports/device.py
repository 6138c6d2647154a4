"""What an open output is known by from one session to the next.

``port:micro`` and ``port:MicroFreak`` are one device, FluidSynth on JACK and on PulseAudio are
two: a latency that was measured belongs to that, and not to what a musician wrote.
"""

from __future__ import annotations

from improv.play.interfaces import Output
from improv.ports.spec import Kind


def device(output: Output) -> str:
    """The whole name of its port, its sound system, or just what it was opened by."""
    kind, _, name = output.name.partition(":")
    if kind == Kind.PORT.value:
        return f"{kind}:{getattr(output, 'port', name)}"
    driver = getattr(output, "driver", "")
    return f"{output.name}:{driver}" if driver else output.name
