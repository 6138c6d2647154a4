"""Quantising: planned notes drawn to the lines of a grid, swung, and let off it again a little.

Only what is planned is moved, so what is heard is what is written down and what it hears itself.
Rules: the order never changes; nothing begins before `floor`; notes that were meant together stay
together, on the same line. A line takes no more notes than may sound at once, and each pitch
once: the rest go to the next, so that a coarse grid thins music out and does not heap it up. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from improv.music.event import Note
from improv.music.timeline import NEAR, Timeline
from improv.play.chance import uniform
from improv.play.params import NO_GRID, Params
from improv.play.placing import CROWD

TOGETHER = 0.030
"""Seconds in which notes that begin are one chord."""
BEATS = {"1/4": 1.0, "1/8": 1 / 2, "1/8T": 1 / 3, "1/16": 1 / 4, "1/16T": 1 / 6, "1/32": 1 / 8}
"""From line to line of a grid."""
HUMAN = 0x48554D414E
"""Keeps the chance of `humanise` apart from all else that a seed is for."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The lines, numbered from the beginning of the song.

    `swing` is by how much of a line's distance every second one is late; triplets have none.
    """

    timeline: Timeline
    beats: float
    swing: float = 0.0

    def time(self, line: int) -> float:
        """When a line is."""
        late = self.swing * self.beats if line % 2 else 0.0
        return self.timeline.time_of(line * self.beats + late)

    def nearest(self, time: float) -> int:
        """The line nearest to a time; of two that are equally near the first."""
        line = round(self.timeline.beat_at(time) / self.beats)
        near = range(line - 2, line + 2)
        return min(near, key=lambda each: (abs(self.time(each) - time), each))

    def after(self, line: int, floor: float) -> int:
        """That line, or the first of those after it that is not before `floor`."""
        while self.time(line) < floor - NEAR:
            line = max(line + 1, round(self.timeline.beat_at(floor) / self.beats) - 2)
        return line


def quantised(
    notes: Sequence[Note],
    timeline: Timeline,
    params: Params,
    *,
    floor: float,
    before: Iterable[Note],
    key: tuple[int, int],
) -> list[Note]:
    """The notes, each where the knobs want it.

    Args:
        notes: in order of their starts, none before `floor`.
        timeline: the beat.
        params: the knobs grid, swing, strength, humanise and polyphony.
        floor: no note starts before this time.
        before: those planned before them, in order.
        key: the seed, and the number of the first note.
    """
    if params.grid == NO_GRID:
        moved = _off_grid(notes, params, key)
    else:
        grid = Grid(timeline, BEATS[params.grid], 0.0 if "T" in params.grid else params.swing)
        moved = _on_grid(notes, grid, params, floor, before, key[0])
    last = max((note.start for note in before), default=floor)
    placed = []
    for note, start in zip(notes, moved, strict=True):
        last = max(start, floor, last)
        placed.append(replace(note, start=last))
    return placed


def _off_grid(notes: Sequence[Note], params: Params, key: tuple[int, int]) -> Iterator[float]:
    seed, index = key
    for chord in _chords(notes):
        late = _human(params, seed, index)
        index += len(chord)
        for note in chord:
            yield note.start + late


def _on_grid(
    notes: Sequence[Note],
    grid: Grid,
    params: Params,
    floor: float,
    before: Iterable[Note],
    seed: int,
) -> Iterator[float]:
    room = min(params.polyphony, CROWD)
    line, pitches = _last_line(grid, before)
    for chord in _chords(notes):
        wanted = grid.after(grid.nearest(chord[0].start), floor)
        for note in chord:
            if line is None or wanted > line:
                line, pitches = wanted, set()
            if len(pitches) >= room or note.pitch in pitches:
                line, pitches = line + 1, set()
            pitches.add(note.pitch)
            drawn = note.start + params.strength * (grid.time(line) - note.start)
            yield drawn + _human(params, seed, line)


def _last_line(grid: Grid, before: Iterable[Note]) -> tuple[int | None, set[int]]:
    """The line of the last note planned, and what else is on it."""
    lines: dict[int, set[int]] = {}
    for note in before:
        lines.setdefault(grid.nearest(note.start), set()).add(note.pitch)
    if not lines:
        return None, set()
    last = max(lines)
    return last, lines[last]


def _chords(notes: Sequence[Note]) -> Iterator[list[Note]]:
    """The notes, those together that were meant together."""
    chord: list[Note] = []
    for note in notes:
        if chord and note.start - chord[0].start > TOGETHER:
            yield chord
            chord = []
        chord.append(note)
    if chord:
        yield chord


def _human(params: Params, seed: int, place: int) -> float:
    """Seconds by which a place is early or late, the same for all that is there."""
    if not params.humanise:
        return 0.0
    return (2.0 * uniform(seed ^ HUMAN, place) - 1.0) * params.humanise / 1000.0
