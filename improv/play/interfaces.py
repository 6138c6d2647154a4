"""What the player asks of the world: the protocols it owns, implemented in ports/ and model/.

Nothing here does anything. `Message` is one complete MIDI message as it goes down the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from improv.music.event import Event, Note, ProposedNote, Source
from improv.music.timeline import Timeline
from improv.play.messages import ANY, Bounds, Key, Tonight
from improv.play.params import Params

Message = bytes


class Output(Protocol):
    """Somewhere notes go. Only the loop thread calls it; `send` returns at once.

    `name` is the spec that opened it, as the musician wrote it (``virtual:improv``,
    ``port:Synth``, ``fluidsynth``, ``file:take.mid``). `is_take` outputs also get what you
    play when thru is off. `send` after `close` raises DeviceError. `close` may be called twice.
    """

    name: str
    is_take: bool

    def send(self, message: Message, at: float, source: Source) -> None: ...

    def close(self) -> None: ...


class Input(Protocol):
    """Somewhere notes come from; it calls `Listener` on a thread of its own until closed."""

    name: str

    def close(self) -> None: ...


Listener = Callable[[Event], None]
"""Called by an input for each event, already stamped and normalised; must not block or raise."""


class Improviser(Protocol):
    """A model that continues a context. Lives in the model process; no threads, no clock.

    `prime` replaces all it has heard with `context` (oldest first, any length; it keeps what it
    can use); of what was played `before` that only the repetition guard knows. `draw` samples one
    note that follows, takes it into its context and returns it; `within` bounds its step, in
    seconds. `key` is (seed, index): the same context, params, bounds and key give the same note,
    whatever was drawn before, so that a changed knob bends a plan rather than re-rolling it.
    `inert` are the knobs that turn nothing in what it plays.
    """

    name: str
    backend: str
    inert: frozenset[str]

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None: ...

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote: ...


@runtime_checkable
class Accompanying(Improviser, Protocol):
    """One that draws what goes with a note of yours without asking itself more than it needs.

    `accompany` draws a note for each key, all of which begin with the last it was primed with and
    are as long. It is also told beforehand what it will go on from, for they are waited for.

    `prepare` takes in as `prime` does, a note each time the iterator is advanced; a `prime` with
    the same notes and some more, at the same knobs, then has only those to take in. It changes
    nothing else: what is drawn is what would be drawn without it.
    """

    def accompany(self, params: Params, keys: Sequence[Key]) -> list[ProposedNote]: ...

    def prepare(
        self, context: Sequence[Note], before: Sequence[Note], params: Params
    ) -> Iterator[None]: ...


@dataclass(frozen=True, slots=True)
class Imagined:
    """A note drawn and not played, and what the network made of it.

    `surprise` is its negative log-likelihood in nats, `expected` the mean of that over all that the
    network might have drawn in its place, which is its entropy.
    """

    note: ProposedNote
    surprise: float = 0.0
    expected: float = 0.0


@runtime_checkable
class Metrical(Protocol):
    """An improviser that plays to a beat: primed, it is told which, and says beats in its notes.

    `unfinished` is whether there is more in the bar of the last note: no request should end there,
    for what goes on from elsewhere would be of another bar.
    """

    unfinished: bool

    def keep_time(self, timeline: Timeline) -> None: ...


@runtime_checkable
class Remembering(Protocol):
    """An improviser that draws by what was played before its context; told so once it is primed."""

    def remember(self, tonight: Tonight) -> None: ...


@runtime_checkable
class Branching(Improviser, Protocol):
    """An improviser that can go on in several ways from where it is, and stays there.

    `imagine` draws a future for each row of `keys`, whose notes' keys they are; `within` bounds the
    first note of each. It yields after every note, so that it can be left: the futures that are
    done since, in the order of their rows. `abreast` of them are drawn in the time of one.
    """

    abreast: int

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds
    ) -> Iterator[list[tuple[Imagined, ...]]]: ...
