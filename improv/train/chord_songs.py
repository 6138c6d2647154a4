"""Melodies with their chords, half bar by half bar, from POP909.

A song's folder holds its MIDI file with a track named melody, `chord_midi.txt` (from, until, chord;
seconds) and `beat_midi.txt` (seconds, beat of two, downbeat). A bar of four or more beats and
an even number of them is cut into pieces of two; any other bar is one piece.

Labels are mapped to the nearest of our classes: sus2, sus4, 6, aug and what else has no minor third
to the major triad, dim, half and whole diminished, m6 and mM7 to the minor one, 7sus4 to 7.
Source: Wang et al. 2020, "POP909", https://github.com/music-x-lab/POP909-Dataset
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import platformdirs

from improv.errors import InputError, UsageError
from improv.model.folder import ZIP_ERRORS, replace_file
from improv.music import chord_classes, halves
from improv.music.event import Note
from improv.music.names import pitch_class_number
from improv.music.scale import OCTAVE
from improv.ports import melody
from improv.train import sources
from improv.train.progress import Report, silent

FORMAT = 2  # of the cached arrays
_MELODY = "melody"
_QUALITIES = {
    "7": "7",
    "sus4(b7)": "7",
    "maj7": "maj7",
    "min7": "m7",
    "min": "m",
    "dim": "m",
    "hdim7": "m",
    "dim7": "m",
    "min6": "m",
    "minmaj7": "m",
}


Span = tuple[float, float, int]
"""(from, until, what): a note's pitch or a chord's class, between two times in seconds."""


@dataclass(frozen=True, slots=True)
class Song:
    """One song in half bars (`n` of them)."""

    melody: npt.NDArray[np.float32]  # (n, 12, SLOTS): see music/halves.py
    downbeat: npt.NDArray[np.bool_]  # (n,): whether a bar begins with it
    chord: npt.NDArray[np.int64]  # (n,): see music/chord_classes.py

    @property
    def sound(self) -> npt.NDArray[np.float32]:
        """(n, 12) the share of the half bar that each pitch class sounds."""
        share: npt.NDArray[np.float32] = self.melody.mean(axis=2)
        return share

    def transposed(self, semitones: int) -> Song:
        """The song that much higher."""
        table = [chord_classes.transposed(i, semitones) for i in range(chord_classes.COUNT)]
        line = np.roll(self.melody, semitones, axis=1)
        return Song(line, self.downbeat, np.array(table)[self.chord])


def load(
    source: Path, split: str, *, cache: Path | None = None, progress: Report = silent
) -> list[Song]:
    """The songs of a split, read once and then from arrays. Raises InputError where there is none.

    Songs without a melody track or without annotations are left out.
    """
    with sources.opened(source) as pack:
        path = cached("chords", FORMAT, split, pack, cache)
        try:
            return _stored(path)
        except (KeyError, *ZIP_ERRORS):
            pass
        songs = [song for texts in annotated(pack, split, progress) if (song := read(*texts))]
    if not songs:
        raise without_songs(source, split)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file:
        np.savez(
            file,
            sizes=[len(song.chord) for song in songs],
            melody=np.concatenate([song.melody for song in songs]),
            downbeat=np.concatenate([song.downbeat for song in songs]),
            chord=np.concatenate([song.chord for song in songs]),
        )
    return songs


def annotated(
    pack: sources.Source, split: str, progress: Report = silent
) -> Iterator[tuple[bytes, str, str]]:
    """The MIDI file, chords and beats of each song of a split, or of all, that has all three."""
    pieces = sources.pieces(pack)[0]
    names = [name for one in pieces.values() for name in one] if split == "all" else pieces[split]
    known = set(pack.names())
    for done, name in enumerate(names):
        beside = PurePosixPath(name).parent
        chords, beats = (str(beside / f"{kind}_midi.txt") for kind in ("chord", "beat"))
        if {chords, beats} <= known:
            texts = [pack.read(part).decode(errors="replace") for part in (chords, beats)]
            yield pack.read(name), texts[0], texts[1]
        progress(done + 1, len(names))


def without_songs(source: Path, split: str) -> InputError:
    """What to say of a source that has no such song."""
    return InputError(
        f"{source} has no song of the split {split} with a track named melody, chord_midi.txt "
        "and beat_midi.txt; give POP909, as in pop909.zip"
    )


def cached(kind: str, form: int, split: str, pack: sources.Source, cache: Path | None) -> Path:
    """Where the arrays of a split are kept once they were read, in that form."""
    key = hashlib.sha256(f"{form} {split} {pack.key()}".encode()).hexdigest()[:16]
    folder = cache or platformdirs.user_cache_path("improv", appauthor=False) / "datasets"
    return folder / f"{kind}-{key}.npz"


def _stored(path: Path) -> list[Song]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        ends = np.cumsum(arrays["sizes"])[:-1]
        columns = [np.split(arrays[name], ends) for name in ("melody", "downbeat", "chord")]
    return [Song(*parts) for parts in zip(*columns, strict=True)]


def read(midi: bytes, chords: str, beats: str) -> Song | None:
    """One song; None where it has no melody, no bars or no chords that can be read."""
    parts = parsed(midi, chords, beats)
    cuts = half_bars(parts[2]) if parts else []
    if parts is None or not cuts:
        return None
    notes, spans, _ = parts
    held = [Note(pitch, 64, on, off - on) for on, off, pitch in notes]
    line = np.stack([_heard(held, start, end) for start, end, _ in cuts])
    chord = [longest(spans, start, end) for start, end, _ in cuts]
    return Song(line, np.array([first for *_, first in cuts]), np.array(chord, np.int64))


def parsed(
    midi: bytes, chords: str, beats: str
) -> tuple[list[Span], list[Span], list[tuple[float, bool]]] | None:
    """A song's notes, its chords' classes and its beats as (seconds, downbeat).

    None where it has no melody or no chords that can be read.
    """
    try:
        notes = [(on, off, pitch) for pitch, on, off in melody.track(midi, _MELODY)]
        spans = [(float(a), float(b), label(c)) for a, b, c in map(str.split, chords.splitlines())]
        rows = [tuple(map(float, line.split())) for line in beats.splitlines()]
        downs = [(row[0], bool(row[2])) for row in rows]
    except (UsageError, ValueError, IndexError, RuntimeError):
        return None
    return (notes, spans, downs) if notes and spans else None


def half_bars(beats: list[tuple[float, bool]]) -> list[tuple[float, float, bool]]:
    """(start, end, whether it begins a bar) of each, from beats as (seconds, downbeat)."""
    downs = [place for place, (_, down) in enumerate(beats) if down]
    cuts: list[tuple[float, float, bool]] = []
    for first, after in pairwise(downs):
        halved = after - first >= 4 and (after - first) % 2 == 0
        places = range(first, after, 2) if halved else (first,)
        for place in places:
            end = place + 2 if halved else after
            cuts.append((beats[place][0], beats[end][0], place == first))
    return cuts


def _heard(held: list[Note], start: float, end: float) -> npt.NDArray[np.float32]:
    """(12, SLOTS): what of a melody sounds between two times."""
    shares = halves.heard(held, start, end)
    return np.array(shares, np.float32).reshape(OCTAVE, halves.SLOTS)


def label(text: str) -> int:
    """The class of an annotation as "Bb:min7/b3". Raises ValueError where there is no root."""
    if text in {"N", "X"}:
        return chord_classes.NO_CHORD
    root, _, kind = text.partition(":")
    quality = _QUALITIES.get(kind.partition("/")[0], "")
    return chord_classes.number(pitch_class_number(root), quality)


def longest(spans: list[Span], start: float, end: float) -> int:
    """The chord that holds for most of the time between two moments."""
    shares: dict[int, float] = {}
    for on, off, chord in spans:
        if off > start and on < end:
            shares[chord] = shares.get(chord, 0.0) + min(off, end) - max(on, start)
    return max(shares, key=shares.__getitem__) if shares else chord_classes.NO_CHORD
