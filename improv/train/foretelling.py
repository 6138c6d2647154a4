"""What a network of distributions makes of every note, as it would in playing.

For each note the network begins blank and hears the up to 25 notes before it, or as many as are
asked for, which is what a player's rolling context gives it. Each factor is foretold given those
before it as they were played (velocity, then step, pitch and duration).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from improv.model import relative
from improv.model.heads import HEADS
from improv.model.relative import Weights
from improv.model.spec import NetworkSpec
from improv.music import hearing
from improv.music.vocabulary import STYLES, WINDOW
from improv.train.examples import Pieces
from improv.train.progress import Report, silent
from improv.train.score import (
    Marks,
    Seen,
    bin_marks,
    joined,
    median_time,
    pitch_marks,
    probabilities,
    time_bin_marks,
)

BATCH = 512  # notes


def foretell(
    spec: NetworkSpec,
    weights: Mapping[str, NDArray[np.float32]],
    pieces: Pieces,
    until: NDArray[np.int64],
    progress: Report = silent,
    *,
    style: int = 0,
    context: int = WINDOW,
) -> tuple[Marks, Seen]:
    """Marks of the notes numbered `until` (T,), none of them a piece's first.

    `style` is which of `improv.music.vocabulary.STYLES` the music is heard as, `context` how many
    notes before one its state has heard.
    """
    parts: list[Marks] = []
    seen = Seen()
    for logits, step, note in _all_asked(spec, weights, pieces, until, style, context):
        marks: Marks = {
            "pitch": pitch_marks(logits["pitch"], note["pitch"]),
            "step": time_bin_marks(logits["step"], step),
            "duration": time_bin_marks(logits["duration"], note["duration"]),
            "velocity": bin_marks(logits["velocity"], note["velocity"]),
        }
        seen.add_pitch(logits["pitch"], note["pitch"])
        for factor, played in (("step", step), ("duration", note["duration"])):
            seen.add_time(factor, median_time(probabilities(logits[factor])), played)
        parts.append(marks)
        progress(min(BATCH * len(parts), len(until)), len(until))
    return joined(parts), seen


def pitch_logits(
    spec: NetworkSpec,
    weights: Mapping[str, NDArray[np.float32]],
    pieces: Pieces,
    until: NDArray[np.int64],
    *,
    style: int = 0,
    context: int = WINDOW,
) -> NDArray[np.float32]:
    """(T, 128) what it says of each pitch, of the notes that `foretell` has marks of."""
    asked = _all_asked(spec, weights, pieces, until, style, context)
    return np.concatenate([logits["pitch"] for logits, _, _ in asked])


def _all_asked(
    spec: NetworkSpec,
    weights: Mapping[str, NDArray[np.float32]],
    pieces: Pieces,
    until: NDArray[np.int64],
    style: int,
    context: int,
) -> Iterator[tuple[dict[str, Any], NDArray[np.float64], dict[str, NDArray[Any]]]]:
    """As `_asked`, `BATCH` notes at a time."""
    tensors = {name: ops.convert_to_tensor(weight) for name, weight in weights.items()}
    offsets = np.asarray(pieces.offsets, np.int64)
    first = offsets[np.searchsorted(offsets, until, side="right") - 1]
    heard = np.maximum(first, until - context)
    for begin in range(0, len(until), BATCH):
        which = slice(begin, begin + BATCH)
        yield _asked(spec, tensors, pieces, heard[which], until[which], style)


def _asked(
    spec: NetworkSpec,
    weights: Weights,
    pieces: Pieces,
    begin: NDArray[np.int64],
    until: NDArray[np.int64],
    style: int,
) -> tuple[dict[str, Any], NDArray[np.float64], dict[str, NDArray[Any]]]:
    """Logits of B notes, their steps in seconds, and their other factors.

    `begin` (B,) is the first note that is heard before each. Where that is later than before
    others, its sequence goes on beyond it; what follows is not heard.
    """
    length = int((until - begin).max()) + 1
    index = np.minimum(begin[:, None] + np.arange(length), len(pieces.pitch) - 1)
    start = np.asarray(pieces.start)[index]
    duration = np.asarray(pieces.duration, np.float64)[index]
    places = (until - begin)[:, None]  # (B, 1)
    heard, ids = hearing.sequences(
        pieces.pitch[index].astype(np.int64),
        start - start[:, :1],
        duration,
        pieces.velocity[index],
        places,
    )
    rows = np.arange(len(until))
    styles = np.eye(len(STYLES), dtype=np.float32)[np.full(len(until), style)]
    states = ops.convert_to_numpy(
        relative.states(weights, spec, ops.convert_to_tensor(heard.note), styles)
    )
    state = states[rows, places[:, 0]]
    last = np.maximum(places + np.arange(-WINDOW, 0), 0)  # (B, 25); `past` says which there are
    keys = relative.key(weights, ops.convert_to_tensor(states[rows[:, None], last]))
    played = ids[rows, places[:, 0]]
    around = (heard.past[:, 0], heard.now[:, 0], heard.then[:, 0])
    given = [ops.convert_to_tensor(x) for x in (state, keys, *around, played)]
    logits = relative.all_heads(weights, *given)
    step = np.asarray(pieces.start)[until] - np.asarray(pieces.start)[until - 1]
    note: dict[str, NDArray[Any]] = {
        "pitch": played[:, 0].astype(np.int64),
        "duration": duration[rows, places[:, 0]],
        "velocity": played[:, 5],
    }
    return {name: ops.convert_to_numpy(logits[name]) for name in HEADS}, step, note
