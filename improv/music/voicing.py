"""Where a chord's notes lie: as near as can be to where those of the one before lay."""

from __future__ import annotations

from itertools import product

from improv.music import chord
from improv.music.scale import OCTAVE

LOW, HIGH = 48, 72  # C3 to C5: the range of a pianist's left hand over a bass
VOICES = 4  # at most; a ninth or thirteenth leaves out its fifth
_FIFTHS = {6, 7, 8}


def voiced(
    name: str, before: tuple[int, ...] = (), low: int = LOW, high: int = HIGH
) -> tuple[int, ...]:
    """The pitches of a chord from the lowest up, all within `low` to `high`.

    Of all ways to place its notes the one whose voices move least from `before`, in semitones
    summed; of those, or with none before, the closest together, then the lowest. () of no chord.
    A range of less than an octave leaves out what has no place in it; of a wide one only what a
    hand reaches is looked through.
    """
    classes = list(chord.pitch_classes(name))
    while len(classes) > VOICES:
        spare = [c for c in classes[1:] if (c - classes[0]) % OCTAVE in _FIFTHS]
        classes.remove(spare[0] if spare else classes[-1])
    if not classes:
        return ()
    middle = sum(before) // len(before) if before else (LOW + HIGH) // 2
    middle = min(max(middle, low + OCTAVE), max(high - OCTAVE, low + OCTAVE))
    reach = range(max(low, middle - OCTAVE), min(high, middle + OCTAVE) + 1)
    places = [there for c in classes if (there := [p for p in reach if p % OCTAVE == c])]
    ways = {tuple(sorted(way)) for way in product(*places)}
    return min(ways, key=lambda way: (motion(before, way), way[-1] - way[0], way))


def motion(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """Semitones that voices move: each note from the nearest one, both ways where sizes differ."""
    if not before or not after:
        return 0
    if len(before) == len(after):
        return sum(abs(a - b) for a, b in zip(sorted(before), sorted(after), strict=True))
    there = sum(min(abs(a - b) for b in before) for a in after)
    back = sum(min(abs(a - b) for b in after) for a in before)
    return max(there, back)
