"""A real performance to play into improv: from the data pack where it is, else made here."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import numpy as np

from improv.music.event import Note
from improv.ports.midifile import read_notes

PIECE = "Bach/Fugue/bwv_846/Shi05M.mid"
SONG = "POP909/020"  # of the test split
BEATS = 16


def data_folder() -> Path:
    """IMPROV_DATA, or the folder beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    return Path(os.environ.get("IMPROV_DATA", beside))


def performance(count: int, folder: Path) -> list[Note]:
    """The first `count` notes, starting at 0 seconds; `folder` is for a temporary file."""
    pack = data_folder() / "asap-performances.zip"
    if pack.exists():
        path = folder / "performance.mid"
        with zipfile.ZipFile(pack) as archive:
            path.write_bytes(archive.read(PIECE))
        return list(read_notes(path)[:count])
    return _made(count)


def _made(count: int) -> list[Note]:
    """A random walk in C major with a chord now and then, in free time."""
    dice = random.Random(7)
    scale = [p for p in range(40, 85) if p % 12 in {0, 2, 4, 5, 7, 9, 11}]
    place, now, notes = len(scale) // 2, 0.0, []
    while len(notes) < count:
        place = min(max(place + dice.choice((-2, -1, -1, 1, 1, 2)), 4), len(scale) - 5)
        length = dice.choice((0.12, 0.24, 0.36)) * dice.uniform(0.9, 1.1)
        chord = (0, 2, 4) if dice.random() < 0.2 else (0,)
        notes += [
            Note(scale[place + k], dice.randint(50, 90), now + 0.01 * k, 0.9 * length)
            for k in chord
        ]
        now += length
    return notes[:count]


def as_messages(notes: list[Note], start: float) -> list[tuple[float, bytes]]:
    """Note-ons and note-offs at moments of the monotonic clock; some keyboards' velocity-0 offs."""
    events = []
    for note in notes:
        events.append((start + note.start, bytes((0x90, note.pitch, note.velocity))))
        off = start + note.start + max(note.duration, 0.02)
        events.append((off, bytes((0x90, note.pitch, 0))))
    return sorted(events, key=lambda event: (event[0], event[1][2] > 0))


def melody() -> list[Note]:
    """Four bars of a song that the network for chords has not heard, in beats from a bar line.

    Where the pack is not there, C, Am, F and G.
    """
    pack = data_folder() / "pop909.zip"
    if not pack.exists():
        tune = (60, 64, 67, 64, 69, 72, 71, 69, 65, 69, 72, 69, 67, 71, 74, 71)
        return [Note(pitch, 80, float(beat), 0.9) for beat, pitch in enumerate(tune)]
    from improv.ports.melody import track

    with zipfile.ZipFile(pack) as archive:
        rows = archive.read(f"{SONG}/beat_midi.txt").decode().splitlines()
        notes = track(archive.read(f"{SONG}/{SONG[-3:]}.mid"), "melody")
    cells = [row.split() for row in rows]
    beats = [float(cell[0]) for cell in cells]
    bars = [at for at, cell in zip(beats, cells, strict=True) if float(cell[2])]
    line = beats.index(max(at for at in bars if at <= notes[0][1] + 0.01))

    def placed(time: float) -> float:
        return float(np.interp(time, beats, range(len(beats)))) - line

    tune = [Note(p, 80, placed(on), placed(off) - placed(on)) for p, on, off in notes]
    return [note for note in tune if note.start >= 0.0 and note.start + note.duration < BEATS]
