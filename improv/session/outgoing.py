"""What goes out: the open outputs, what waits for each, and how late each send was.

Belongs to the loop thread, like the player. Rule: all outputs of one latency are sent to at once,
each of another at its own time (`play.outbox`); lateness is the moment of the send call against
the moment that output was to be sent to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.clock import Clock
from improv.play.effects import Effect, Hush, Send
from improv.play.interfaces import Output
from improv.play.ledger import NOTE_OFF
from improv.play.outbox import Departure, Key, Outboxes, Unheard
from improv.play.timing import Meter
from improv.ports.device import device
from improv.session import realtime
from improv.session.casting import Casting
from improv.session.plugs import Moved
from improv.session.sending import Sending


@dataclass(slots=True)
class Absence:
    """Of an output that has gone: what rang there then, and how many notes it has missed since."""

    ringing: frozenset[Key]
    missed: int = 0


class Outgoing:
    """The open outputs, by name. `lose` is told of one that would not take a message, and why."""

    def __init__(
        self,
        latency_ms: Iterable[tuple[str, float]],
        meter: Meter,
        clock: Clock,
        lose: Callable[[Output, str], None],
        sending: Sending | None = None,  # whom the watcher is told of
    ) -> None:
        self.outputs: dict[str, Output] = {}
        self.casting = Casting()
        self.footing = realtime.Footing(spin=0.0)
        self._absent: dict[str, Absence] = {}
        self._unheard: dict[tuple[str, str], frozenset[Key]] = {}  # by output and who listened
        self.boxes = Outboxes({name: ms / 1000 for name, ms in latency_ms})
        self._meter = meter
        self._clock = clock
        self._lose = lose
        self.sending = sending or Sending()

    @property
    def unheard(self) -> tuple[Unheard, ...]:
        """What rings with those that are not there now, for who plays on after this player."""
        gone = (Unheard(name, "", absence.ringing) for name, absence in self._absent.items())
        left = (Unheard(*key, keys) for key, keys in self._unheard.items())
        return (*gone, *left)

    def remember(self, unheard: Iterable[Unheard]) -> None:
        """What rang with those that were not there when the player before this one died."""
        for output, listener, keys in unheard:
            if listener:
                self._unheard[output, listener] = keys
            else:
                self._absent[output] = Absence(keys)

    def add(self, output: Output) -> None:
        """Begin to send to an output."""
        name, gone = output.name, self._absent.get(output.name)
        self.outputs[name] = output
        ringing = gone.ringing if gone else ()
        self.boxes.open(name, device(output), is_take=output.is_take, down=ringing)

    def let_go(self, name: str, farewell: Iterable[Send]) -> int:
        """End all that rang at an output when it was lost; how many notes it has missed since.

        A synth whose cable was pulled plays on, and waits for offs that were sent to nobody.
        """
        gone = self._absent.pop(name, None)
        if gone is None:
            return 0
        self.tell(name, (*self._offs(gone.ringing), *farewell))
        return gone.missed

    def move(self, name: str, moved: Moved) -> None:
        """Remember what rings with those who leave an output of ours, and end it when they return.

        A synth plays on when its cable is pulled, or the bridge is gone that it is behind.
        """
        if name not in self.outputs:
            return
        for other in (*moved.gone, *moved.pulled):
            self._unheard[name, other] = self.boxes.may_ring(name, self._clock())
        came = (*moved.back, *moved.new)
        rings = [self._unheard.pop((name, other), frozenset()) for other in came]
        missed = self.boxes.take_for_down(name, frozenset().union(*rings))
        self.tell(name, self._offs(missed))

    def _offs(self, keys: Iterable[Key]) -> list[Send]:
        now = self._clock()
        return [
            Send(bytes((NOTE_OFF | channel, pitch, 0)), now, Source.IMPROV, audible)
            for channel, pitch, audible in sorted(keys)
        ]

    def remove(self, name: str) -> frozenset[Key]:
        """Send nothing more to an output, not even what waits; what may ring there."""
        del self.outputs[name]
        return self.boxes.close(name, self._clock())

    def lose(self, name: str) -> None:
        """The same for one that is gone, of which it is remembered until it is back."""
        self._absent[name] = Absence(self.remove(name))

    def part(self, name: str, farewell: Iterable[Send]) -> Output:
        """Stop sending to an output: what sounds there ends; it is the caller's to close."""
        output = self.outputs[name]
        self.boxes.cut(self._clock(), name)
        self._put(name, farewell)
        with suppress(DeviceError):  # it is closed in any case
            for _, departure in self.boxes.pop(self._clock(), name):
                self._call(output, departure)
        self.remove(name)
        return output

    def tell(self, name: str, sends: Iterable[Send]) -> None:
        """Send messages to one output alone."""
        self._put(name, sends)
        self.depart()

    def apply(self, effects: Iterable[Effect]) -> None:
        """Do those effects that reach the outputs, in order: notes due together leave together."""
        for effect in effects:
            if isinstance(effect, Send):
                cast = self.casting.to(effect, self.outputs)
                for name, output in self.outputs.items():
                    if name in cast or output.is_take:
                        self._put(name, (effect,))
                self._meter.sent += effect.audible
                for gone in self._absent.values():
                    gone.missed += effect.audible and effect.is_onset
            elif isinstance(effect, Hush):
                self.boxes.cut(self._clock())
            else:
                continue
            self.depart()

    def due(self) -> float | None:
        """When to call `depart`: as long before the next message leaves as is spun."""
        due = self.boxes.due()
        return None if due is None else due - self.footing.spin

    def depart(self) -> None:
        """Send what is to leave by now, or as soon as is spun for."""
        for name, departure in self.boxes.pop(self._clock() + self.footing.spin):
            output = self.outputs.get(name)
            if output is None:  # lost by the message before
                continue
            try:
                self._call(output, departure)
            except DeviceError as error:
                self._lose(output, str(error))

    def _put(self, name: str, sends: Iterable[Send]) -> None:
        is_take = self.outputs[name].is_take
        for send in sends:
            if send.audible or is_take:
                self.boxes.put(name, send, self._clock())

    def _call(self, output: Output, departure: Departure) -> None:
        now, spun = realtime.hold(departure.at, self.footing, self._clock)
        send = departure.send
        self._meter.spun += spun
        # A take has what was meant: the moments that a replay of it comes to again.
        at = min(departure.at, now) if output.is_take else now
        self.sending.send(output, send.message, at, send.source)
        if send.is_onset and send.source is Source.IMPROV and not output.is_take:
            self._meter.note_sent(send.due, now - departure.at)
