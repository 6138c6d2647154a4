"""The generator of bars as an improviser: a bar at a time, on the bar lines of the beat in force.

A bar is drawn whole, from the bar before it and the chord: by the noise of its number, so that a
knob bends it and what is drawn anew in the middle of it is the rest of the same bar. Notes are
proposed one by one as of any improviser, each with the beat it begins on. Rules: a phrase begins on
a bar line; the bar before is the last one that has a note in it, yours or improv's, and the knob
`creativity` takes from its weight; no more than `SILENT` bars in a row are silent, and none with
which a phrase begins.

A bar of more than four beats is drawn in parts of four; what is over, and a shorter bar, is as much
of a part. Whether a step is a note, goes on or is a rest is drawn at the temperature of time, which
note it is at that of pitch, with all that a player asks of pitches (improv.play.sampling).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from improv.model import bar_network, bars
from improv.music import bar
from improv.music.bar import HELD, REST, STEPS
from improv.music.event import PITCHES, Note, ProposedNote, Source
from improv.music.timeline import Timeline
from improv.play import imagining, sampling, steering
from improv.play.interfaces import Imagined
from improv.play.memory import Memory
from improv.play.messages import ANY, TOGETHER, Bounds, Key, Tonight
from improv.play.params import Params
from improv.play.recent import Recent

Floats = NDArray[np.float64]

PER_BEAT = 4  # steps
SILENT = 1  # bars in a row without a note that it may play
TRIES = 4  # times that a bar is drawn which must not be silent
LOOKS_BACK = 8  # parts of bars in which it looks for one that sounds
LONGEST = 2 * STEPS  # steps of a note
BENT = 2.0  # nats for or against notes at either end of the knob `density`
SALT, ANOTHER = 0x42415253, 0x9E3779B9  # keep the chance of bars, and of each try, apart
STRUCK = 0  # as a kind of step, beside HELD and REST
_NEAR = 0.1  # steps by which a time may be past a line and still be on it


@dataclass(frozen=True, slots=True)
class Part:
    """Where a bar, or a part of it, lies, in steps since the beginning of the song."""

    number: int
    first: int
    size: int

    @classmethod
    def at(cls, step: int, beats_per_bar: int) -> Part:
        """The one a step is in."""
        length = PER_BEAT * beats_per_bar
        number, within = divmod(step, length)
        parts = math.ceil(length / STEPS)
        first = within // STEPS * STEPS
        size = min(STEPS, length - first)
        return cls(number * parts + first // STEPS, number * length + first, size)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part as it was drawn: what each step is, and the logits (STEPS, COLUMNS) of it."""

    seed: int
    kinds: tuple[int, ...]
    logits: Floats


