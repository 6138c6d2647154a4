"""What waits at each output for its moment, so that all outputs sound together.

An output with a latency of L seconds is heard L seconds after it is sent to, so improv's notes
leave for it L seconds before they are due. The engine hands them over when it is time for the
slowest output; at the others they wait here. What you play waits nowhere.

Rule: each output gets an off for every on that was sent to it, and for no other. A message that
must leave before one that waits for the same key takes its place: a note that was to come is
never sent, one that sounds is ended. Pure: the player asks `due`, and sends what `pop` gives.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from improv.music.event import Source
from improv.play.effects import Send
from improv.play.ledger import NOTE_OFF, NOTE_ON
from improv.play.scheduler import TOO_LATE

UNNOTICED = 2.5
"""Seconds that an output may have been gone before it is noticed; it is looked at once a second."""

Key = tuple[int, int, bool]
"""Channel, pitch and `Send.audible`: what a take tells apart that others don't hear."""


class Departure(NamedTuple):
    """A message to be sent to one output; `at` is when it was to leave for it."""

    at: float
    send: Send


class Unheard(NamedTuple):
    """What rang at an output that has gone, or with one who listened to it, and was not ended."""

    output: str
    listener: str  # empty: the output's own device
    keys: frozenset[Key]


class _Waiting(NamedTuple):
    order: float  # when it leaves: `at`, or when it came if that was later
    departure: Departure
    key: Key | None  # None: no note

    @property
    def is_on(self) -> bool:
        return self.departure.send.is_onset


class Outbox:
    """One output's; `latency` in seconds. A note-on that leaves too late is `dropped`."""

    def __init__(self, latency: float = 0.0, down: Iterable[Key] = ()) -> None:
        self.latency = latency
        self.dropped = 0
        self._waiting: list[_Waiting] = []  # in the order they leave
        self._ends = dict.fromkeys(down, math.inf)  # of what was sent: inf while it sounds there

    def __len__(self) -> int:
        return len(self._waiting)

    def due(self) -> float | None:
        """When the next message is to leave."""
        return self._waiting[0].order if self._waiting else None

    def put(self, send: Send, now: float) -> None:
        """Take a message that is due at `send.due`; `pop` gives it when it is to leave."""
        at = send.due - self.latency if send.source is Source.IMPROV else send.due
        item = _Waiting(max(at, now), Departure(at, send), _key(send))
        overtaken = [] if item.key is None else self._take_later(item.key, item.order)
        # Those of one key come in turns, on and off: what is overtaken ends what sounds, if its
        # first is an off, and of the rest whole notes are left out.
        if overtaken and not overtaken[0].is_on:
            self._insert(overtaken[0]._replace(order=item.order))
        if item.is_on or not overtaken:
            self._insert(item)

    def pop(self, now: float) -> list[Departure]:
        """All that leaves by `now`, in order."""
        leaving = []
        while self._waiting and self._waiting[0].order <= now:
            item = self._waiting.pop(0)
            if self._passes(item, now):
                leaving.append(item.departure)
        return leaving

    def cut(self, now: float) -> None:
        """Let nothing come that waits; a note that was sent and waits for its off gets it now."""
        ends = {w.key: w._replace(order=now) for w in reversed(self._waiting) if not w.is_on}
        self._waiting = [end for key, end in ends.items() if key and self._is_down(key)]

    def may_ring(self, now: float) -> frozenset[Key]:
        """What sounds there, if nothing has reached it for as long as nobody may have noticed."""
        return frozenset(key for key, end in self._ends.items() if end > now - UNNOTICED)

    def take_for_down(self, keys: Iterable[Key]) -> list[Key]:
        """Let offs pass for what may ring with somebody who missed them; those keys among these.

        What sounds there now is left out: its off is to come.
        """
        missed = [key for key in keys if not self._is_down(key)]
        self._ends |= dict.fromkeys(missed, math.inf)
        return missed

    def _is_down(self, key: Key) -> bool:
        return self._ends.get(key) == math.inf

    def _take_later(self, key: Key, order: float) -> list[_Waiting]:
        """What waits for a key until after `order`; it waits no more."""
        later = [w for w in self._waiting if w.key == key and w.order > order]
        if later:
            self._waiting = [w for w in self._waiting if w.key != key or w.order <= order]
        return later

    def _insert(self, item: _Waiting) -> None:
        insort(self._waiting, item, key=attrgetter("order"))  # behind those of the same moment

    def _passes(self, item: _Waiting, now: float) -> bool:
        """Whether to send it: an off only to what was sent, a note-on only in time."""
        if item.key is None:
            return True
        if not item.is_on:
            was_down = self._is_down(item.key)
            if was_down:
                self._ends[item.key] = now
            return was_down
        ours = item.departure.send.source is Source.IMPROV
        if ours and now - item.departure.at > TOO_LATE:
            self.dropped += 1
            return False
        self._ends[item.key] = math.inf
        return True


