"""How notes become numbers, for training and for playing alike: one code, so one encoding.

A note is three numbers: pitch / 128, the step (seconds since the start of the note before it)
and the duration (seconds). A network hears a window of the last `WINDOW` notes, oldest first,
padded in front with rows of zeros where fewer have been heard. What came before a window is not
known when playing, so the step of a window's first note is always 0, in training too.

Steps and durations are held within 0 and `LONGEST` seconds: pauses between movements and
minutes of silence in a recording (16 s and more in the ASAP pack, 0.02 % of steps and 0.15 % of
durations lie above 4 s) would otherwise rule every squared error. What is not a number is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES, Note
from improv.music.vocabulary import FEATURES, WINDOW

LONGEST = 4.0  # seconds

Features = NDArray[np.float32]


def seconds(values: Any) -> Features:
    """Steps or durations as a network hears them: within 0 and `LONGEST`, 0 for NaN."""
    clean = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=LONGEST, neginf=0.0)
    return np.clip(clean, 0.0, LONGEST).astype(np.float32)


def features(
    pitch: Any, start: Any, duration: Any, offsets: NDArray[np.int64] | None = None
) -> Features:
    """The notes of one or more pieces, in the order they sounded, as (N, 3).

    Args:
        pitch: (N,) 0-127.
        start: (N,) seconds.
        duration: (N,) seconds.
        offsets: (pieces + 1,) where each piece begins and the last ends; None for one piece.
            The first note of a piece has step 0.
    """
    start = np.asarray(start, np.float64)
    step = np.zeros(start.shape)
    step[1:] = np.diff(start)
    if offsets is not None:
        firsts = np.asarray(offsets)[:-1]
        step[firsts[firsts < len(step)]] = 0.0
    return np.stack(
        [np.asarray(pitch, np.float32) / PITCHES, seconds(step), seconds(duration)], axis=-1
    )


def windows(notes: Features, first: Any, until: Any) -> Features:
    """What has been heard before each of B notes, as (B, 25, 3).

    Args:
        notes: (N, 3), from `features`.
        first: (B,) index of the first note of the piece each belongs to.
        until: (B,) index of the note that comes next; it is not in the window.
    """
    first, until = np.asarray(first, np.int64), np.asarray(until, np.int64)
    index = until[:, None] + np.arange(-WINDOW, 0)  # (B, 25)
    heard = index >= first[:, None]
    heard &= index < len(notes)
    if not len(notes):
        return np.zeros((len(until), WINDOW, FEATURES), np.float32)
    window: Features = notes[np.where(heard, index, 0)]  # (B, 25, 3)
    window[~heard] = 0.0
    window[:, 0, 1] = 0.0
    return window


def window(notes: Sequence[Note]) -> Features:
    """The last 25 of these notes, oldest first, as (25, 3)."""
    last = notes[-WINDOW:]
    encoded = features(
        [note.pitch for note in last],
        [note.start for note in last],
        [note.duration for note in last],
    )
    alone: Features = windows(encoded, [0], [len(last)])[0]
    return alone


def push(heard: Features, pitch: int, step: float, duration: float) -> Features:
    """A window (25, 3) after one more note has sounded."""
    after = np.empty_like(heard)
    after[:-1] = heard[1:]
    after[0, 1] = 0.0
    after[-1] = (pitch / PITCHES, _held(step), _held(duration))
    return after


def _held(time: float) -> float:
    """As `seconds` holds many; for one alone NumPy took 20 us, a tenth of the seed's note."""
    return min(max(time, 0.0), LONGEST) if time == time else 0.0  # noqa: PLR0124  # NaN
