"""What others have connected to the ports we made, so that it is connected again after a fall.

A player that was killed, or a JACK server that died, takes our virtual ports with it and every
cable in them; the next one's ports have the same names and no cable, and neither the release nor
the music would reach anybody until the musician patches it all again. What leaves a port that
stays is forgotten: whoever pulled that cable meant it.

Belongs to the rack's thread; `all` may be read by any.
"""

from __future__ import annotations

from collections.abc import Iterable

from improv.ports.midi import MidiInput, MidiOutput
from improv.ports.spec import Plugged

LOOKS = 10
"""At how many looks, one a second, one that is not there yet is tried again."""


class Plugs:
    """`before`: as they were with the player that went before."""

    def __init__(self, before: Iterable[Plugged] = ()) -> None:
        self.all = tuple(before)
        self._owed: dict[tuple[str, str], tuple[str, ...]] = {}
        self._looks: dict[tuple[str, str], int] = {}  # that are left for those

    def opened(self, way: str, port: MidiInput | MidiOutput) -> None:
        """Connect a port that has just been made as the one was that it follows."""
        key = (way, port.name)
        self._owed[key] = next((p.others for p in self.all if p[:2] == key), ())
        self._looks[key] = LOOKS
        self.look(way, port)

    def look(self, way: str, port: MidiInput | MidiOutput) -> None:
        """See what is connected to a port that is there, and try again what is owed to it."""
        key = (way, port.name)
        self._looks[key] -= 1
        owed = self._owed[key] if self._looks[key] >= 0 else ()
        self._owed[key] = tuple(other for other in owed if not port.plug(other))
        others = tuple(dict.fromkeys((*port.plugged, *self._owed[key])))
        rest = tuple(p for p in self.all if p[:2] != key)
        self.all = (*rest, Plugged(*key, others)) if others else rest
