"""What a generator of bars is told, in NumPy: in playing as in training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from improv.model.bar_network import BEATS
from improv.music.bar import COLUMNS, HELD, STEPS
from improv.music.event import PITCHES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_STEP = np.eye(COLUMNS, dtype=np.float32)


def heard(previous: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Bars (n, STEPS) as (n, STEPS, COLUMNS), and the share of each beat that pitches sound in it.

    Both times `weight` (n,), that is how far it is gone by; the second is (n, BEATS, PITCHES).
    """
    on = previous.copy()  # a note that goes on is its pitch; from the bar before that is not known
    for step in range(1, STEPS):
        goes_on = previous[:, step] == HELD
        on[goes_on, step] = on[goes_on, step - 1]
    sounding = _STEP[on][:, :, :PITCHES].reshape(-1, BEATS, STEPS // BEATS, PITCHES).mean(axis=2)
    by = weight[:, None, None]
    return by * _STEP[previous], by * sounding