def _key(send: Send) -> Key | None:
    kind, channel = send.message[0] & 0xF0, send.message[0] & 0x0F
    return (channel, send.message[1], send.audible) if kind in {NOTE_ON, NOTE_OFF} else None


class Outboxes:
    """Those of all open outputs, by name."""

    def __init__(self, latencies: Mapping[str, float]) -> None:
        """`latencies`: in seconds, by spec or by device; an output that is not there has none."""
        self._latencies = dict(latencies)
        self._open: dict[str, Outbox] = {}
        self._dropped = 0  # at those that have closed

    @property
    def lead(self) -> float:
        """The latency of the slowest output: how long before it is due a note leaves."""
        return max((box.latency for box in self._open.values()), default=0.0)

    @property
    def dropped(self) -> int:
        """Note-ons that were too late for one output and not sent to it."""
        return self._dropped + sum(box.dropped for box in self._open.values())

    @property
    def latency_ms(self) -> tuple[tuple[str, float], ...]:
        """The outputs that have a latency, with it."""
        return tuple((name, 1000 * box.latency) for name, box in self._open.items() if box.latency)

    def open(
        self,
        name: str,
        device: str | None = None,
        *,
        is_take: bool = False,
        down: Iterable[Key] = (),
    ) -> None:
        """Begin with an output: its latency is what was set for its spec, else for its device.

        A take writes down when a note is due, so it has none. `down`: what may ring there.
        """
        latency = self._latencies.get(name, self._latencies.get(device or name, 0.0))
        self._open[name] = Outbox(0.0 if is_take else latency, down)

    def close(self, name: str, now: float) -> frozenset[Key]:
        """Forget an output and what waits for it; what may ring there."""
        box = self._open.pop(name)
        self._dropped += box.dropped
        return box.may_ring(now)

    def may_ring(self, name: str, now: float) -> frozenset[Key]:
        """What sounds at one output, if nothing has reached it for a while that nobody noticed."""
        return self._open[name].may_ring(now)

    def take_for_down(self, name: str, keys: Iterable[Key]) -> list[Key]:
        """As `Outbox.take_for_down`, of one output."""
        return self._open[name].take_for_down(keys)

    def due(self) -> float | None:
        """When the next message is to leave."""
        times = (box.due() for box in self._open.values())
        return min((time for time in times if time is not None), default=None)

    def put(self, name: str, send: Send, now: float) -> None:
        """Take a message for one output."""
        self._open[name].put(send, now)

    def pop(self, now: float, only: str | None = None) -> list[tuple[str, Departure]]:
        """All that leaves by `now`, each with its output, and for each output in order."""
        return [(name, departure) for name, box in self._of(only) for departure in box.pop(now)]

    def cut(self, now: float, only: str | None = None) -> None:
        """Let nothing come that waits, at one output or at all; what sounds of it ends."""
        for _, box in self._of(only):
            box.cut(now)

    def _of(self, only: str | None) -> list[tuple[str, Outbox]]:
        return [(name, box) for name, box in self._open.items() if only in {None, name}]
