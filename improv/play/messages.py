"""What the engine is told and what it says: plain frozen values that cross threads and pipes.

Times are seconds on the player's clock (time.monotonic, one for all processes of a machine).
session/messages.py adds what only the processes need and is where the screen gets them from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from improv.music.event import Note, ProposedNote, Source
from improv.music.halves import Heard
from improv.music.timeline import Timeline
from improv.play.params import Params, Value

# --- told to the engine --------------------------------------------------------------------


class Action(Enum):
    PLAY = "play"
    PAUSE = "pause"  # what sounds is let go, the plan is kept from being heard; PLAY goes on
    STOP = "stop"  # silence; the context is kept; PLAY or your playing starts it again
    NEW = "new"  # forget the context and begin from the prompt or the built-in phrase
    AGAIN = "again"  # from where what sounds began, another future: see play.again
    BACK = "back"  # forget the last notes and go on from before them: see play.places
    KEEP = "keep"  # remember the last notes as a phrase that is liked
    MORE = "more"  # go on from the phrase that is liked
    LESS = "less"  # the last phrase is not liked, nor what is like it: see play.memory
    EARLIER = "earlier"  # the context as it was before NEW, BACK or MORE, or without LESS
    LATER = "later"  # and as it was before that
    PANIC = "panic"  # a note-off for each sounding note, pedals up, all sound off; then as STOP


@dataclass(frozen=True, slots=True)
class SetParam:
    """Turn one knob. `serial` counts the terminal's changes; Status echoes the last in force."""

    serial: int
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Transport:
    action: Action


@dataclass(frozen=True, slots=True)
class Strike:
    """A key of the typed piano: a terminal sees no release, so the length is given."""

    pitch: int
    velocity: int
    duration: float


@dataclass(frozen=True, slots=True)
class Follow:
    """A MIDI clock comes in, and this is its beat; without one, none has come yet."""

    timeline: Timeline | None = None
    runs: bool = False  # the song does, it was not stopped
    lost: bool = False  # the clock is silent, and its last tempo goes on


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of improv's own falls at this time: you tapped it."""

    at: float


@dataclass(frozen=True, slots=True)
class Known:
    """What a player played on evenings before, as `listen.evening` writes it."""

    player: str
    line: bytes


# --- said by the engine --------------------------------------------------------------------


class Phase(Enum):
    """What it is doing, in a word the screen shows."""

    WAITING = "waiting"  # nobody has played and nothing is asked of it
    LISTENING = "listening"  # you are playing
    PLAYING = "playing"  # it is improvising
    PAUSED = "paused"
    STOPPED = "stopped"


