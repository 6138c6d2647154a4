"""Whose beat it plays to: its own, by the knob, that of a MIDI clock or of a Link session. Pure.

`Follow` and `Beat` come in like anything else that happens, so that a take has them and a replay
goes by them. A clock that falls silent is followed at its last tempo; where none has ever come,
its own beat goes on. A phrase that was planned to another beat is no good: `take` says so.
"""

from __future__ import annotations

import math

from improv.music.chart import NONE as NO_CHART
from improv.music.timeline import NEAR, Timeline
from improv.play import voices
from improv.play.messages import Beat, Follow, Sync
from improv.play.params import CLOCK, LINK, NO_SYNC, Params

FOLLOWING = frozenset({CLOCK, LINK})
"""What is followed, in a word of `Sync` as well."""
ALONE = {CLOCK: "no clock", LINK: "no peers"}
"""The word where nothing of that kind has ever come."""
MOVED = 0.005
"""Seconds by which a beat may move under what is planned; a player's hands are no steadier."""
BEFORE_THE_LINE = 0.010
"""Seconds by which an answer is shorter than its bars: what is on the next line is yours."""
UPBEAT = 0.020
"""Seconds from the wish to begin anew to the first beat: a slave must be told before it."""


class Tempo:
    """The beat in force. Only what is written down in a take changes it; to look changes nothing.

    Its own begins with the session, goes on whatever is played to, and bends where the knob is
    turned.
    """

    def __init__(self, bpm: float) -> None:
        self._own = Timeline(0.0, 0.0, bpm)
        self._follow = Follow()
        self._begun = False

    def timeline(self, params: Params) -> Timeline | None:
        """The beat to play to, or None where it plays to none; chords need one."""
        if params.sync == NO_SYNC:
            return self._own if params.chart != NO_CHART or voices.play_chords(params) else None
        theirs = self._follow.timeline if params.sync in FOLLOWING else None
        return self._own if theirs is None else theirs

    def sync(self, params: Params) -> Sync:
        """What the screen shows."""
        timeline = self.timeline(params)
        if timeline is None:
            return Sync()
        if timeline is self._own:
            return Sync(timeline, ALONE.get(params.sync, "internal"), runs=True)
        word = "lost" if self._follow.lost else params.sync if self._follow.runs else "stopped"
        return Sync(timeline, word, runs=self._follow.runs)

    def answer(self, end: float, params: Params) -> tuple[float, float]:
        """When an answer by bars to a phrase that ended at `end` begins, and its seconds.

        Where it plays to no beat there are no bar lines; the bars are its own.
        """
        timeline = self.timeline(params)
        bpm = self._own.bpm if timeline is None else timeline.bpm
        seconds = params.answer_bars * params.beats_per_bar * 60.0 / bpm
        begin = end if timeline is None else timeline.bar_line(end, params.beats_per_bar)
        return begin, seconds - BEFORE_THE_LINE

    def unheard(self, begin: float, params: Params) -> Timeline:
        """A beat for a phrase where it plays to none: a bar begins with the phrase.

        Bars are numbered on from those of its own beat, so that no two phrases have the same.
        """
        bars = math.ceil(self._own.beat_at(begin) / params.beats_per_bar - NEAR)
        return Timeline(begin, float(bars * params.beats_per_bar), params.tempo)

    def begin(self, now: float) -> None:
        """The session begins; again is nothing."""
        if not self._begun:
            self._begun = True
            self._own = Timeline(now, 0.0, self._own.bpm)

    def begin_anew(self, now: float) -> None:
        """The song does."""
        self._own = Timeline(now + UPBEAT, 0.0, self._own.bpm)

    def turn(self, params: Params, now: float) -> None:
        """A knob was turned."""
        if params.tempo != self._own.bpm:
            self._own = self._own.at_tempo(now, params.tempo)

    def take(self, item: Follow | Beat, params: Params, now: float) -> bool:
        """Take word of a beat; whether what is planned was planned to another."""
        before = self.timeline(params)
        if isinstance(item, Follow):
            self._follow = item
        else:
            beat = float(round(self._own.beat_at(item.at)))
            self._own = Timeline(item.at, beat, self._own.bpm)
        after = self.timeline(params)
        if before is None or after is None:
            return False
        return any(_apart(before, after, time) > MOVED for time in (now, now + 1.0))


def _apart(one: Timeline, other: Timeline, time: float) -> float:
    """Seconds from a line of one to the nearest sixteenth of the other."""
    sixteenths = 4.0 * (one.beat_at(time) - other.beat_at(time))
    return abs(sixteenths - round(sixteenths)) * 15.0 / other.bpm
