"""Which of your pedals are down, so that they can be lifted when no word of yours will do it.

Rule: a keyboard that is gone, or no longer passed on, leaves no pedal down and no pitch bent:
every note of improv's on that channel would ring on, or sound out of tune, until the next panic.
"""

from __future__ import annotations

PEDALS = frozenset({64, 66, 67, 69})  # sustain, sostenuto, soft, hold 2 (MIDI 1.0, table 3)
CENTRE = (0, 64)  # a pitch bend of none


class Pedals:
    """The pedals that are down and the bends that are not centred, by channel."""

    def __init__(self) -> None:
        self._up: dict[tuple[int, int], bytes] = {}  # by status and control: what lifts it

    def hear(self, data: bytes) -> None:
        """Take a channel message of yours; those of other kinds mean nothing here."""
        match data[0] & 0xF0:
            case 0xB0 if data[1] in PEDALS:
                key, up, is_up = (data[0], data[1]), bytes((data[0], data[1], 0)), data[2] == 0
            case 0xE0:
                key, up = (data[0], 0), bytes((data[0], *CENTRE))
                is_up = data == up
            case _:
                return
        if is_up:
            self._up.pop(key, None)
        else:
            self._up[key] = up

    def lift(self) -> list[bytes]:
        """What lifts all that is down; it counts as up from now on."""
        messages = list(self._up.values())
        self._up.clear()
        return messages
