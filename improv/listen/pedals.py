"""Which of your pedals are down, so that they can be lifted when no word of yours will do it.

Rule: a keyboard that is gone, or no longer passed on, leaves no pedal down and no pitch bent:
every note of improv's on that channel would ring on, or sound out of tune, until the next panic.
"""

from __future__ import annotations

from improv.listen.sustain import CONTROL, RESET_CONTROLLERS

PEDALS = frozenset({64, 66, 67, 69})  # sustain, sostenuto, soft, hold 2 (MIDI 1.0, table 3)
CENTRE = (0, 64)  # a pitch bend of none


class Pedals:
    """The pedals that are down and the bends that are not centred, by channel."""

    def __init__(self) -> None:
        self._down: dict[tuple[int, int], bytes] = {}  # by status and control: the last word of it

    def hear(self, data: bytes) -> None:
        """Take a channel message of yours; those of other kinds mean nothing here."""
        match data[0] & 0xF0:
            case 0xB0 if data[1] in PEDALS:
                key, is_up = (data[0], data[1]), data[2] == 0
            case 0xB0 if data[1] == RESET_CONTROLLERS:  # pedals up, bend centred (MMA RP-015)
                channel = data[0] & 0x0F
                self._down = {k: d for k, d in self._down.items() if d[0] & 0x0F != channel}
                return
            case 0xE0:
                key, is_up = (data[0], 0), tuple(data[1:]) == CENTRE
            case _:
                return
        if is_up:
            self._down.pop(key, None)
        else:
            self._down[key] = data

    def down(self) -> list[bytes]:
        """What puts another instrument where this one stands, half pedals included."""
        return list(self._down.values())

    def up(self) -> list[bytes]:
        """What lifts all that is down."""
        return [
            bytes((data[0], data[1], 0)) if data[0] & 0xF0 == CONTROL else bytes((data[0], *CENTRE))
            for data in self._down.values()
        ]

    def lift(self) -> list[bytes]:
        """What lifts all that is down; it counts as up from now on."""
        messages = self.up()
        self._down.clear()
        return messages
