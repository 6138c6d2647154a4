"""Many futures at once: a network that draws the same note of all of them in one call a factor.

For a device that does many notes in the time of one. Each future is a row of a batch with a state
and a memory of its own, and is drawn by `improv.play.factors.drawing`, so that all a player asks
holds here too. What a row draws is what an ear alone would draw, but for the rounding of a device.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from improv.model import signatures
from improv.model.heads import HEADS
from improv.model.listening import Call, Heard
from improv.model.spec import NetworkSpec
from improv.music import hearing
from improv.music.event import ProposedNote
from improv.music.hearing import Abreast
from improv.play import factors, imagining
from improv.play.factors import Question
from improv.play.interfaces import Imagined
from improv.play.messages import ANY, Bounds, Key
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.sampling import Logits

Drawing = Generator[Question, Logits, ProposedNote]
Inputs = Mapping[str, Callable[[], NDArray[np.generic]]]
_DRAWN = ("velocity", "step", "pitch")  # what a question says was drawn before, in its order


class Chorus:
    """A network's five functions for a batch of futures.

    Args:
        calls: those of `improv.model.relative_calls` for a batch of `size`, by name.
        spec: the network's.
        size: rows of the batch. Where there are fewer futures some of them are idle.
    """

    def __init__(self, calls: Mapping[str, Call], spec: NetworkSpec, size: int) -> None:
        self.size = size
        self._calls = calls
        self._wanted = {name: set(signatures.inputs(name, spec)) for name in signatures.NEEDS}

    def imagine(
        self,
        heard: Heard,
        recent: Recent,
        params: Params,
        keys: Sequence[Sequence[Key]],
        within: Bounds,
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        """As `improv.play.interfaces.Branching.imagine`, from what an ear has heard.

        All rows of `keys` are as long.
        """
        for first in range(0, len(keys), self.size):
            yield from self._abreast(heard, recent, params, keys[first : first + self.size], within)

    def _abreast(
        self,
        heard: Heard,
        recent: Recent,
        params: Params,
        keys: Sequence[Sequence[Key]],
        within: Bounds,
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        singers = _Singers(heard, self.size)
        recents = [recent.fork() for _ in keys]
        futures: list[list[Imagined]] = [[] for _ in keys]
        for column in zip(*keys, strict=True):
            if futures[0]:
                singers.hear(self._calls["hear"], [row[-1].note for row in futures], params)
                yield []
            drawings = [
                factors.drawing(each, params, key, within)
                for each, key in zip(recents, column, strict=True)
            ]
            within = ANY
            notes, said = self._draw(singers, drawings)
            weighed = zip(notes, *imagining.weighed(notes, said, params), strict=True)
            for row, memory, each in zip(futures, recents, weighed, strict=True):
                note, surprise, expected = each
                row.append(Imagined(note, float(surprise), float(expected)))
                memory.follow(note.pitch, note.step)
        yield [tuple(row) for row in futures]

    def _draw(
        self, singers: _Singers, drawings: Sequence[Drawing]
    ) -> tuple[list[ProposedNote], dict[str, Logits]]:
        """A note each, and the logits (rows, bins) of each factor that was drawn of all of them."""
        going: list[Question | ProposedNote] = [next(drawing) for drawing in drawings]
        said: dict[str, Logits] = {}
        for factor in HEADS:
            drawn = np.zeros((len(_DRAWN), self.size))  # of rows that are idle any will do
            asked = []
            for row, question in enumerate(going):
                if isinstance(question, Question) and question.factor == factor:
                    asked.append(row)
                    drawn[: len(question.drawn), row] = question.drawn
            if not asked:
                continue
            given = singers.asked(*drawn)
            wanted = {name: given[name]() for name in self._wanted[factor]}
            logits = self._calls[factor](**wanted)["logits"]
            if len(asked) == len(drawings):
                said[factor] = logits[: len(drawings)]
            for row in asked:
                going[row] = _answered(drawings[row], logits[row])
        return [note for note in going if isinstance(note, ProposedNote)], said


def _answered(drawing: Drawing, logits: Logits) -> Question | ProposedNote:
    try:
        return drawing.send(logits)
    except StopIteration as done:
        note: ProposedNote = done.value
        return note


class _Singers:
    """The state and the memory of each row of a batch, N of them."""

    def __init__(self, heard: Heard, size: int) -> None:
        self._style = np.repeat(heard.style, size, axis=0)
        self._carried = {k: np.repeat(v, size, axis=0) for k, v in heard.carried.items()}
        self._key = np.repeat(heard.key, size, axis=0)  # (N, MOMENTS * KEY)
        self._keys = np.repeat(heard.keys, size, axis=0)  # (N, 25, MOMENTS * KEY)
        self._latest = Abreast(heard.latest, size)
        self._pitches = [[note.pitch for note in heard.notes[-3:]] for _ in range(size)]
        self._onsets = [[note.start for note in heard.notes[-3:]] for _ in range(size)]

    def hear(self, call: Call, notes: Sequence[ProposedNote], params: Params) -> None:
        """Take in a note each; rows beyond them hear the first one's."""
        ids, ends = [], []
        for row, (pitches, onsets) in enumerate(zip(self._pitches, self._onsets, strict=True)):
            note = notes[row if row < len(notes) else 0]
            onsets.append(onsets[-1] + note.step if onsets else 0.0)
            pitches.append(note.pitch)
            del pitches[:-3], onsets[:-3]
            velocity = factors.unbent(note.velocity, params)
            ids.append(hearing.note_ids(pitches, onsets, note.duration, velocity))
            ends.append((onsets[-1], note.duration))
        self._latest.hear(np.array(ids, np.int32), *np.array(ends, np.float64).T)
        self._keys = np.concatenate([self._keys[:, 1:], self._key[:, None]], axis=1)
        after = dict(call(note=np.array(ids, np.int32), style=self._style, **self._carried))
        self._key = after.pop("key")
        self._carried = after

    def asked(
        self, velocity: NDArray[np.float64], step: NDArray[np.float64], pitch: NDArray[np.float64]
    ) -> Inputs:
        """What a head may be given, by name and made when asked for, after these were drawn."""
        above = [
            int(one) - (before[-1] if before else int(one))
            for one, before in zip(pitch, self._pitches, strict=True)
        ]
        return {
            "state": lambda: self._carried["state"],
            "keys": lambda: self._keys,
            "past": lambda: self._latest.past,
            "now": lambda: self._latest.now,
            "then": lambda: self._latest.then(step),
            "step": lambda: hearing.time_bin(step),
            "pitch": lambda: pitch.astype(np.int32),
            "interval": lambda: hearing.interval_id(above),
            "velocity": lambda: hearing.velocity_bin(velocity),
        }
