"""Where a musician pulls the music: scale, chord, register, density. Wrong notes? Look here.

Each acts on the distribution a note is drawn from, before it is drawn.

The scale lock has two ways. "mute" takes from every pitch outside the scale the share `scale_lock`
of its chance; what is left is what the network would play, given that. "snap" draws from all
pitches and moves a note that falls outside, with chance `scale_lock`, to the nearest pitch inside
that may be struck: as likely as its neighbours were, so the line keeps its shape, and of two draws
the higher stays the higher.

A chord is a prior: its notes, in every octave, weigh so many nats more, and all others may come.

Register and density tilt: each octave up weighs so many nats more, and each doubling of the time to
the next note so many less. A tilt bends what the network says and keeps its surprises, where a
range would cut them off. Chords stay chords: what begins together is not counted.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from improv.music.chord import NONE as NO_CHORD
from improv.music.chord import pitch_classes
from improv.music.event import PITCHES
from improv.music.hearing import SHORTEST, WIDTH
from improv.music.scale import NONE, OCTAVE, YOURS, belong
from improv.music.vocabulary import TIMES
from improv.play.params import SNAP, Params
from improv.play.recent import TOGETHER

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHORD_NATS = 4.0  # given to the notes of a chord at the end of the lean knob
OCTAVE_NATS = 1.5  # taken or given for each octave at the end of the register knob
DOUBLING_NATS = 1.0  # and for each doubling of time at the end of the density knob


def is_locked(params: Params) -> bool:
    """Whether a scale says anything. "yours" has been made a key before a note is drawn."""
    return params.scale not in {NONE, YOURS} and params.scale_lock > 0.0


def room(free: Mask, params: Params) -> Floats | None:
    """(128,) the share of each free pitch that a muting scale leaves; None where it mutes nothing.

    Where nothing in the scale is free the range goes before the scale.
    """
    if params.out_of_scale == SNAP or not is_locked(params):
        return None
    inside = _inside(_meant_key(params), params.scale)
    if not (free & inside).any():
        return None
    return np.asarray(free * np.where(inside, 1.0, 1.0 - params.scale_lock), np.float64)


def snapped(pitch: int, free: Mask, params: Params, chance: float) -> int:
    """The pitch, or the nearest free one in a snapping scale; of two as near, the lower.

    `chance`: 0-1, uniform; the note's own.
    """
    if params.out_of_scale != SNAP or not is_locked(params) or chance >= params.scale_lock:
        return pitch
    return int(_landing(free.tobytes(), _meant_key(params), params.scale)[pitch])


def landing(free: Mask, params: Params) -> NDArray[np.intp] | None:
    """(128,) where each pitch falls that is snapped; None where nothing is."""
    if params.out_of_scale != SNAP or not is_locked(params):
        return None
    return _landing(free.tobytes(), _meant_key(params), params.scale)


def pull(params: Params) -> Floats | None:
    """(128,) nats by which each pitch is likelier; None where nothing pulls."""
    leans = params.lean > 0.0 and params.chord != NO_CHORD
    if not params.register and not leans:
        return None
    nats = params.register * OCTAVE_NATS * _OCTAVES
    if not leans:
        return nats
    return nats + params.lean * CHORD_NATS * _chord(params.chord, params.transpose % OCTAVE)


def density(params: Params) -> Floats | None:
    """(64,) nats by which each bin of the step is likelier; None in the middle."""
    if not params.density:
        return None
    return -params.density * DOUBLING_NATS * _DOUBLINGS


def curved(velocity: int, params: Params, *, back: bool = False) -> int:
    """A velocity 1-127 as the knob's curve bends it, or as it was before it did."""
    if params.velocity_curve == 1.0:
        return velocity
    curve = 1.0 / params.velocity_curve if back else params.velocity_curve
    return int(min(127, max(1, round(127 * (velocity / 127) ** curve))))


def _meant_key(params: Params) -> int:
    """The tonic of what is meant, so that what sounds is in the key."""
    return (params.key - params.transpose) % OCTAVE


@lru_cache(maxsize=64)
def _chord(text: str, transposed: int) -> Floats:
    classes = pitch_classes(text)
    return np.array([float((p + transposed) % OCTAVE in classes) for p in range(PITCHES)])


@lru_cache(maxsize=64)
def _inside(tonic: int, scale: str) -> Mask:
    classes = belong(tonic, scale)
    return np.array([pitch % OCTAVE in classes for pitch in range(PITCHES)])


@lru_cache(maxsize=64)
def _landing(free: bytes, tonic: int, scale: str) -> NDArray[np.intp]:
    """(128,) the nearest free pitch in a scale to each, itself where there is none."""
    (inside,) = np.nonzero(np.frombuffer(free, np.bool_) & _inside(tonic, scale))
    every = np.arange(PITCHES)
    if not len(inside):
        return every
    return np.asarray(inside[np.abs(inside - every[:, None]).argmin(axis=1)])


_OCTAVES: Floats = (np.arange(PITCHES) - 60) / OCTAVE  # from middle C
_DOUBLINGS: Floats = np.maximum(  # of the time from which on notes no longer begin together
    0.0, (np.arange(TIMES) + 0.5) * WIDTH / np.log(2.0) - np.log2(TOGETHER / SHORTEST)
)
