"""A network of distributions that listens and improvises, whatever runs its functions.

It is primed from a blank state with the last 25 notes and then carries its state from note to
note, as it was trained: every training sequence begins blank in the middle of a piece and is
`NetworkSpec.length` notes long. A carried state is not a sliding window, so before it has come
further from its blank state than it ever was in training, it is primed anew with its own last 25
notes, or with as many as it was given where the player's context is longer: at most half of that
length, so that it is not primed at every note. The rolls and histograms beside the state always
are of exactly the last 25.

A style is constant in every training sequence, so a turned style knob primes it anew: a state that
heard half its notes as the other style is one it never was in.

Of the notes that improv itself played, the model hears the loudness it meant and not what the
velocity knob made of it; else each phrase would be louder than the one before.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.model import signatures
from improv.model.heads import KEY, MOMENTS
from improv.model.remembering import LINES, Remembering
from improv.model.spec import NetworkSpec
from improv.music import hearing
from improv.music.event import Note, ProposedNote, Source
from improv.music.hearing import Ids, Latest
from improv.music.vocabulary import STYLES, WINDOW
from improv.play import factors, imagining
from improv.play.interfaces import Imagined
from improv.play.lessons import Lessons
from improv.play.memory import Memory
from improv.play.messages import ANY, TOGETHER, Bounds, Key, Tonight
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.sampling import LONGEST

Call = Callable[..., Mapping[str, NDArray[np.float32]]]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """A network's state after some notes, for others to go on from; nothing in it is written to.

    `style` is (1, styles), `key` (1, MOMENTS * KEY), `keys` (1, 25, MOMENTS * KEY).
    """

    notes: tuple[Note, ...]
    latest: Latest
    carried: Mapping[str, NDArray[np.float32]]
    key: NDArray[np.float32]
    keys: NDArray[np.float32]
    style: NDArray[np.float32]


class Ear:
    """A network's state and the notes behind it: a `factors.Listener`.

    Not for use by two threads at once.

    Args:
        calls: the five functions of `improv.model.relative_calls`, by name.
        spec: the network's.
        style: which of `improv.music.vocabulary.STYLES`; between two numbers a blend of both.
    """

    def __init__(self, calls: Mapping[str, Call], spec: NetworkSpec, style: float = 0.0) -> None:
        self._calls = calls
        self._style = _shares(style)
        self.length = spec.length
        self._onset: tuple[float, dict[str, NDArray[np.generic]]] | None = None
        blank = np.zeros((1, spec.units), np.float32)
        self._blank = dict.fromkeys(signatures.carried(spec), blank)
        self._wanted = {name: set(signatures.inputs(name, spec)) for name in signatures.NEEDS}
        self.begin()

    def begin(self, style: float | None = None) -> None:
        """Forget everything; hear all that comes as that style, if one is given."""
        self._style = self._style if style is None else _shares(style)
        self.notes: list[Note] = []  # what has been heard since, oldest first
        self._latest = Latest()
        self._carried: Mapping[str, NDArray[np.float32]] = self._blank
        self._keys = np.zeros((1, WINDOW, MOMENTS * KEY), np.float32)
        self._take_in(hearing.NOTHING)

    def fork(self) -> Ear:
        """An ear that has heard the same and from now on hears for itself."""
        other = copy.copy(self)  # arrays are replaced and never written to
        other.notes = list(self.notes)
        other._latest = copy.copy(self._latest)  # noqa: SLF001  # of this class
        return other

    def heard(self) -> Heard:
        """What it has heard so far."""
        latest = copy.copy(self._latest)
        notes = tuple(self.notes)
        return Heard(notes, latest, self._carried, self._key, self._keys, self._style)

    def resume(self, heard: Heard) -> None:
        """Have heard what it had heard then."""
        self.notes, self._latest = [*heard.notes], copy.copy(heard.latest)
        self._carried, self._style = heard.carried, heard.style
        self._key, self._keys = heard.key, heard.keys
        self._onset = None

    def hear(self, note: Note) -> None:
        """Take in one note, which begins no earlier than the one before."""
        self.notes.append(note)
        recent = self.notes[-3:]
        ids = hearing.note_ids(
            [n.pitch for n in recent], [n.start for n in recent], note.duration, note.velocity
        )
        self._latest.hear(ids, note.start, note.duration)
        # the key of the moment before this note
        self._keys = np.concatenate([self._keys[:, 1:], self._key[None]], axis=1)
        self._take_in(ids)

    def velocity(self) -> Logits:
        return self._ask("velocity")

    def step(self, velocity: int) -> Logits:
        return self._ask("step", now=self._latest.now, velocity=_touch(velocity))

    def pitch(self, velocity: int, step: float) -> Logits:
        return self._ask("pitch", **self._at(step), velocity=_touch(velocity))

    def duration(self, velocity: int, step: float, pitch: int) -> Logits:
        above = pitch - self.notes[-1].pitch if self.notes else 0
        return self._ask(
            "duration",
            **self._at(step),
            now=self._latest.now,
            pitch=np.array([pitch], np.int32),
            interval=np.array([hearing.interval_number(above)], np.int32),
            velocity=_touch(velocity),
        )

    def _ask(self, factor: str, **given: NDArray[np.generic]) -> Logits:
        given |= {
            "state": self._carried["state"],
            "keys": self._keys,
            "past": self._latest.past,
        }
        wanted = self._wanted[factor]
        logits: Logits = self._calls[factor](
            **{name: value for name, value in given.items() if name in wanted}
        )["logits"][0]
        return logits

    def _take_in(self, ids: Ids) -> None:
        after = dict(self._calls["hear"](note=ids[None], style=self._style, **self._carried))
        self._key = after.pop("key")
        self._carried = after
        self._onset = None

    def _at(self, step: float) -> dict[str, NDArray[np.generic]]:
        """What pitch and duration hear of a note that begins `step` seconds after the last."""
        if self._onset is None or self._onset[0] != step:
            there: dict[str, NDArray[np.generic]] = {
                "then": self._latest.then(step),
                "step": hearing.time_bin([step]),
            }
            self._onset = step, there
        return self._onset[1]


def _shares(style: float) -> NDArray[np.float32]:
    """How much of each style, (1, styles)."""
    away = np.abs(np.arange(len(STYLES)) - style)
    shares: NDArray[np.float32] = np.maximum(0.0, 1.0 - away).astype(np.float32)[None]
    return shares


def _touch(velocity: int) -> Ids:
    return np.array([hearing.velocity_number(velocity)], np.int32)


class Together(Protocol):
    """What draws `size` futures at once; `improv.model.chorus.Chorus` does."""

    size: int

    def imagine(
        self,
        heard: Heard,
        recent: Recent,
        params: Params,
        keys: Sequence[Sequence[Key]],
        within: Bounds,
    ) -> Iterator[list[tuple[Imagined, ...]]]: ...


class DistributionImproviser:
    """An `Improviser` around an ear. Not for use by two threads at once."""

    inert = frozenset({"creativity"})

    def __init__(
        self,
        name: str,
        backend: str,
        ear: Ear,
        chorus: Together | None = None,
        lessons: Lessons | None = None,
    ) -> None:
        """`chorus` draws futures many at a time; without one they are drawn one by one.

        By `lessons` it is seen what is played by heart.
        """
        self.name = name
        self.backend = backend
        self._ear = ear
        self._chorus = chorus
        self._lessons = lessons
        self.abreast = 1 if chorus is None else chorus.size
        self._context: Sequence[Note] | None = None
        self._span = WINDOW  # notes it is primed with
        self._recent = Recent()
        self._drawn: Note | None = None  # and not taken in: often it is primed anew before that
        self._style = 0.0
        self._lines: Remembering[Heard] = Remembering()
        self._recents: deque[tuple[tuple[Note, ...], Recent]] = deque(maxlen=LINES)

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._context = self._within(context)  # taken in when the knobs are known
        self._drawn = None
        self._span = max(WINDOW, len(self._context))
        self._recent = self._remembered((*before, *context))

    def remember(self, tonight: Tonight) -> None:
        self._recent.memory = Memory(tonight, self._lessons)

    def prepare(
        self, context: Sequence[Note], before: Sequence[Note], params: Params
    ) -> Iterator[None]:
        notes = (*before, *context)
        self._recents.append((notes, self._remembered(notes)))
        heard = _as_heard(self._within(context), params)
        yield from self._lines.hear(self._ear.fork(), params.style, heard)

    def _within(self, context: Sequence[Note]) -> tuple[Note, ...]:
        most = max(WINDOW, self._ear.length // 2)
        return tuple(context[-most:])

    def _remembered(self, notes: tuple[Note, ...]) -> Recent:
        """A memory of these notes, from one of all but the last if there is one."""
        for known, memory in self._recents:
            if known == notes[:-1]:
                recent = memory.fork()
                recent.hear(notes[-1].pitch, notes[-1].start, own=notes[-1].source is Source.IMPROV)
                return recent
        return Recent(notes)

    def branch(self, params: Params) -> DistributionImproviser:
        """Another that has heard the same, at the knobs as they stand, and goes its own way."""
        self._catch_up(params)
        other = copy.copy(self)
        other._ear, other._recent = self._ear.fork(), self._recent.fork()  # noqa: SLF001  # its own
        return other

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        self._catch_up(params)
        note = factors.draw(self._ear, self._recent, params, key, within)
        self._follow(note, params)
        return note

    def accompany(self, params: Params, keys: Sequence[Key]) -> list[ProposedNote]:
        notes = []
        for key in keys:
            self._catch_up(params)
            lasting = self._ear.notes[-1].duration if self._ear.notes else LONGEST
            note = factors.draw(self._ear, self._recent, params, key, TOGETHER, lasting)
            self._follow(note, params)
            notes.append(note)
        return notes

    def with_chorus_of(self, other: DistributionImproviser) -> DistributionImproviser:
        """One that draws single notes as this one does, and futures as the other does."""
        backend = f"{self.backend}, futures on {other.backend}"
        chorus, lessons = other._chorus, self._lessons
        return DistributionImproviser(self.name, backend, self._ear, chorus, lessons)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds = ANY
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        self._catch_up(params)
        longest = max(map(len, keys), default=0)
        if self._chorus is not None and len(self._ear.notes) + longest < self._ear.length:
            yield from self._chorus.imagine(self._ear.heard(), self._recent, params, keys, within)
            return
        root = self.branch(params)  # this one may go on meanwhile
        yield from imagining.one_by_one(lambda: root.branch(params), params, keys, within)

    def weigh(self, params: Params, key: Key, within: Bounds = ANY) -> Imagined:
        """As `draw`, and what the network made of it."""
        self._catch_up(params)
        imagined = imagining.weigh(self._ear, self._recent, params, key, within)
        self._follow(imagined.note, params)
        return imagined

    def _follow(self, note: ProposedNote, params: Params) -> None:
        self._recent.follow(note.pitch, note.step)
        start = self._ear.notes[-1].start + note.step if self._ear.notes else 0.0
        sounded = Note(note.pitch, note.velocity, start, note.duration, Source.IMPROV)
        self._drawn = _meant(sounded, params)

    def _catch_up(self, params: Params) -> None:
        turned, self._style = self._style != params.style, params.style
        if self._context is not None:
            self._listen(_as_heard(self._context, params))
            self._context = None
            return
        drawn, self._drawn = self._drawn, None
        notes = self._ear.notes if drawn is None else [*self._ear.notes, drawn]
        if turned or len(notes) >= self._ear.length - 1:
            self._listen(_from_zero(notes[-self._span :]))
        elif drawn is not None:
            self._ear.hear(drawn)

    def _listen(self, notes: Sequence[Note]) -> None:
        for _ in self._lines.hear(self._ear, self._style, notes):
            pass


def _as_heard(context: Sequence[Note], params: Params) -> list[Note]:
    return _from_zero([_meant(note, params) for note in context])


def _from_zero(notes: Sequence[Note]) -> list[Note]:
    """As an ear takes them: from 0 s on, in order and with lengths that are lengths."""
    begin = notes[0].start if notes else 0.0
    before = 0.0
    heard = []
    for note in notes:
        start = note.start - begin
        before = max(before, start) if math.isfinite(start) else before
        duration = note.duration if math.isfinite(note.duration) else 0.0
        heard.append(Note(note.pitch, note.velocity, before, max(0.0, duration)))
    return heard


def _meant(note: Note, params: Params) -> Note:
    if note.source is Source.YOU:
        return note
    velocity = factors.unbent(note.velocity, params)
    return Note(note.pitch, velocity, note.start, note.duration / params.note_length, note.source)