class Level(Enum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Sounded:
    """A note began to sound. `serial` is unique in a session and ends with `Ended`."""

    serial: int
    pitch: int
    velocity: int
    start: float
    source: Source


@dataclass(frozen=True, slots=True)
class Ended:
    serial: int
    at: float


@dataclass(frozen=True, slots=True)
class Planned:
    """All that is planned and has not sounded, in order; replaces the plan before it."""

    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How likely each pitch was to be the next to sound, a byte each: see `play.chances`.

    Empty where nobody knows.
    """

    chances: bytes = b""


@dataclass(frozen=True, slots=True)
class Chorded:
    """A chord is in force from `at` on, by its symbol; "off": none is."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the musician."""

    text: str
    level: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class Sync:
    """The beat it plays to, if any, and in a word whose it is."""

    timeline: Timeline | None = None
    word: str = ""  # internal, clock, link, stopped (their song), lost, no clock, no peers
    runs: bool = False  # the song does


# --- to and from the model -----------------------------------------------------------------

Bounds = tuple[float, float]
"""Between which times something begins; twice the same is exactly then."""
ANY: Bounds = (-math.inf, math.inf)
TOGETHER: Bounds = (0.0, 0.0)
"""As bounds of a step: with the note before."""
Key = tuple[int, int]
"""What a note is drawn with: a seed and its number since the start."""
BRANCH = 0x9E3779B97F4A7C15  # by which futures' seeds are apart, so that none meets another's


@dataclass(frozen=True, slots=True)
class Tonight:
    """What was played beyond the context, in lines of `listen.evening`; as far as it is wanted."""

    yours: bytes = b""  # with what is known of evenings before
    sounded: bytes = b""
    disliked: tuple[bytes, ...] = ()  # phrases of improv's


NOTHING = Tonight()


@dataclass(frozen=True, slots=True)
class Request:
    """Continue `context` by `count` notes. `index` numbers the first of them since the start.

    `before` is what was played before the context, for the repetition guard, and `tonight` what
    else there is to draw by (`play.memory`).
    The first begins between the times `begins`: no earlier than now where a plan is drawn anew in
    the middle of a silence, at one moment where your phrase has ended.

    The best of so many `futures` is wanted; with `others` those that are not played are wanted as
    well, and as many more as there is time for. The first is the plan's: where that is drawn anew
    each note is of the future it was of, by `branches`, so that what was chosen bends under a knob.
    """

    number: int
    context: tuple[Note, ...]
    params: Params
    count: int
    seed: int
    index: int
    begins: Bounds = ANY
    before: tuple[Note, ...] = ()
    futures: int = 1
    branches: tuple[int, ...] = ()  # of the first notes; of those after them 0
    others: bool = False
    together: bool = False  # all begin with the context's last note
    timeline: Timeline | None = None  # the beat in force; without sync one that nobody hears
    voice: int = 1  # whose plan it is for
    tonight: Tonight = NOTHING

    def within(self) -> Bounds:
        """The steps between which the first note may begin."""
        before = self.context[-1].start if self.context else 0.0
        return self.begins[0] - before, self.begins[1] - before

    def keys(self, future: int = 0) -> list[Key]:
        """What each note of a future is drawn with: (seed, index)."""
        return [
            ((self.seed + BRANCH * branch) % 2**64, self.index + place)
            for place, branch in enumerate(self.branches_of(future))
        ]

    def branches_of(self, future: int, notes: int | None = None) -> list[int]:
        """Of which each note of a future is: all of its own, but for the first, the plan's.

        Of as many as were asked for, or of so many `notes`: a bar may be finished beyond them.
        """
        count = self.count if notes is None else notes
        planned = [future] * count if future else [*self.branches, *[0] * count]
        return planned[:count]

    def draws(self) -> Iterator[tuple[Key, Bounds]]:
        """For each note the key it is drawn with, and the steps between which it may begin."""
        within = TOGETHER if self.together else self.within()
        for key in self.keys():
            yield key, within
            within = TOGETHER if self.together else ANY


@dataclass(frozen=True, slots=True)
class Primer:
    """The notes that a voice's next request will begin with, to be taken in while nobody waits.

    A request is answered the same without it, only later.
    """

    context: tuple[Note, ...]
    before: tuple[Note, ...]
    params: Params
    voice: int = 1


@dataclass(frozen=True, slots=True)
class Future:
    """One way to go on from a request's context, by the number of its branch."""

    number: int
    notes: tuple[ProposedNote, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to play: of all futures `future`."""

    number: int
    notes: tuple[ProposedNote, ...]
    inference_us: tuple[float, ...]  # per note
    future: int = 0
    voice: int = 1


@dataclass(frozen=True, slots=True)
class Futures:
    """The other ways to go on from a request that was answered, all there are, best first."""

    number: int
    others: tuple[Future, ...]
    voice: int = 1


@dataclass(frozen=True, slots=True)
class NameChord:
    """Name the chord of a half bar that is coming, by those that were heard before it.

    `heard` are they, oldest first and without a gap (see `music.halves`); `firsts` says of each,
    and of the one that is coming, whether a bar begins with it.
    """

    number: int  # of the half bar since the song began
    heard: tuple[Heard, ...]
    firsts: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Its chord; "" where there is nothing to name it by."""

    number: int
    name: str
