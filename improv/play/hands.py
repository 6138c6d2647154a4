"""Your hands and feet: what your keys and pedals start, keep and end, and what that says of turns.

Rule: a note of yours sounds until its key is let go, and then for as long as the pedal keeps it
(see `wire`). While any does, it is your turn (see `listen.turns`).
"""

from __future__ import annotations

import math

from improv.listen.context import Context
from improv.listen.pairing import Pairing
from improv.listen.sustain import lets_keys_go
from improv.listen.turns import Turns
from improv.music.event import Event, Note, NoteOff, NoteOn, Other, Source
from improv.play.messages import Level, Notice, Strike
from improv.play.params import Params
from improv.play.wire import Wire

LOOP = (
    "a loop: switch off the track's MIDI output to improv, or `--input none`; what improv plays"
    " comes back to it, and is left out"
)
LOOP_SAID_EVERY = 60.0  # seconds


class Hands:
    """The keys that are down. `audible` is whether what you play is passed on."""

    def __init__(self, context: Context, wire: Wire, turns: Turns) -> None:
        self._context = context
        self._wire = wire
        self._turns = turns
        self._pairing = Pairing()
        self._said_loop = float("-inf")

    def is_echo(self, event: Event) -> bool:
        """Whether it is no playing of yours, but what went out and came back."""
        held = isinstance(event, NoteOn) and self._pairing.is_down(event.pitch)
        return self._wire.echo.is_own(event, held=held)

    def say_it_loops(self, now: float) -> None:
        """Once, and again after a while: what improv plays comes back to it."""
        if self._wire.echo.is_loop(now) and now - self._said_loop > LOOP_SAID_EVERY:
            self._said_loop = now
            self._wire.tell(Notice(LOOP, Level.WARNING))

    def press(self, event: NoteOn, now: float, *, audible: bool) -> int:
        """A key goes down; the serial of its note."""
        serial = self._wire.new_serial()
        cut = self._pairing.press(event, serial)
        if cut is not None:
            self._wire.end(cut, now)
        self._start(serial, event, now, audible=audible)
        return serial

    def release(self, event: NoteOff, now: float) -> None:
        serial = self._pairing.release(event)
        if serial is not None:
            self._wire.end(serial, now, at=event.at)
            self._turns.release(event.at, self._kept)

    def strike(self, strike: Strike, params: Params, now: float) -> int:
        """A key of the typed piano; the serial of its note, which somebody else must end."""
        serial = self._wire.new_serial()
        struck = NoteOn(now, strike.pitch, strike.velocity, params.channel)
        self._start(serial, struck, now, audible=params.thru, longest=params.longest)
        return serial

    def control(self, event: Other, now: float, *, audible: bool) -> None:
        """A pedal, a wheel, or any other message."""
        before = self._kept
        if lets_keys_go(event.data):
            for serial in self._pairing.forget(event.data[0] & 0x0F):
                self._wire.end(serial, now, at=event.at)
        self._wire.control(event, now, audible=audible)
        if self._kept < before:  # a wheel that moves, or a pedal that goes down, is no playing
            self._turns.release(event.at, self._kept)

    def lift(self, now: float, *, audible: bool) -> None:
        """Take every key and pedal as let go: the keyboard is gone."""
        for serial in self._pairing.forget():
            self._wire.end(serial, now)
        self._wire.lift_pedals(now, audible=audible)
        self._turns.release(now, 0)

    def forget(self) -> None:
        """Take every key as let go; whoever calls ends their notes."""
        self._pairing.forget()

    @property
    def _kept(self) -> int:
        """Notes of yours that sound, by a key or by the pedal."""
        return len(self._pairing) + self._wire.ringing

    def _start(
        self, serial: int, event: NoteOn, now: float, *, audible: bool, longest: float = math.inf
    ) -> None:
        note = Note(event.pitch, event.velocity, event.at, 0.0, Source.YOU)
        self._context.begin(serial, note, held=True)
        self._wire.start(
            serial, event.channel, note, now, due=now, audible=audible, longest=longest
        )
        self._turns.onset(event.at, self._kept)
