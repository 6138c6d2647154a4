"""Chords for a melody, in NumPy: what both networks of a chord model say.

Two LSTM layers read the half bars of a melody. `whole` reads them both ways and names the chord
of each; `coming` reads what was heard and names the chord of the half bar that comes next. After
Lim, Rhyu and Lee 2017, "Chord generation from symbolic melody using BLSTM networks".

Each reads the melody twelve times, from each pitch class up as if that were the root, with the
same weights, and says of each root how likely its chords are: what is learnt in one key is known
in all (a network that had to learn each key by itself named 20.8 % of coming chords, not 27.9).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from improv.model.chord_spec import LAYERS
from improv.music.scale import OCTAVE

Floats = npt.NDArray[np.float32]
_FROM = (np.arange(OCTAVE)[:, None] + np.arange(OCTAVE)) % OCTAVE  # (12, 12): from each root up


def heard(melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(12, n, FEATURES) of half bars as they are, from each root up: for `whole`.

    Args:
        melody: (n, 12, SLOTS), see `music.halves`.
        downbeat: (n,) whether a bar begins.
    """
    place = np.stack([downbeat, ~downbeat], axis=-1).astype(np.float32)  # (n, 2)
    places = np.broadcast_to(place, (OCTAVE, *place.shape))
    turned = melody[:, _FROM].transpose(1, 0, 2, 3)  # (12 roots, n, 12, SLOTS)
    flat = turned.reshape(OCTAVE, len(melody), -1)
    return np.concatenate([flat, places], axis=-1, dtype=np.float32)


def before(melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(12, n, FEATURES): the melody of the half bar before each, and each one's own place.

    What `coming` is given: nothing of the half bar whose chord it names.
    """
    earlier = np.concatenate([np.zeros_like(melody[:1]), melody[:-1]])
    return heard(earlier, downbeat)


def whole(weights: Mapping[str, Floats], melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(n, COUNT) log-probabilities of each half bar's chord, in the light of the whole melody."""
    line: Floats = heard(melody, downbeat)
    for layer in range(LAYERS):
        there = _run(weights, f"whole_{layer}_forward", line)
        back = _run(weights, f"whole_{layer}_backward", line[:, ::-1])[:, ::-1]
        line = np.concatenate([there, back], axis=-1, dtype=np.float32)
    return _said(weights, "whole_chord", line)


def coming(
    weights: Mapping[str, Floats], melody: Floats, downbeat: npt.NDArray[np.bool_]
) -> Floats:
    """(n, COUNT) log-probabilities of each half bar's chord from those before it alone."""
    line = before(melody, downbeat)
    for layer in range(LAYERS):
        line = _run(weights, f"coming_{layer}_forward", line)
    return _said(weights, "coming_chord", line)


def _said(weights: Mapping[str, Floats], head: str, line: Floats) -> Floats:
    """(n, COUNT) from (12, n, width): each root's chords, and what all think of none."""
    scores = line @ weights[f"{head}_kernel"] + weights[f"{head}_bias"]  # (12, n, KINDS)
    chords = scores[..., :-1].transpose(1, 2, 0).reshape(scores.shape[1], -1)  # by kind, then root
    scores = np.concatenate([chords, scores[..., -1].mean(axis=0)[:, None]], axis=-1)
    top = scores.max(axis=-1, keepdims=True)
    said: Floats = scores - top - np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    return said


def _run(weights: Mapping[str, Floats], name: str, line: Floats) -> Floats:
    """(12, n, units) of an LSTM layer along (12, n, width); gates in Keras's order."""
    recurrent = weights[f"{name}_recurrent"]
    into = line @ weights[f"{name}_kernel"] + weights[f"{name}_bias"]
    units = recurrent.shape[0]
    state: Floats = np.zeros((OCTAVE, units), np.float32)
    cell = state
    out = np.empty((OCTAVE, line.shape[1], units), np.float32)
    for place in range(line.shape[1]):
        gates = into[:, place] + state @ recurrent
        enter, forget, leave = (_sigmoid(gates[:, i * units : (i + 1) * units]) for i in (0, 1, 3))
        cell = forget * cell + enter * np.tanh(gates[:, 2 * units : 3 * units])
        state = out[:, place] = leave * np.tanh(cell)
    return out


def _sigmoid(x: Floats) -> Floats:
    half: Floats = (np.tanh(x / 2) / 2 + 0.5).astype(np.float32)
    return half
