"""Comping: a voice that plays the chord in force, in a pattern, to the beat.

What is to come is kept in beats and gets its time only when it is struck, so that it stays with a
clock that moves. Voices move as little as they can from chord to chord, within the voice's range;
a bass stands under them. None of it goes into the context: what is played along to is the tune.
"""

from __future__ import annotations

from collections import deque

from improv.music import chord, comping, voicing
from improv.music.event import Note, Source
from improv.music.timeline import NEAR, Timeline
from improv.play.chance import uniform
from improv.play.harmony import Half, Harmony
from improv.play.params import Params
from improv.play.scheduler import TOO_LATE, Scheduler
from improv.play.wire import Wire

LATE = 0.5
"""Beats by which a strike that is still to come may be overdue."""


class Comping:
    """One voice's. `scheduler` owes its note-offs and says how far ahead notes are given out."""

    def __init__(
        self, harmony: Harmony, wire: Wire, scheduler: Scheduler, seed: int, voice: int
    ) -> None:
        self._harmony = harmony
        self._wire = wire
        self._scheduler = scheduler
        self._seed = seed
        self._voice = voice
        self._coming: deque[comping.Struck] = deque()  # from the song's first beat
        self._half: Half | None = None  # the last that was laid out
        self._pattern = ""
        self._pitches: tuple[int, ...] = ()

    def due(self) -> float | None:
        """When `advance` must be called at the latest."""
        timeline = self._harmony.timeline
        if timeline is None or not self._coming:
            return None
        return timeline.time_of(self._coming[0][0]) - self._scheduler.lead

    def advance(self, params: Params, now: float) -> tuple[int, int]:
        """Lay out what was decided and strike what is due; how many notes, how many too late."""
        timeline, half = self._harmony.timeline, self._harmony.half
        if timeline is None or half is None:
            self._coming.clear()
            return 0, 0
        heard = self._scheduler.heard(now)
        if half is not self._half or params.pattern != self._pattern:
            self._lay_out(half, params, timeline.beat_at(heard), now)
        struck = late = 0
        while self._coming and timeline.time_of(self._coming[0][0]) <= heard + NEAR:
            note = self._note(*self._coming.popleft(), timeline, params)
            if heard - note.start > TOO_LATE:
                late += 1
            else:
                struck += 1
                self._strike(note, params, now)
        return struck, late

    def drop(self) -> None:
        """Let nothing come; where it goes on, it lays out what is left of the half bar."""
        self._coming.clear()
        self._half = None
        self._pitches = ()

    @property
    def is_over(self) -> bool:
        """Whether the harmony has come to rest under it."""
        half = self._half
        return bool(self._pitches) and half is not None and half.name == chord.NONE

    def planned(self, params: Params) -> list[Note]:
        """What is to come, as it stands now."""
        timeline = self._harmony.timeline
        if timeline is None:
            return []
        return [self._note(*struck, timeline, params) for struck in self._coming]

    def _lay_out(self, half: Half, params: Params, here: float, now: float) -> None:
        """Put a half bar in place of what was to come from then on.

        A chord that comes in the middle of one is struck at once, and ends the one before.
        """
        since = half.since
        if half is self._half or self._half is None:  # another pattern, or it goes on after a rest
            since = max(since, here)
        if self._half is not None and since > half.begin and half is not self._half:
            self._wire.end_all(Source.IMPROV, now, self._voice)
        self._half, self._pattern = half, params.pattern
        near = here - LATE  # what lies further back is of where the song has leapt from
        self._coming = deque(e for e in self._coming if near < e[0] < since - NEAR)
        if half.name == chord.NONE:
            return
        before = self._pitches or ((params.low + params.high) // 2,)
        self._pitches = voicing.voiced(half.name, before, params.low, params.high)
        begin = since if params.pattern == comping.PATTERNS[0] else half.begin
        for at, long, pitch in comping.comped(
            params.pattern, half.name, self._pitches, second=not half.first, beats=half.end - begin
        ):
            if begin + at >= since - NEAR:
                self._coming.append((begin + at, long, pitch))

    def _strike(self, note: Note, params: Params, now: float) -> None:
        self._wire.make_room(params, note, now, self._voice)
        serial = self._wire.new_serial()
        self._wire.start(
            serial, params.channel, note, now,
            due=note.start, audible=True, voice=self._voice, longest=params.longest,
        )  # fmt: skip
        self._scheduler.owe(serial, note.start + note.duration)

    def _note(
        self, beat: float, beats: float, pitch: int, timeline: Timeline, params: Params
    ) -> Note:
        start = timeline.time_of(beat)
        stray = 2.0 * uniform(self._seed, round(beat * 1000) * 128 + pitch) - 1.0
        velocity = round(params.velocity + stray * params.velocity_spread)
        meant = self._wire.meant(pitch)  # names are of what sounds
        long = timeline.time_of(beat + beats) - start
        return Note(meant, min(127, max(1, velocity)), start, long, Source.IMPROV)
