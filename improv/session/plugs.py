"""What others have connected to the ports we made, so that it is connected again after a fall.

A player that was killed, or a JACK server that died, takes our virtual ports with it and every
cable in them; the next one's ports have the same names and no cable, and neither the release nor
the music would reach anybody until the musician patches it all again. So it is when a synth that
listens is started again, or when one that hung reads again. A cable that goes while both its
ports are there is forgotten: whoever pulled it meant it.

Belongs to the rack's thread; `all` may be read by any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from improv.ports.midi import MidiInput, MidiOutput
from improv.ports.spec import Plugged, Way
from improv.session.messages import Level, Notice


class Moved(NamedTuple):
    """Of those who are connected to a port of ours, who left or came back since the last look."""

    gone: tuple[str, ...] = ()
    hang: tuple[str, ...] = ()  # of these: who was taken off, since it doesn't read
    pulled: tuple[str, ...] = ()  # who is there, and whose cable is not
    back: tuple[str, ...] = ()
    new: tuple[str, ...] = ()  # whom somebody has connected

    def notices(self, way: Way, port: str) -> Iterator[Notice]:
        """What a musician is told of them."""
        hears = f"hears {port}" if way == "output" else f"is heard at {port}"
        for other in self.gone:
            why = "takes no notes: it hangs" if other in self.hang else "has gone"
            yield Notice(f"{other} {why}; it {hears} again when it is back", Level.WARNING)
        for other in self.back:
            yield Notice(f"{other} {hears} again")


class Plugs:
    """`before`: as they were with the player that went before."""

    def __init__(self, before: Iterable[Plugged] = ()) -> None:
        self.all = tuple(before)
        self._away: dict[tuple[Way, str], tuple[str, ...]] = {}  # to be connected when they return

    def opened(self, way: Way, port: MidiInput | MidiOutput) -> Moved:
        """Connect a port that has just been made as the one was that it follows."""
        self._connect(way, port, self._others(way, port))
        return Moved(back=port.plugged)

    def look(self, way: Way, port: MidiInput | MidiOutput, there: Collection[str]) -> Moved:
        """See what is connected to a port of ours, and connect who is back.

        Args:
            way: "output" or "input".
            port: is there.
            there: the names of all ports there are.
        """
        before, known = self._away.get((way, port.name), ()), self._others(way, port)
        hang = port.unplug_stuck()
        left = [other for other in known if other not in there or other in hang]
        self._connect(way, port, (*left, *before))
        away, plugged = self._away[way, port.name], port.plugged
        return Moved(
            tuple(other for other in away if other not in before),
            hang,
            tuple(other for other in known if other not in (*away, *before, *plugged)),
            tuple(other for other in before if other not in away),
            tuple(other for other in plugged if other not in known),
        )

    def _connect(self, way: Way, port: MidiInput | MidiOutput, others: Iterable[str]) -> None:
        key = (way, port.name)
        away = tuple(other for other in dict.fromkeys(others) if not port.plug(other))
        self._away[key] = away
        plugged = tuple(dict.fromkeys((*port.plugged, *away)))
        rest = tuple(each for each in self.all if each[:2] != key)
        self.all = (*rest, Plugged(*key, plugged)) if plugged else rest

    def _others(self, way: Way, port: MidiInput | MidiOutput) -> tuple[str, ...]:
        return next((each.others for each in self.all if each[:2] == (way, port.name)), ())
