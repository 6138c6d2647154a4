"""Which notes sound although their keys are up: those that a sustain pedal keeps.

Rule: a note let go while the pedal of its channel is down rings until the pedal comes up, until
the same key is struck again, or until all sound is off. A pedal is down from 64 up, as MIDI 1.0
says of a switch: a half pedal is not told apart from a whole one. Sostenuto and soft pedal keep no
note here.
"""

from __future__ import annotations

CONTROL = 0xB0
SUSTAIN, ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 64, 120, 121, 123
DOWN = 64  # the value from which a switch is on (MIDI 1.0, table 3)

Key = tuple[int, int, bool]
"""What only one note at a time can have: channel, pitch, and whether all outputs hear it."""


def lets_keys_go(data: bytes) -> bool:
    """Whether a message takes every key of its channel as let go: CC120, and 123 to 127."""
    return data[0] & 0xF0 == CONTROL and (data[1] == ALL_SOUND_OFF or data[1] >= ALL_NOTES_OFF)


class Sustain:
    """The channels whose pedal is down, and the notes that it keeps, by serial number."""

    def __init__(self) -> None:
        self._down: set[int] = set()
        self._ringing: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._ringing)

    def hear(self, data: bytes) -> list[int]:
        """Take a channel message; the serials of the notes it ends."""
        if data[0] & 0xF0 != CONTROL:
            return []
        channel, control = data[0] & 0x0F, data[1]
        if control == SUSTAIN and data[2] >= DOWN:
            self._down.add(channel)
            return []
        if control in {SUSTAIN, RESET_CONTROLLERS}:
            self._down.discard(channel)
        elif control != ALL_SOUND_OFF:
            return []
        return self._end(channel)

    def keep(self, serial: int, key: Key) -> bool:
        """Take a note whose key is let go; whether the pedal keeps it."""
        if key[0] in self._down:
            self._ringing[key] = serial
            return True
        return False

    def strike(self, key: Key) -> int | None:
        """The serial of the ringing note that is ended by striking its key again."""
        return self._ringing.pop(key, None)

    def lift(self) -> list[int]:
        """Take every pedal as up; the serials of the notes that this ends."""
        self._down.clear()
        ended = list(self._ringing.values())
        self._ringing.clear()
        return ended

    def _end(self, channel: int) -> list[int]:
        keys = [key for key in self._ringing if key[0] == channel]
        return [self._ringing.pop(key) for key in keys]
