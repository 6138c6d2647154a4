"""Telling improv's own music, come back, from yours: a feedback loop is cut before it begins.

A DAW that sends what it hears on to where it came from gives improv its own notes as if you had
played them, and with thru each would go round for ever. What comes in soon after it went out, the
same, is taken for such an echo, whatever its channel: a note of improv's by pitch and velocity, and
a note of yours while its key is down, since no keyboard strikes one twice without letting go.
Where `SURE` notes came back there is a loop, and then the rest of what comes back is left out too:
your short notes, and byte for byte your pedals. Each that went out is met once. Pure.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

from improv.music.event import Event, NoteOff, NoteOn, Other, Source

WINDOW = 0.25
"""Seconds an echo may take: a DAW's buffers there and back, with some to spare."""
SURE = 3
"""Echoes within `LATELY` after which there is no doubt of a loop."""
LATELY = 5.0
"""Seconds."""
EARLY = 0.005
"""Seconds by which a stamp may lie before what it is of: clocks of drivers are no finer."""
MOST = 256
"""Messages that are remembered: more than 1,000 a second for the whole of `WINDOW`."""
_ON, _OFF = 0x90, 0x80


@dataclass(frozen=True, slots=True)
class _Sent:
    message: bytes
    due: float
    source: Source


class Echo:
    """What went out lately, and which keys are held by an echo alone."""

    def __init__(self) -> None:
        self._sent: deque[_Sent] = deque(maxlen=MOST)
        self._rings: Counter[tuple[int, int]] = Counter()  # echoes of improv's that are down
        self._echoes: deque[float] = deque(maxlen=SURE)  # when the last came in

    def is_loop(self, now: float) -> bool:
        """Whether what goes out surely comes back."""
        return len(self._echoes) == SURE and now - self._echoes[0] < LATELY

    def went(self, message: bytes, due: float, source: Source) -> None:
        """A message goes out, to sound at `due`."""
        self._sent.append(_Sent(message, due, source))

    def is_own(self, event: Event, *, held: bool) -> bool:
        """Whether what comes in is what went out; `held`: its key is down already."""
        held = held or self.is_loop(event.at)
        match event:
            case NoteOn(pitch=pitch, velocity=velocity):
                own = self._meet(event.at, _ON, bytes((pitch, velocity)), held=held)
                if own is Source.IMPROV:
                    self._rings[event.channel, pitch] += 1
            case NoteOff(pitch=pitch):
                rings = self._rings[event.channel, pitch] > 0
                own = self._meet(event.at, _OFF, bytes((pitch,)), held=held) if rings else None
                if own is not None:
                    self._rings[event.channel, pitch] -= 1
            case Other(data=data):
                own = self._meet(event.at, data[0], data[1:], held=True) if held else None
        if own is None:
            return False
        if isinstance(event, NoteOn):
            self._echoes.append(event.at)
        return True

    def _meet(self, at: float, status: int, data: bytes, *, held: bool) -> Source | None:
        """Whose the message is that this is an echo of, which is not met again; None: nobody's."""
        for sent in self._sent:
            if (
                sent.due - EARLY <= at <= sent.due + WINDOW
                and (held or sent.source is Source.IMPROV)
                and _is_like(sent.message, status, data)
            ):
                self._sent.remove(sent)
                return sent.source
        return None


def _is_like(message: bytes, status: int, data: bytes) -> bool:
    """Whether a message is of that status, on any channel where it is a note's, and data."""
    kind = message[0] & 0xF0
    if status in {_ON, _OFF}:
        return kind == status and message[1 : 1 + len(data)] == data
    return message[0] == status and message[1:] == data
