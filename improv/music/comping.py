"""Patterns in which a chord is played through half a bar, or however many beats it has."""

from __future__ import annotations

from math import ceil

from improv.music import chord
from improv.music.scale import OCTAVE

PATTERNS = ("block", "arpeggio", "alberti", "bossa")
BEATS = 2.0  # of a half bar
_BASS = 36  # C2: a bass lies in the octave from here
_GAP = 0.95  # of its time that a note of an arpeggio is held

Struck = tuple[float, float, int]  # beats from the start of the half bar, beats long, pitch


def bass(name: str) -> int:
    """The pitch under a chord: its root, or what stands after the slash, from C2 to B2."""
    return _BASS + chord.pitch_classes(name)[0] % OCTAVE


def comped(
    pattern: str,
    name: str,
    pitches: tuple[int, ...],
    *,
    second: bool = False,
    beats: float = BEATS,
) -> list[Struck]:
    """What is struck in a half bar of so many beats, in order; nothing of no chord.

    `pitches` are the chord's, from the lowest; `second` says it is a latter half of its bar,
    where a bossa differs. No note outlasts the half bar, so none is left hanging at a change.
    """
    if not pitches:
        return []
    if pattern == "block":
        return [(0.0, beats * _GAP, pitch) for pitch in (bass(name), *pitches)]
    struck = (
        _bossa(name, pitches, second=second) if pattern == "bossa" else _broken(pattern, pitches)
    )
    rounds = [
        (BEATS * turn + at, long, pitch)
        for turn in range(ceil(beats / BEATS))
        for at, long, pitch in struck
    ]
    return [(at, min(long, beats - at), pitch) for at, long, pitch in rounds if at < beats]


def _bossa(name: str, pitches: tuple[int, ...], *, second: bool) -> list[Struck]:
    low = bass(name)
    walk = [(0.0, 1.4, low), (1.5, 0.45, low + 7 if low + 7 < _BASS + OCTAVE else low - 5)]
    hits = (0.5, 1.5) if second else (0.0, 1.0)
    return sorted([*walk, *((at, 0.4, pitch) for at in hits for pitch in pitches)])


def _broken(pattern: str, pitches: tuple[int, ...]) -> list[Struck]:
    order: tuple[int, ...]
    if pattern == "alberti":
        top, middle = pitches[-1], pitches[len(pitches) // 2]
        order = (pitches[0], top, middle, top)
    else:
        order = (pitches * 4)[:4] if len(pitches) < 4 else pitches[:4]
    step = BEATS / len(order)
    return [(place * step, step * _GAP, pitch) for place, pitch in enumerate(order)]
