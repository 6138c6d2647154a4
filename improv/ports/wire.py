"""Bytes as they come down the wire, made into events; and the moment they came.

Rule: what is wrong on the wire stops here. A note-on with velocity 0 is a note-off (MIDI 1.0,
"Note-On"); what is no complete channel message is no event. Pure: the time is passed in.
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.music.event import Event, NoteOff, NoteOn, Other, Pulse

NOTE_OFF, NOTE_ON = 0x8, 0x9
LENGTHS = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}
"""Bytes of a channel message, by the upper half of its status byte (MIDI 1.0, table 1)."""

CLOCK = {0xF8: 1, 0xFA: 1, 0xFB: 1, 0xFC: 1, 0xF2: 3}
"""Bytes of a MIDI clock's messages, by the status byte."""
RATE, ROOM = 240.0, 48.0
"""Messages of a clock a second, and at once: 300 bpm are 120, and a hold-up makes a crowd."""


def to_event(data: Sequence[int], at: float) -> Event | None:
    """The event of one complete MIDI message, or None where it is no channel message."""
    if not data or len(data) != LENGTHS.get(data[0] >> 4) or max(data[1:]) > 127:
        return None
    kind, channel = data[0] >> 4, data[0] & 0xF
    if kind == NOTE_OFF or (kind == NOTE_ON and data[2] == 0):
        return NoteOff(at, data[1], channel)
    if kind == NOTE_ON:
        return NoteOn(at, data[1], data[2], channel)
    return Other(at, bytes(data))


def to_pulse(data: Sequence[int], at: float) -> Pulse | None:
    """The message of a MIDI clock, or None where it is none."""
    if not data or len(data) != CLOCK.get(data[0]) or max(data[1:], default=0) > 127:
        return None
    return Pulse(at, bytes(data))


class Sluice:
    """Lets through `RATE` messages a second: a clock gone wild must not drown what you play."""

    def __init__(self) -> None:
        self._room = ROOM
        self._last = 0.0

    def lets(self, now: float) -> bool:
        """Whether one that comes now may pass."""
        self._room = min(ROOM, self._room + RATE * max(0.0, now - self._last))
        self._last = now
        if self._room < 1.0:
            return False
        self._room -= 1.0
        return True


class ArrivalClock:
    """When each message of a polled queue arrived, from the driver's time since the one before.

    A poll says only that a message came after the last poll and before this one; a late poll would
    smear a chord. The driver's deltas are exact, but begin nowhere, and leave out messages that it
    filters. So its running sum is believed between those two bounds, and moved onto a bound where
    it leaves them.
    """

    def __init__(self) -> None:
        self._sum = 0.0
        self._offset = float("inf")  # the first message counts as arriving when it is seen

    def arrival(self, delta: float, polled_before: float, now: float) -> float:
        """Seconds on the clock of `polled_before` and `now`; never decreases."""
        self._sum += delta
        at = min(max(self._sum + self._offset, polled_before), now)
        self._offset = at - self._sum
        return at
