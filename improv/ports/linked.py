"""A peer in an Ableton Link session: the tempo, the beat and the transport that all peers share.

Link (GPL) comes with the extra `improv-midi[link]` and is loaded here, when it is asked for, and
nowhere else. Peers find each other on the local network by themselves; each may turn the tempo for
all, and none leads. Beats of two peers are numbered otherwise, but bars begin together (`quantum`).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from improv.errors import DeviceError
from improv.music.timeline import Timeline
from improv.play.clock import Clock, monotonic

MISSING = "Ableton Link is not installed; pip install 'improv-midi[link]' adds it (GPL)"


def check() -> None:
    """Raise DeviceError where the extra is missing."""
    if importlib.util.find_spec("aalink") is None:
        raise DeviceError(MISSING)


@dataclass(frozen=True, slots=True)
class Session:
    """How a session stands, as one of its peers sees it."""

    timeline: Timeline
    peers: int  # others
    plays: bool  # somebody who shares start and stop has started


class Peer:
    """improv in a session. Reading takes 20 us and never waits; opened in 5 ms."""

    def __init__(self, bpm: float, beats_per_bar: int, clock: Clock = monotonic) -> None:
        """Join, and bring that tempo where nobody is yet. Raises DeviceError without Link."""
        import asyncio  # which a player that is in no session starts without

        try:
            import aalink
        except ImportError as error:
            raise DeviceError(MISSING) from error
        self._clock = clock
        self._loop = asyncio.new_event_loop()  # aalink wants one; nothing of ours waits on it
        self._link = self._loop.run_until_complete(_made(aalink, bpm))
        self._link.quantum = float(beats_per_bar)
        self._link.start_stop_sync_enabled = True
        self._link.enabled = True

    def session(self, beats_per_bar: int) -> Session:
        """How it stands now; its bars have so many beats."""
        link = self._link
        if link.quantum != beats_per_bar:
            link.quantum = float(beats_per_bar)
        before = self._clock()
        beat = float(link.beat)
        at = (before + self._clock()) / 2
        timeline = Timeline(at, beat, float(link.tempo))
        return Session(timeline, int(link.num_peers), bool(link.playing))

    def turn(self, bpm: float) -> None:
        """Set the tempo of all peers."""
        self._link.tempo = bpm

    def play(self, *, plays: bool) -> None:
        """Start or stop all peers that share start and stop."""
        if self._link.playing != plays:
            self._link.playing = plays

    def close(self) -> None:
        """Leave. May be called twice."""
        if not self._loop.is_closed():
            self._link.enabled = False
            self._loop.close()


async def _made(library: Any, bpm: float) -> Any:
    return library.Link(bpm)
