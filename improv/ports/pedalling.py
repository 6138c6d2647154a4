"""How long notes sound where a sustain pedal keeps them after their keys are let go.

Rule: a note whose key is let go while the pedal of its channel is down sounds until the pedal
comes up, until the same key is struck again, or until nothing more happens in the piece. A pedal
is down from 64 up, as MIDI 1.0 says of a switch: half a pedal is not told apart from a whole one.
At one tick the pedal comes before the key, so one that is pressed with a release still catches
the note, and one that is lifted with it does not.

Pure columns in ticks; what a reader finds goes in, whatever reader it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from improv.listen.sustain import DOWN, RESET_CONTROLLERS, SUSTAIN
from improv.music.event import PITCHES

Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pedalling:
    """What is done with the sustain pedals of a piece, in the order it is done on each channel."""

    at: Ticks
    channel: Ticks
    down: npt.NDArray[np.bool_]


NONE = Pedalling(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))


def of_controls(at: Ticks, channel: Ticks, control: Ticks, value: Ticks) -> Pedalling:
    """The pedalling among control changes; resetting all controllers lifts a pedal too."""
    ours = (control == SUSTAIN) | (control == RESET_CONTROLLERS)
    down = (control == SUSTAIN) & (value >= DOWN)
    order = np.argsort(at[ours], kind="stable")
    return Pedalling(at[ours][order], channel[ours][order], down[ours][order])


def sounding_until(
    on: Ticks, off: Ticks, pitch: Ticks, channel: Ticks, pedalling: Pedalling
) -> Ticks:
    """When each note, in any order, ceases to sound: never before its key is let go."""
    until = off.copy()
    if not len(on) or not pedalling.down.any():
        return until
    end = max(int(off.max()), int(pedalling.at.max()))
    again = _struck_again(on, pitch + PITCHES * channel, end)
    for of in np.unique(pedalling.channel):
        theirs = pedalling.channel == of
        at, down = pedalling.at[theirs], pedalling.down[theirs]
        lifts = np.where(down, end, at)
        lifted = np.append(np.minimum.accumulate(lifts[::-1])[::-1], end)  # from each on, the first
        last = np.searchsorted(at, off, side="right") - 1
        rings = (channel == of) & (last >= 0) & down[last]
        until[rings] = np.maximum(off, np.minimum(lifted[last], again))[rings]
    return until


def _struck_again(on: Ticks, key: Ticks, end: int) -> Ticks:
    """When each note's key is struck for the next time, or the end."""
    order = np.lexsort((on, key))
    again = np.full(len(on), end, np.int64)
    same = key[order[1:]] == key[order[:-1]]
    again[order[:-1][same]] = on[order[1:][same]]
    return again
