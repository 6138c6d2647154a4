"""The repetition guard: what goes round and round grows unlikely. Stuck on one note? Look here.

Music repeats itself, and a network that plays what is likeliest repeats itself for ever: one note,
or the same bar. So for each period up to `LONGEST_ROUND` notes is counted how many notes brought
nothing new: one up for every note that is as the one a period before, `LEAK` down for every other,
so that a loop with a wrong note now and then is still a loop. Beyond the knob's patience and one
round every further one takes some nats from whatever would go on with it, however sure the network
is of that. Only pitches count: a bar is the same bar in another rhythm, and the same rhythm on
other notes is music. The notes of a chord count from low to high, whatever order they came in.

It leaves music alone: of 1,000 notes as they were played in ASAP's test split "gentle" takes
something from 7 and "strong" from 13, of POP909's from 1.4 and 3.7 (60,000 notes of each).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from improv.play.params import GENTLE, STRONG

LONGEST_ROUND = 16  # notes
LEAK = 2.0  # notes
MOST = 20.0  # notes beyond the patience that count; what was broken is forgotten in time
# patience in notes beyond one round, nats for each note beyond both
STRENGTH = {GENTLE: (12.0, 0.75), STRONG: (6.0, 1.5)}
FULL = LONGEST_ROUND + MOST + max(patience for patience, _ in STRENGTH.values())


class Rounds:
    """How far what was played goes round, for each period."""

    def __init__(self) -> None:
        self._before: list[int] = []  # pitches of moments that are over, newest first
        self._moments: list[tuple[int, ...]] = []  # the moment of each of those
        self._now: list[int] = []  # the moment that may not be over
        self._stale = [0.0] * LONGEST_ROUND  # notes that brought nothing new, by period less one

    def fork(self) -> Rounds:
        """Others that have counted the same and from now on count for themselves."""
        other = Rounds()
        for mine, others in zip(self._lists(), other._lists(), strict=True):
            others[:] = mine
        return other

    def _lists(self) -> tuple[list[Any], ...]:
        return self._before, self._moments, self._now, self._stale

    def hear(self, pitch: int, *, together: bool) -> None:
        """Take in a note; `together` with the one before it."""
        if not together:
            self._close()
        self._now.append(pitch)

    def worn(self, guard: str, *, together: bool) -> dict[int, float]:
        """Nats to take from pitches of a note that begins `together` with the last, or after it."""
        worn: dict[int, float] = {}
        if guard not in STRENGTH:
            return worn
        if not together:
            self._close()  # the note to come begins another
        patience, rate = STRENGTH[guard]
        if max(self._stale) <= patience:
            return worn
        begun = len(self._now)  # notes of this moment, which those of a round before stand for
        for ago, moment in enumerate(self._moments[: max(0, LONGEST_ROUND - begun)]):
            period = ago + 1 + begun
            beyond = min(self._stale[period - 1] - period - patience, MOST)
            if beyond > 0:
                for pitch in moment:
                    worn[pitch] = max(worn.get(pitch, 0.0), rate * beyond)
        return worn

    def _close(self) -> None:
        moment = tuple(sorted(self._now))
        for pitch in moment:
            self._stale = [
                (stale + 1.0 if stale < FULL else FULL)
                if before == pitch
                else (stale - LEAK if stale > LEAK else 0.0)
                for stale, before in zip_longest(self._stale, self._before)
            ]
            self._before.insert(0, pitch)
            self._moments.insert(0, moment)
            del self._before[LONGEST_ROUND:], self._moments[LONGEST_ROUND:]
        self._now.clear()
