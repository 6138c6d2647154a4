"""Word of a Link session's beat for the engine, and of improv's tempo for the session.

The engine hears of it as of a MIDI clock: a beat to play to (`Follow`), told again each second or
when it has moved. Where nobody else is in the session improv's own beat goes on; where the others
have left, the last tempo of the session does. The song runs, unless a peer that shares start and
stop has started it and stopped: most share neither. Your play, pause and stop start and stop it for
all who share them; a panic is improv's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from improv.errors import DeviceError
from improv.music.timeline import Timeline
from improv.play.effects import Item
from improv.play.messages import Action, Follow, Level, Notice, Transport
from improv.play.params import INTERNAL, KNOBS, LINK, Params
from improv.ports.linked import Peer, Session
from improv.session.messages import Turn

TELL_EVERY = 1.0
"""Seconds after which the engine is told again."""
SAME = 0.01
"""Beats a minute that two tempos may differ and still be one."""
MOVED = 0.0003
"""Seconds by which the beat has moved when it is told at once."""
_RUNS = {Action.PLAY: True, Action.PAUSE: False, Action.STOP: False, Action.PANIC: False}


class Member(Protocol):
    """A `Peer`, or what stands for it in tests."""

    def session(self, beats_per_bar: int) -> Session: ...

    def turn(self, bpm: float) -> None: ...

    def play(self, *, plays: bool) -> None: ...

    def close(self) -> None: ...


class Linking:
    """In a session for as long as `sync` says so. `put` takes turns of knobs, and a start."""

    def __init__(
        self, put: Callable[[Turn | Transport], None], join: Callable[[float, int], Member] = Peer
    ) -> None:
        self._put = put
        self._join = join
        self._member: Member | None = None
        self._tempo = 0.0  # of the knob, as it was last seen
        self._asked = 0.0  # where it was last sent
        self._told = Follow()
        self._told_at = 0.0
        self._played = self._plays = False  # the song: ever, now
        self._rests = False  # by your own pause or stop, which no clock undoes

    def look(self, params: Params, now: float) -> list[Item | Notice]:
        """Join or leave as the knob says, and what has changed; to be called ten times a second."""
        if params.sync != LINK:
            return self._leave()
        if self._member is None:
            try:
                self._member = self._join(params.tempo, params.beats_per_bar)
            except DeviceError as error:
                self._put(Turn("sync", INTERNAL))
                return [Notice(f"{error}; playing to its own tempo", Level.ERROR)]
            self._tempo = params.tempo
        session = self._member.session(params.beats_per_bar)
        if self._agree(self._member, params.tempo, session):
            session = self._member.session(params.beats_per_bar)
        return self._tell(session, now)

    def transport(self, action: Action) -> None:
        """Tell the session what you have improv do."""
        if action not in _RUNS:
            return
        self._rests = not _RUNS[action]
        if self._member is not None and action is not Action.PANIC:
            self._member.play(plays=_RUNS[action])

    def close(self) -> None:
        """Leave the session."""
        self._leave()

    def _agree(self, member: Member, knob: float, session: Session) -> bool:
        """One tempo, whoever turned it last; whether that was the knob.

        Theirs becomes the knob's place, so that its next turn goes on from what is heard.
        """
        tempo = KNOBS["tempo"]
        theirs = min(max(round(session.timeline.bpm, 2), tempo.low), tempo.high)
        turned, self._tempo = knob not in {self._tempo, self._asked}, knob
        if abs(knob - theirs) < SAME:
            return False
        if turned:
            member.turn(knob)
        elif session.peers:
            self._asked = theirs
            self._put(Turn("tempo", theirs))
        return turned

    def _leave(self) -> list[Item | Notice]:
        if self._member is None:
            return []
        self._member.close()
        self._member, self._played, self._plays = None, False, False
        was, self._told = self._told, Follow()
        return [] if was == Follow() else [self._told]

    def _tell(self, session: Session, now: float) -> list[Item | Notice]:
        self._played = self._played or session.plays
        starts, self._plays = session.plays and not self._plays, session.plays
        if starts and self._rests:
            self._put(Transport(Action.PLAY))
        before = self._told
        there = session.peers > 0
        if not there and before.timeline is None:
            return []
        follow = Follow(session.timeline, session.plays or not self._played, lost=not there)
        same = (follow.runs, follow.lost) == (before.runs, before.lost)
        moved = _has_moved(before.timeline, session.timeline)
        if same and not moved and now - self._told_at < TELL_EVERY:
            return []
        self._told, self._told_at = follow, now
        return [follow, *_words(before, follow, session)]


def _has_moved(told: Timeline | None, timeline: Timeline) -> bool:
    if told is None or told.bpm != timeline.bpm:
        return True
    return abs(told.beat_at(timeline.at) - timeline.beat) * 60.0 / timeline.bpm > MOVED


def _words(before: Follow, after: Follow, session: Session) -> list[Notice]:
    if after.lost and not before.lost:
        words = "nobody else is in the Link session; going on at its last tempo"
        return [Notice(words, Level.WARNING)]
    if before.timeline is None or (before.lost and not after.lost):
        return [Notice(f"in a Link session, {session.timeline.bpm:.1f} bpm")]
    return []