class BarImproviser:
    """A `Branching` improviser that plays to a beat. Not for use by two threads at once."""

    inert = frozenset({"style", "context"})  # it goes by bars and not by notes
    abreast = 1

    def __init__(self, name: str, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """`weights` are those of `bar_network.shapes`."""
        self.name = name
        self.backend = "numpy"
        self._weights = weights
        self.prime(())

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._notes = [*before, *context]
        self._recent = Recent((*before, *context))
        self._timeline: Timeline | None = None
        self._parts: dict[int, Drawn] = {}
        self._next: int | None = None  # step from which on a note may begin
        self.unfinished = False

    def keep_time(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def branch(self) -> BarImproviser:
        """Another that has heard the same and goes its own way."""
        other = copy.copy(self)
        other._notes, other._parts = [*self._notes], dict(self._parts)  # noqa: SLF001  # its own
        other._recent = self._recent.fork()  # noqa: SLF001
        return other

    def remember(self, tonight: Tonight) -> None:
        self._recent.memory = Memory(tonight)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds = ANY
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        root = self.branch()  # this one may go on meanwhile
        yield from imagining.one_by_one(root.branch, params, keys, within)

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        return self.weigh(params, key, within).note

    def weigh(self, params: Params, key: Key, within: Bounds = ANY) -> Imagined:
        """As `draw`, and what the network made of the pitch."""
        beat = self._beat(params)
        if within == TOGETHER:
            return self._companion(beat, params, key)
        begins = self._next is None and within[0] == within[1]
        first = self._from(beat, params, within)
        step = self._sought(first, params, key[0], SILENT if begins else 0)
        part = Part.at(step, params.beats_per_bar)
        drawn = self._parts[part.number]
        place = step - part.first
        start = beat.time_of(step / PER_BEAT)
        after = max(0.0, start - self._notes[-1].start) if self._notes else 0.0
        seconds = 60.0 / beat.bpm / PER_BEAT
        whole = (part.first + part.size - step) * seconds
        weighed = self._note(drawn, place, after, whole, params, step / PER_BEAT)
        pitch, velocity = weighed.note.pitch, weighed.note.velocity
        self._recent.follow(pitch, after)
        # as long as its bar, to know the one after it, in which it may go on
        self._notes.append(Note(pitch, velocity, start, whole, Source.IMPROV))
        length = 1
        while length < LONGEST and self._kind(step + length, params, key[0]) == HELD:
            length += 1
        duration = sampling.held(
            length * seconds * params.note_length, sampling.SHORTEST, sampling.LONGEST
        )
        self._notes[-1] = replace(self._notes[-1], duration=duration)
        self._next = step + 1
        self.unfinished = STRUCK in drawn.kinds[place + 1 : part.size]
        return replace(weighed, note=replace(weighed.note, duration=duration))

    def _beat(self, params: Params) -> Timeline:
        """The beat it plays to; where nobody has said one, the knob's, from its last note on."""
        if self._timeline is None:
            last = self._notes[-1].start if self._notes else 0.0
            self._timeline = Timeline(last, 0.0, params.tempo)
        return self._timeline

    def _from(self, beat: Timeline, params: Params, within: Bounds) -> int:
        """The first step that the next note may begin on."""
        if self._next is not None:
            return self._next
        last = self._notes[-1].start if self._notes else 0.0
        soonest = last + within[0]
        if within[0] == within[1]:  # a phrase begins
            length = PER_BEAT * params.beats_per_bar
            return length * math.ceil((PER_BEAT * beat.beat_at(soonest) - _NEAR) / length)
        after = math.floor(PER_BEAT * beat.beat_at(last) + 0.5) + 1 if self._notes else 0
        if not math.isfinite(soonest):
            return after
        return max(after, math.ceil(PER_BEAT * beat.beat_at(soonest) - _NEAR))

    def _sought(self, step: int, params: Params, seed: int, silent: int) -> int:
        """The first step from `step` on that a note begins on, after so many silent bars."""
        while True:
            part = Part.at(step, params.beats_per_bar)
            drawn = self._part(part, params, seed)
            place = step - part.first
            tries = 1
            while silent >= SILENT and STRUCK not in drawn.kinds[place : part.size]:
                drawn = self._draw(part, params, seed + ANOTHER * tries)
                if tries == TRIES:
                    drawn = replace(drawn, kinds=(STRUCK,) * (place + 1) + drawn.kinds[place + 1 :])
                self._parts[part.number] = drawn
                tries += 1
            if STRUCK in drawn.kinds[place : part.size]:
                return part.first + drawn.kinds.index(STRUCK, place)
            step = part.first + part.size
            silent += 1

    def _kind(self, step: int, params: Params, seed: int) -> int:
        part = Part.at(step, params.beats_per_bar)
        return self._part(part, params, seed).kinds[step - part.first]

    def _part(self, part: Part, params: Params, seed: int) -> Drawn:
        if part.number not in self._parts:
            self._parts[part.number] = self._draw(part, params, seed)
        return self._parts[part.number]

    def _draw(self, part: Part, params: Params, seed: int) -> Drawn:
        """Draw a part of a bar, after what came before it."""
        chance = sampling.bits((seed ^ SALT, part.number))
        noise = chance.standard_normal((1, bar_network.NOISE)).astype(np.float32)
        gumbel = -np.log(-np.log(chance.random((STEPS, 3)) + 2.0**-54))
        before = self._before(part, params)
        weight = 0.0 if before is None else 1.0 - params.creativity
        previous = np.array([before or [REST] * STEPS])
        heard = bars.heard(previous, np.array([weight], np.float32))
        chord = np.array([bar.chord_of(params.chord)], np.float32)
        noise *= min(1.0, params.temperature)
        scores = bar_network.logits(np, self._weights, noise, *heard, chord)
        logits: Floats = scores[0].astype(np.float64)
        heat = params.time_temperature or params.temperature
        kinds = []
        for each, luck in zip(logits, gumbel, strict=True):
            notes = each[:PITCHES].max() + math.log(
                np.exp(each[:PITCHES] - each[:PITCHES].max()).sum()
            )
            told = np.array([notes + BENT * params.density, each[HELD], each[REST]])
            values = sampling.weigh(told, heat, params.top_p)
            kinds.append((STRUCK, HELD, REST)[int((values + luck).argmax())])
        return Drawn(seed, tuple(kinds), logits)

    def _before(self, part: Part, params: Params) -> list[int] | None:
        """The last part before this one that has a note in it, as steps; None for none."""
        beat = self._beat(params)
        for _ in range(LOOKS_BACK):
            part = Part.at(part.first - 1, params.beats_per_bar)
            begin, end = (beat.time_of((part.first + n) / PER_BEAT) for n in (0, part.size))
            near = [
                (
                    note.pitch,
                    PER_BEAT * beat.beat_at(note.start) - part.first,
                    PER_BEAT * beat.beat_at(note.start + _meant(note, params)) - part.first,
                )
                for note in self._notes
                if note.start < end and note.start + _meant(note, params) > begin - 1.0
            ]
            steps = bar.steps(near)
            if any(step < PITCHES for step in steps[: part.size]):
                return steps[: part.size] + [REST] * (STEPS - part.size)
        return None

    def _note(
        self, drawn: Drawn, place: int, after: float, whole: float, params: Params, beat: float
    ) -> Imagined:
        """The note that begins on a step of a part, `after` seconds after the last."""
        chance = sampling.noise((drawn.seed ^ SALT, round(PER_BEAT * beat) + ANOTHER))
        logits = drawn.logits[place, :PITCHES]
        chosen = sampling.choose_pitch(
            logits, self._recent, after, params, chance.pitch, chance.snap
        )
        loud = sampling.draw_velocity(params.velocity, params.velocity_spread, chance.velocity)
        loud = steering.curved(loud, params)
        note = ProposedNote(chosen.pitch, loud, after, whole, beat=beat, chances=chosen.chances)
        surprise, expected = imagining.weighed([note], {"pitch": logits[None]}, params)
        return Imagined(note, float(surprise[0]), float(expected[0]))

    def _companion(self, beat: Timeline, params: Params, key: Key) -> Imagined:
        """A note that begins with the last one, as the bar that sounds now would have it."""
        last = self._notes[-1].start if self._notes else 0.0
        step = math.floor(PER_BEAT * beat.beat_at(last) + _NEAR)
        part = Part.at(step, params.beats_per_bar)
        drawn = replace(self._part(part, params, key[0]), seed=key[0] + ANOTHER * key[1])
        seconds = 60.0 / beat.bpm
        made = self._note(drawn, step - part.first, 0.0, seconds, params, step / PER_BEAT)
        self._recent.follow(made.note.pitch, 0.0)
        return replace(made, note=replace(made.note, beat=None))


def _meant(note: Note, params: Params) -> float:
    """Seconds a note lasted, as the network means it."""
    if note.source is Source.YOU:
        return note.duration
    return note.duration / params.note_length
