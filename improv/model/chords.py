"""Chords for a melody, in NumPy: what both networks of a chord model say.

Two LSTM layers read the half bars of a melody. `whole` reads them both ways and names the chord
of each; `coming` reads what was heard and names the chord of the half bar that comes next.
After Lim, Rhyu and Lee 2017, "Chord generation from symbolic melody using BLSTM networks".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from improv.model.chord_spec import LAYERS

Floats = npt.NDArray[np.float32]


def heard(melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(n, FEATURES) of half bars as they are: for `whole`."""
    place = np.stack([downbeat, ~downbeat], axis=-1).astype(np.float32)
    return np.concatenate([melody, place], axis=-1)


def before(melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(n, FEATURES): the melody of the half bar before each, and each one's own place in its bar.

    What `coming` is given: nothing of the half bar whose chord it names.
    """
    earlier = np.concatenate([np.zeros_like(melody[:1]), melody[:-1]])
    return heard(earlier, downbeat)


def whole(weights: Mapping[str, Floats], melody: Floats, downbeat: npt.NDArray[np.bool_]) -> Floats:
    """(n, COUNT) log-probabilities of each half bar's chord, in the light of the whole melody."""
    line: Floats = heard(melody, downbeat)
    for layer in range(LAYERS):
        there = _run(weights, f"whole_{layer}_forward", line)
        back = _run(weights, f"whole_{layer}_backward", line[::-1])[::-1]
        line = np.concatenate([there, back], axis=-1, dtype=np.float32)
    return _said(weights, "whole", line)


def coming(
    weights: Mapping[str, Floats], melody: Floats, downbeat: npt.NDArray[np.bool_]
) -> Floats:
    """(n, COUNT) log-probabilities of each half bar's chord from those before it alone."""
    line = before(melody, downbeat)
    for layer in range(LAYERS):
        line = _run(weights, f"coming_{layer}_forward", line)
    return _said(weights, "coming", line)


def _said(weights: Mapping[str, Floats], kind: str, line: Floats) -> Floats:
    scores = line @ weights[f"{kind}_chord_kernel"] + weights[f"{kind}_chord_bias"]
    top = scores.max(axis=-1, keepdims=True)
    said: Floats = scores - top - np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    return said


def _run(weights: Mapping[str, Floats], name: str, line: Floats) -> Floats:
    """(n, units) of an LSTM layer along (n, width); gates in Keras's order."""
    recurrent = weights[f"{name}_recurrent"]
    into = line @ weights[f"{name}_kernel"] + weights[f"{name}_bias"]
    units = recurrent.shape[0]
    state: Floats = np.zeros(units, np.float32)
    cell = state
    out = np.empty((len(line), units), np.float32)
    for place, given in enumerate(into):
        gates = given + state @ recurrent
        enter, forget, leave = (_sigmoid(gates[i * units : (i + 1) * units]) for i in (0, 1, 3))
        cell = forget * cell + enter * np.tanh(gates[2 * units : 3 * units])
        state = out[place] = leave * np.tanh(cell)
    return out


def _sigmoid(x: Floats) -> Floats:
    half: Floats = (np.tanh(x / 2) / 2 + 0.5).astype(np.float32)
    return half
