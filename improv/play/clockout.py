"""What follows from the beat alone: MIDI clock for other machines, and the clicks of a metronome.

Both are asked `due` and give in `pop` what is to be sent by a time, each with its own moment, so
that a late wake does not move what comes after it. Pulses are sent while the song stands, too, so
that a slave knows the tempo before it starts (MIDI 1.0, "System Real Time Messages"). A slave
counts pulses: none is left out, unless the beat itself leaps; then it is told the new place.
"""

from __future__ import annotations

import math

from improv.listen.beat import CONTINUE, POSITION, SIXTEENTH, START, STOP
from improv.music.timeline import NEAR, PULSES, Timeline

PULSE = b"\xf8"
BEFORE = 0.004
"""Seconds from a start or a continue to the pulse that it is about: slaves need a moment."""
LEAP = 3
"""Pulses that a beat may stray from what was sent before it counts as a leap."""
PERCUSSION = 9  # General MIDI's channel 10
HIGH, LOW = 76, 77  # its wood blocks
CLICK = 0.040
"""Seconds from a click's on to its off."""

Timed = tuple[float, bytes]


class ClockOut:
    """The clock that others follow."""

    def __init__(self) -> None:
        self._next: int | None = None  # the number of the next pulse
        self._start: int | None = None  # of the one that the song is to go on with, once told
        self._runs = False  # for the slaves
        self._holds = False  # until the pulse that a start passed on is about has come

    def due(self, timeline: Timeline) -> float:
        """When to call `pop` next."""
        if self._holds:
            return math.inf
        if self._next is None:
            return -math.inf
        due = timeline.time_of(self._next / PULSES)
        told = self._start is not None and self._start == self._next
        return due - BEFORE if told else due

    def pop(self, now: float, timeline: Timeline, *, runs: bool) -> list[Timed]:
        """What is to be sent by `now`; `runs`: the song does."""
        if self._holds:
            return []
        sent: list[Timed] = []
        place = timeline.beat_at(now) * PULSES
        if self._next is None or abs(place - self._next) > LEAP + self._behind(timeline):
            sent += self._halt(now)
            self._next = math.ceil(place - NEAR)
        if runs and not self._runs and self._start is None:
            self._start = SIXTEENTH * max(0, math.ceil(self._next / SIXTEENTH))
            if timeline.time_of(self._start / PULSES) - BEFORE < now:
                self._start += SIXTEENTH
        if not runs:
            sent += self._halt(now)
        while (due := timeline.time_of(self._next / PULSES)) - self._early() <= now:
            if self._start == self._next:
                sent += [(due - BEFORE, each) for each in _from(self._next)]
                self._start, self._runs = None, True
                continue
            sent.append((due, PULSE))
            self._next += 1
        return sent

    def pass_on(self, message: bytes, now: float) -> list[Timed]:
        """Follow the clock that comes in: its start, stop, continue and song position at once."""
        match message[0]:
            case 0xFA | 0xFB:
                self._runs = self._holds = True
                self._start = None
            case 0xFC:
                self._runs = self._holds = False
                self._start = None
            case 0xF8 if not self._holds:  # it is made anew, steadily
                return []
        return [(now, message)]

    def release(self, timeline: Timeline) -> None:
        """The pulse has come that a start passed on is about."""
        if self._holds:
            self._next, self._holds = round(timeline.beat * PULSES), False

    def end(self, now: float) -> list[Timed]:
        """The clock is switched off; what is still to be sent."""
        sent = self._halt(now)
        self._next, self._holds = None, False
        return sent

    def _early(self) -> float:
        return BEFORE if self._start == self._next else 0.0

    @staticmethod
    def _behind(timeline: Timeline) -> float:
        """Pulses that a late wake may find to be due at once: those of a quarter of a second."""
        return 0.25 * timeline.bpm * PULSES / 60.0

    def _halt(self, now: float) -> list[Timed]:
        was, self._runs, self._start = self._runs, False, None
        return [(now, bytes((STOP,)))] if was else []


def _from(pulse: int) -> list[bytes]:
    """What tells a slave to go on with a pulse, one of those that begin a sixteenth."""
    if pulse == 0:
        return [bytes((START,))]
    place = pulse // SIXTEENTH
    return [bytes((POSITION, place & 0x7F, place >> 7 & 0x7F)), bytes((CONTINUE,))]


class Metronome:
    """A click on each beat, another on the first of a bar."""

    def __init__(self) -> None:
        self._next: int | None = None

    def due(self, timeline: Timeline) -> float:
        """When to call `pop` next."""
        return -math.inf if self._next is None else timeline.time_of(self._next)

    def pop(self, now: float, timeline: Timeline, *, beats: int, velocity: int) -> list[Timed]:
        """The clicks by `now`, each with its end; none is caught up on after a leap."""
        beat = timeline.beat_at(now)
        if self._next is None or not self._next - 1.5 <= beat <= self._next + 0.5:
            self._next = math.ceil(beat - NEAR)
        sent: list[Timed] = []
        while (due := timeline.time_of(self._next)) <= now:
            if velocity:
                pitch = LOW if self._next % beats else HIGH
                sent.append((due, bytes((0x90 | PERCUSSION, pitch, velocity))))
                sent.append((due + CLICK, bytes((0x80 | PERCUSSION, pitch, 0))))
            self._next += 1
        return sent
