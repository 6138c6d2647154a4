"""Following a MIDI clock: a phase-locked loop over its pulses, 24 to a quarter note.

Pulses come early and late by some milliseconds, some get lost, and some clocks fall silent for a
while. What is wanted is the steady beat behind them. Each pulse is compared with when it was
expected; a share of the difference corrects the phase, a smaller one the period. The shares are
those of a least-squares line through all pulses so far (the expanding-memory polynomial filter,
Brookner 1998, "Tracking and Kalman Filtering Made Easy", ch. 1), until there are `MEMORY` of them;
from then on older ones fade. Where the pulses stay away from what is expected, the tempo has
changed: the loop forgets, and locks anew within a beat.

A pulse that is missing is counted all the same, by the time of the next one; in silence the last
tempo goes on, and `is_lost` says so. Pure: a pulse says itself when it came.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from improv.music.event import Pulse
from improv.music.timeline import PULSES, Timeline

CLOCK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
"""Status bytes (MIDI 1.0, "System Real Time Messages", "Song Position Pointer")."""
SIXTEENTH = 6
"""Pulses to a unit of the song position."""
MEMORY = 96
"""Pulses, four beats, that the loop goes by: +-3 ms of jitter leave 0.4 ms of phase."""
LOCKED = 12
"""Pulses before its tempo is told: fewer say little, and a player waits for them."""
AWAY = 0.003
"""Seconds that pulses stay from what was expected, at the mean, when the tempo has changed."""
OUTLIER = 0.006
"""Seconds: once locked, a pulse that is further off counts as that far; it was held up."""
AWAY_OVER = 8
"""Pulses over which that mean fades."""
EVEN, EVEN_OVER = 0.25, 6
"""Steps that differ from their mean by no more than this, over so many, are those of a slower
clock and not of one that loses pulses: with 120 bpm in mind, 90 looks like every third lost."""
SILENT = 0.5
"""Seconds without a pulse after which the clock is lost: at 20 bpm one comes each 0.125."""
SHORTEST, LONGEST = 60.0 / (320.0 * PULSES), 60.0 / (15.0 * PULSES)
"""Seconds from pulse to pulse that a tempo of music has."""


class PulseLoop:
    """The loop. `take` each message of the clock; `timeline` is the beat behind them."""

    def __init__(self) -> None:
        self.runs = False  # the song: started or continued and not stopped
        self.waits = False  # for the pulse that a start or a continue is about
        self._pulse = 0  # the number of the last pulse, since the beginning of the song
        self._next = 0  # the number of the one that a continue would begin with
        self._heard: float | None = None  # when the last pulse came
        self._at = 0.0  # when it should have come
        self._period = 0.0
        self._seen = 0  # pulses that the phase goes by
        self._timed = 0  # pulses that the period goes by
        self._away = 0.0
        self._lately: deque[tuple[float, int]] = deque(maxlen=EVEN_OVER + 1)  # when, steps
        self._early = 0  # pulses that were counted as missing and may still come
        self.timeline: Timeline | None = None  # the beat so far, once it can be told

    def is_lost(self, now: float) -> bool:
        """Whether the pulses have ceased, and the last tempo goes on without them."""
        return self._heard is not None and now - self._heard > SILENT

    def take(self, message: Pulse) -> None:
        """Take a message of the clock. Any other is ignored."""
        match message.data[0]:
            case 0xF8:
                self._tick(message.at)
            case 0xFA:
                self._next, self.runs, self.waits = 0, True, True
            case 0xFB:
                self.runs = self.waits = True
            case 0xFC:
                if self.runs and not self.waits:
                    self._next = self._pulse + 1
                self.runs = self.waits = False
            case 0xF2 if len(message.data) == 3:
                self._next = SIXTEENTH * (message.data[1] + 128 * message.data[2])
                self.waits = self.waits or self.runs

    def _tick(self, at: float) -> None:
        if self._heard is None:
            self._heard, self._at, self._seen = at, at, 1
            self._pulse = self._next if self.waits else 0
            self.runs, self.waits = True, False  # a clock that never says start
            return
        steps = self._step(at)
        self._heard = at
        self._lately.append((at, steps))
        self._pulse -= self._counted_twice()
        if self.waits:
            self._pulse, self.waits = self._next, False
        else:
            self._pulse += steps
        if self._timed >= (LOCKED if self.timeline is None else LOCKED // 2):
            bpm = 60.0 / (PULSES * self._period)
            self.timeline = Timeline(self._at, self._pulse / PULSES, bpm)

    def _step(self, at: float) -> int:
        """Take the moment of a pulse into account; how many pulses after the last one it is."""
        if self._seen == 1 and self._timed == 0:
            self._period, self._at, self._seen, self._timed = at - self._at, at, 2, 2
            if not SHORTEST <= self._period <= LONGEST:
                self._forget(at)
            return 1
        early = at - self._at
        if self.waits and early > SILENT:  # a new song: its first beat is where its pulse is
            self._at, self._seen, self._away = at, 1, 0.0
            return 1
        steps = round(early / self._period)
        if steps == 0 and self._early:  # it was held up, with others, and has been counted
            self._early -= 1
            return 0
        steps = max(1, steps)
        if steps > 1 and self.timeline is None:  # nothing is missing: the first guess was short
            self._forget(at)
            return 1
        self._early = steps - 1
        error = early - steps * self._period
        if self._timed > LOCKED:
            error = min(max(error, -OUTLIER), OUTLIER)
        self._seen, self._timed = min(self._seen + 1, MEMORY), min(self._timed + 1, MEMORY)
        n, m = self._seen, self._timed
        phase, period = 2 * (2 * n - 1) / (n * (n + 1)), 6 / (m * (m + 1))
        self._at += steps * self._period + phase * error
        self._period += period * error / steps
        self._away += (error - self._away) / AWAY_OVER
        if not SHORTEST <= self._period <= LONGEST:
            self._forget(at)
        elif abs(self._away) > AWAY and self._seen > LOCKED:
            self._seen = self._timed = LOCKED // 2
            self._away = 0.0
        return steps

    def _counted_twice(self) -> int:
        """Pulses that were taken for missing, where the clock has become slower at once."""
        waits = [after - before for (before, _), (after, _) in pairwise(self._lately)]
        counted = sum(steps for _, steps in [*self._lately][1:])
        if len(waits) < EVEN_OVER or counted == EVEN_OVER or self.timeline is None:
            return 0
        mean = sum(waits) / EVEN_OVER
        if any(abs(wait - mean) > EVEN * mean for wait in waits) or mean > LONGEST:
            return 0
        self._period, self._at, self._away = mean, self._lately[-1][0], 0.0
        self._seen, self._timed, self._early = 2, EVEN_OVER, 0
        self._lately.clear()
        return counted - EVEN_OVER

    def _forget(self, at: float) -> None:
        """Begin again with this pulse as the first; the tempo that was told stands until then."""
        self._at, self._seen, self._timed, self._away = at, 1, 0, 0.0
