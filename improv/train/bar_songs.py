"""Bars of melody with their chords, from POP909; see improv/train/chord_songs.py for its layout.

A bar of four beats is 16 steps, four to each beat as it was annotated; any other bar is left out,
and so the bar after it has none before it. A bar's chord is the one that holds longest in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from improv.model.folder import ZIP_ERRORS, replace_file
from improv.music import bar, chord_classes
from improv.music.event import PITCHES
from improv.train import sources
from improv.train.chord_songs import annotated, cached, longest, parsed, without_songs
from improv.train.progress import Report, silent

FORMAT = 1  # of the cached arrays
_BEATS = 4

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of all songs of a split, `n` of them, in order."""

    steps: Ints  # (n, STEPS): see improv/music/bar.py
    chord: Ints  # (n,): see chord_classes.triad
    follows: npt.NDArray[np.bool_]  # (n,): whether the one before in the array is the one before

    def __len__(self) -> int:
        return len(self.steps)


def load(source: Path, split: str, *, cache: Path | None = None, progress: Report = silent) -> Bars:
    """The bars of a split, read once and then from arrays. Raises InputError if there are none."""
    with sources.opened(source) as pack:
        path = cached("bars", FORMAT, split, pack, cache)
        try:
            with path.open("rb") as stored, np.load(stored, allow_pickle=False) as arrays:
                return Bars(*(arrays[name] for name in ("steps", "chord", "follows")))
        except (KeyError, *ZIP_ERRORS):
            pass
        songs = [song for texts in annotated(pack, split, progress) if (song := read(*texts))]
    if not songs:
        raise without_songs(source, split)
    bars = joined(songs)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file:
        np.savez(file, steps=bars.steps, chord=bars.chord, follows=bars.follows)
    return bars


def joined(songs: Sequence[Bars]) -> Bars:
    """The bars of several songs."""
    return Bars(
        np.concatenate([song.steps for song in songs]),
        np.concatenate([song.chord for song in songs]),
        np.concatenate([song.follows for song in songs]),
    )


def read(midi: bytes, chords: str, beats: str) -> Bars | None:
    """One song; None where it has no melody, no chords or no bar of four beats."""
    parts = parsed(midi, chords, beats)
    if parts is None:
        return None
    notes, spans, rows = parts
    times = np.array([at for at, _ in rows])
    downs = [place for place, (_, down) in enumerate(rows) if down]
    # each note in beats; one that begins before the first beat or after the last is in no bar
    places = np.arange(len(times), dtype=np.float64)
    struck = [(pitch, *np.interp((on, off), times, places)) for on, off, pitch in notes]
    steps, chord, follows, last = [], [], [], -1
    for first, after in pairwise(downs):
        if after - first != _BEATS:
            continue
        near = [
            (pitch, (on - first) * _BEATS, (off - first) * _BEATS)
            for pitch, on, off in struck
            if off > first and on < after
        ]
        steps.append(bar.steps(near))
        chord.append(chord_classes.triad(longest(spans, times[first], times[after])))
        follows.append(last == first)
        last = after
    if not steps:
        return None
    return Bars(np.array(steps, np.int64), np.array(chord, np.int64), np.array(follows))


def transposed(steps: Ints, semitones: Ints | int) -> Ints:
    """Steps so many semitones higher; a pitch that leaves MIDI's range goes back an octave."""
    moved = steps + semitones
    moved = np.where(moved < 0, moved + 12, np.where(moved >= PITCHES, moved - 12, moved))
    return np.where(steps < PITCHES, moved, steps)
