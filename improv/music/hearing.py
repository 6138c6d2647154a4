"""What a network of distributions hears of the notes before one, for training and playing alike.

A note is five ids (pitch, step, duration and velocity in bins, intervals to the two notes before
it), which a recurrent state takes in one by one. Beside it stands a rolling view of the last
`WINDOW` notes from which rolls and histograms are made: what sounded, how long ago, what still
sounds, and when that will end. Everything is computed here in NumPy, on both sides, so that a
rounding can't tell training from playing apart.

Time is heard in 64 bins, equal in log time from 4 ms to 16 s: a bin is 14 % wide, "together" and
"later" are different bins, and a change of tempo moves everything by the same number of bins.
Everything shorter than 4 ms is in the first bin, everything longer than 16 s in the last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.music.event import PITCHES
from improv.music.vocabulary import (
    INTERVALS,
    REACH,
    TIMES,
    VELOCITIES,
    VOCABULARY,
    WINDOW,
)

SHORTEST, LONGEST = 0.004, 16.0  # seconds; where the bins begin and end
WIDTH = math.log(LONGEST / SHORTEST) / TIMES  # of a bin, in log seconds
AWAY = -9.0  # a place in bins where no bin is

VIEWED = ("pitch", "step", "duration", "velocity")  # the ids of `Hearing.past`
NOTHING = np.array(list(VOCABULARY.values()), np.int32)  # the note before the first
HELD = [0, 3, 4, 5]  # the ids of a note that `Hearing.past` holds, in VIEWED
FADES = (0.15, 1.0)  # seconds over which a note fades from a roll
STILL = 0.97  # of its duration a note counts as sounding: exact ties would be decided by rounding

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is heard before each of some notes; any shape (...) of them.

    `note` is (..., 6), ids in the order of VOCABULARY, of the note just before. `past` is
    (..., 25, 4), ids of pitch, step, duration and velocity of the last 25, oldest first. `now` is
    (..., 25, 2), where in the bins of time each of them lies by what remains of it and by how long
    ago it began, both when the note just before begins. `then` is (..., 25, 4), at the onset of
    the note to come: two fades, whether it still sounds, and where what remains of it lies.
    """

    note: Ids
    past: Ids
    now: Floats
    then: Floats


def time_bin(seconds: Any) -> Ids:
    """The bin of each time, 0-63."""
    return np.asarray(np.clip(np.floor(_place(seconds)), 0, TIMES - 1), np.int32)


def time_in(bins: Any, share: Any = 0.5) -> NDArray[np.float64]:
    """The time at that share (0-1) of a bin, in seconds; those of the first bin begin at 0."""
    bins, share = np.asarray(bins, np.float64), np.asarray(share, np.float64)
    inside = SHORTEST * np.exp((bins + share) * WIDTH)
    return np.asarray(np.where(bins < 1, share * SHORTEST * math.exp(WIDTH), inside))


