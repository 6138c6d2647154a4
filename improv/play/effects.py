"""What goes into the engine (`Item`) and what comes out of it (`Effect`)."""

from __future__ import annotations

from dataclasses import dataclass

from improv.music.event import Event, Source
from improv.play.messages import (
    Beat,
    Chorded,
    Ended,
    Follow,
    Foreseen,
    Futures,
    Known,
    NameChord,
    Named,
    Notice,
    Planned,
    Primer,
    Proposal,
    Request,
    SetParam,
    Sounded,
    Strike,
    Transport,
)

EVERYBODY = 0
"""As a voice: what goes to all outputs."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message that was due at `due`. `audible` False: only for a take, thru is off.

    It goes to the outputs of its voice: yours goes where the first's do, and a reset to all.
    """

    message: bytes
    due: float
    source: Source
    audible: bool = True
    voice: int = 1

    @property
    def is_onset(self) -> bool:
        return self.message[0] & 0xF0 == 0x90


@dataclass(frozen=True, slots=True)
class Hush:
    """Let nothing of improv's come that waits for its moment at an output (see `outbox`)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the model to go on."""

    request: Request


@dataclass(frozen=True, slots=True)
class AskChord:
    """Ask the network for the chord that is coming."""

    request: NameChord


@dataclass(frozen=True, slots=True)
class AskPlayer:
    """Ask for what this player played on evenings before."""

    player: str


@dataclass(frozen=True, slots=True)
class KeepPlayer:
    """Keep what this player played, in place of what was kept of them."""

    player: str
    line: bytes  # see listen.evening


@dataclass(frozen=True, slots=True)
class Prepare:
    """Let the model take in what it will be asked to go on from."""

    request: Primer


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the screen."""

    report: Sounded | Ended | Planned | Foreseen | Chorded | Notice


Effect = Send | Hush | Ask | AskChord | AskPlayer | KeepPlayer | Prepare | Tell
Item = Event | SetParam | Transport | Strike | Proposal | Futures | Named | Known | Follow | Beat
