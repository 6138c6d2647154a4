"""What a player does first that follows one which was killed: release all that may still ring.

Nobody knows which channel a lost note was on, so each pitch that may ring gets its note-off on all
sixteen, and every channel is reset as in a panic: 16 messages a pitch and 96 more, a tenth of a
second on a MIDI cable for one note. A program that listens on a virtual port has lost it with the
player, and needs a moment to find it again; so the release is sent again every `EVERY` seconds,
until `UNTIL` or until something sounds.

It goes past the outbox, which lets no note-off through for a note that this player never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.interfaces import Output
from improv.play.ledger import NOTE_OFF, Ledger
from improv.session.sending import Sending

EVERY, UNTIL = 0.25, 3.0
CHANNELS = 16


class Aftermath:
    """`hanging`: pitches that may ring; None where no player went before."""

    def __init__(self, hanging: frozenset[int] | None, sending: Sending) -> None:
        self._hanging = hanging
        self._sending = sending
        self._until: float | None = None
        self._next = 0.0

    @property
    def follows(self) -> bool:
        """Whether a player went before."""
        return self._hanging is not None

    def release(self, output: Output, now: float) -> None:
        """Let go of all that may ring at an output that has just opened."""
        if self._hanging is None:
            return
        self._until, self._next = now + UNTIL, now + EVERY
        self._release(output, self._hanging, now)

    def again(self, outputs: Iterable[Output], now: float, *, sounding: int) -> None:
        """Once more where it is time, and nothing sounds that it would cut."""
        if self._hanging is None or self._until is None:
            return
        if sounding or now > self._until:
            self._until = None
        elif now >= self._next:
            self._next = now + EVERY
            for output in outputs:
                self._release(output, self._hanging, now)

    def _release(self, output: Output, pitches: Iterable[int], now: float) -> None:
        if output.is_take:
            return
        with suppress(DeviceError):  # the next message to it says so
            for message in full_release(pitches):
                self._sending.send(output, message, now, Source.IMPROV)


def full_release(pitches: Iterable[int]) -> list[bytes]:
    """A note-off for each pitch on every channel, then what resets every channel."""
    ledger = Ledger()
    ledger.touch_all()
    offs = [
        bytes((NOTE_OFF | channel, pitch, 0))
        for pitch in sorted(pitches)
        for channel in range(CHANNELS)
    ]
    return [*offs, *ledger.silence()]