def velocity_bin(velocity: Any) -> Ids:
    """The bin of each velocity, 0-31."""
    wide = PITCHES // VELOCITIES
    return np.asarray(np.clip(np.asarray(velocity) // wide, 0, VELOCITIES - 1), np.int32)


def velocity_number(velocity: int) -> int:
    """The bin of one velocity."""
    return min(max(velocity // (PITCHES // VELOCITIES), 0), VELOCITIES - 1)


def interval_id(above: Any) -> Ids:
    """The id of each interval in semitones; those beyond four octaves count as four."""
    return np.asarray(np.clip(above, -REACH, REACH) + REACH, np.int32)


def interval_number(above: int) -> int:
    """The id of one interval."""
    return min(max(above, -REACH), REACH) + REACH


def _place(seconds: Any) -> NDArray[np.float64]:
    """Where a time lies, in bins: 0 at the first's beginning; NaN counts as no time at all."""
    held = np.fmin(np.fmax(np.asarray(seconds, np.float64), SHORTEST), LONGEST)
    return np.asarray(np.log(held / SHORTEST) / WIDTH)


def sequences(
    pitch: NDArray[Any],
    onset: NDArray[Any],
    duration: NDArray[Any],
    velocity: NDArray[Any],
    places: NDArray[Any] | None = None,
) -> tuple[Hearing, Ids]:
    """What is heard before each note of B sequences, nothing before the first, and the notes.

    Args:
        pitch: (B, T) 0-127.
        onset: (B, T) seconds.
        duration: (B, T) seconds.
        velocity: (B, T) 1-127.
        places: (B, P) before which notes the last 25 are wanted; None for all, P = T.

    Returns:
        Hearing with `note` (B, T, 6) and the others (B, P, ...), and the ids (B, T, 6) of the
        notes themselves; where a first note's step and intervals would be stands "there is none".
    """
    ids = _ids(pitch, onset, duration, velocity)  # (B, T, 6)
    note = np.concatenate([np.broadcast_to(NOTHING, ids[:, :1].shape), ids[:, :-1]], axis=1)
    if places is None:
        places = np.arange(pitch.shape[1])[None]
    index = places[..., None] + np.arange(-WINDOW, 0)  # (B or 1, P, 25)
    heard = index >= 0
    rows, index = np.arange(len(pitch))[:, None, None], np.maximum(index, 0)
    now = onset[rows[..., 0], np.maximum(places - 1, 0)]  # (B, P)
    then = onset[rows[..., 0], places]
    around = ids[rows, index], onset[rows, index], duration[rows, index]
    return _hearing(note, *around, heard, now, then), ids


def note_ids(pitch: Sequence[int], onset: Sequence[float], duration: float, velocity: int) -> Ids:
    """(6,) the ids of the last of some notes; no more than the last three are looked at."""
    step, lasting = time_bin((onset[-1] - onset[-2] if len(onset) > 1 else 0.0, duration))
    none = INTERVALS
    return np.array(
        [
            pitch[-1],
            interval_number(pitch[-1] - pitch[-2]) if len(pitch) > 1 else none,
            interval_number(pitch[-1] - pitch[-3]) if len(pitch) > 2 else none,
            step if len(onset) > 1 else TIMES,
            lasting,
            velocity_number(velocity),
        ],
        np.int32,
    )


class Latest:
    """The last 25 notes as they are heard one by one: the `Hearing` of a single moment.

    `past` is (1, 25, 4), as there.
    """

    def __init__(self) -> None:
        self.past = np.tile(NOTHING[HELD], (1, WINDOW, 1))
        self._started, self._lasting = np.zeros((2, WINDOW))
        self._heard = np.zeros(WINDOW, np.bool_)
        self._last = 0.0
        self._now: Floats | None = None

    def hear(self, ids: Ids, onset: float, duration: float) -> None:
        """Take in a note: its ids as `note_ids` gives them, and its times in seconds."""
        self.past = np.concatenate([self.past[:, 1:], ids[HELD][None, None]], axis=1)
        self._started = np.append(self._started[1:], onset)
        self._lasting = np.append(self._lasting[1:], duration)
        self._heard = np.append(self._heard[1:], True)  # an array's value
        self._last, self._now = onset, None

    @property
    def memory(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], float]:
        """Of the 25 each start, duration and whether there is one; then the start of the last."""
        return self._started, self._lasting, self._heard, self._last

    @property
    def now(self) -> Floats:
        """(1, 25, 2), as `Hearing.now`."""
        if self._now is None:
            self._now = _now(self._last - self._started, self._lasting, self._heard)[None]
        return self._now

    def then(self, step: float) -> Floats:
        """(1, 25, 4), as `Hearing.then` before a note that begins `step` seconds after the last."""
        return _then(self._last + step - self._started, self._lasting, self._heard)[None]


class Abreast:
    """As many `Latest` as go on from one in ways of their own; N of them.

    `past` is (N, 25, 4), as there.
    """

    def __init__(self, one: Latest, count: int) -> None:
        self.past = np.repeat(one.past, count, axis=0)
        started, lasting, heard, last = one.memory
        self._started: NDArray[np.float64] = np.repeat(started[None], count, axis=0)
        self._lasting: NDArray[np.float64] = np.repeat(lasting[None], count, axis=0)
        self._heard: NDArray[np.bool_] = np.repeat(heard[None], count, axis=0)
        self._last = np.full(count, last)

    def hear(self, ids: Ids, onset: NDArray[np.float64], duration: NDArray[np.float64]) -> None:
        """Take in a note each: ids (N, 6) as `note_ids` gives them, and times (N,) in seconds."""
        self.past = np.concatenate([self.past[:, 1:], ids[:, None, HELD]], axis=1)
        self._started = np.concatenate([self._started[:, 1:], onset[:, None]], axis=1)
        self._lasting = np.concatenate([self._lasting[:, 1:], duration[:, None]], axis=1)
        self._heard = np.concatenate([self._heard[:, 1:], np.ones((len(ids), 1), np.bool_)], axis=1)
        self._last = onset

    @property
    def now(self) -> Floats:
        """(N, 25, 2), as `Hearing.now`."""
        return _now(self._last[:, None] - self._started, self._lasting, self._heard)

    def then(self, step: NDArray[np.float64]) -> Floats:
        """(N, 25, 4), as `Hearing.then` before notes `step` (N,) seconds after each's last."""
        ahead = (self._last + step)[:, None] - self._started
        return _then(ahead, self._lasting, self._heard)


def _hearing(
    note: NDArray[Any],
    past: NDArray[Any],
    started: NDArray[Any],
    lasting: NDArray[Any],
    heard: NDArray[np.bool_],
    now: NDArray[Any],
    then: NDArray[Any],
) -> Hearing:
    """Hearing of shape (...): `past`, `started` and `lasting` are (..., 25), the times (...)."""
    return Hearing(
        note=note.astype(np.int32),
        past=np.where(heard[..., None], past, NOTHING)[..., HELD].astype(np.int32),
        now=_now(now[..., None] - started, lasting, heard),
        then=_then(then[..., None] - started, lasting, heard),
    )


def _now(ago: NDArray[Any], lasting: NDArray[Any], heard: NDArray[np.bool_]) -> Floats:
    sounding = heard & (ago < STILL * lasting)
    return np.stack([_centred(lasting - ago, sounding), _centred(ago, heard)], axis=-1)


def _then(ahead: NDArray[Any], lasting: NDArray[Any], heard: NDArray[np.bool_]) -> Floats:
    since = np.maximum(ahead, 0.0)
    sounding = heard & (ahead < STILL * lasting)
    fades = [np.exp(since / -fade) * heard for fade in FADES]
    laid = [*fades, sounding, _centred(lasting - ahead, sounding)]
    return np.stack(laid, axis=-1).astype(np.float32)


def _centred(seconds: NDArray[Any], there: NDArray[np.bool_]) -> Floats:
    """Places so that k is the middle of bin k; AWAY where there is none."""
    return np.where(there, np.maximum(_place(seconds) - 0.5, 0.0), AWAY).astype(np.float32)


def _ids(
    pitch: NDArray[Any], onset: NDArray[Any], duration: NDArray[Any], velocity: NDArray[Any]
) -> Ids:
    """(B, T) of each to ids (B, T, 6)."""
    pitch = pitch.astype(np.int64)
    interval, second, step = (
        np.full(pitch.shape, size, np.int32) for size in (INTERVALS, INTERVALS, TIMES)
    )
    interval[:, 1:] = interval_id(pitch[:, 1:] - pitch[:, :-1])
    second[:, 2:] = interval_id(pitch[:, 2:] - pitch[:, :-2])
    step[:, 1:] = time_bin(onset[:, 1:] - onset[:, :-1])
    return np.stack(
        [pitch, interval, second, step, time_bin(duration), velocity_bin(velocity)], axis=-1
    ).astype(np.int32)
