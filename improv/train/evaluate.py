"""How well a model knows music it has not heard, as one JSON-ready report.

Every note of the split but the first of each piece, or as many of them as are asked for, evenly
spread, is foretold from the up to 25 notes before it in its piece, by the network's own batched
forward pass on the encoding it plays with. Beside it stand the seed model on the same notes, what
needs no network at all (how often each pitch was played, the mean and the median time, chains of
order three; all of the training split) and the figures of the report that improv began from.
Then the model, the seed model and the chains go on from prompts of the split, and what they play
is compared with what was played: see `improv.train.generated`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.errors import InputError, UsageError
from improv.model.loading import load
from improv.model.network import Weights
from improv.model.spec import NetworkSpec
from improv.model.store import ModelFolder, find, read_weights
from improv.music import hearing
from improv.music.encoding import LONGEST
from improv.music.event import PITCHES
from improv.music.hearing import time_bin, velocity_bin
from improv.music.vocabulary import STYLES, TIMES, VELOCITIES, WINDOW
from improv.play.interfaces import Improviser
from improv.play.params import Params
from improv.train import calibration, dataset, foretelling, markov
from improv.train.calibration import Curve
from improv.train.dataset import Pieces
from improv.train.examples import Examples, examples
from improv.train.generated import Generated, generated
from improv.train.markov import Markov, MarkovImproviser
from improv.train.measure import CLAIMED, Predict, predictor
from improv.train.progress import Bars, Report, silence, silent
from improv.train.score import (
    Marks,
    Seen,
    joined,
    means,
    means_by_piece,
    pitch_marks,
    time_marks,
)

BATCH = 4096  # windows
UNITS = {
    "nats": "nats a note; times in 64 bins, equal in log time from 4 ms to 16 s, velocity in 32",
    "top1": "share of notes",
    "top5": "share of notes",
    "mse": "seconds squared",
    "mae": "seconds",
    "held_mse": f"seconds squared, times held within {LONGEST:g} s as the network hears them",
    "calibration": "error: mean distance of how sure the likeliest candidate was from how often "
    "it came, 0-1; both shares of notes, in bins of as many notes each",
}
GRID = {
    "times": {
        "bins": TIMES,
        "from": hearing.SHORTEST,
        "to": hearing.LONGEST,
        "unit": "seconds",
        "spacing": "logarithmic",
    },
    "velocity": {"bins": VELOCITIES, "from": 0, "to": PITCHES, "spacing": "linear"},
}
REFERENCE = {
    "from": "the student's report improv began from, on a validation split of its own",
    "pitch": {"nats": CLAIMED.pitch_nats, "top1": CLAIMED.pitch_accuracy},
    "step": {"mse": CLAIMED.step_mse},
    "duration": {"mse": CLAIMED.duration_mse},
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`report` is ready for JSON; the others are what `plots.evaluation` draws."""

    report: dict[str, Any]
    seen: Seen
    curves: dict[str, Curve]  # by factor
    pooled: dict[str, dict[str, NDArray[np.float64]]]  # of what was generated, see `Generated`


@dataclass(frozen=True, slots=True)
class Targets:
    """The notes to be foretold, T of them, in the order they were played."""

    lessons: Examples
    pitch: NDArray[np.int64]  # (T,)
    step: NDArray[np.float64]  # (T,) seconds since the note before
    duration: NDArray[np.float64]  # (T,) seconds
    velocity: NDArray[np.int64]  # (T,) in bins
    until: NDArray[np.int64]  # (T,) which of the pieces' notes it is
    numbers: NDArray[np.int64]  # (T,) which of the lessons it is
    first: NDArray[np.int64]  # where each piece's begin
    pieces: tuple[int, ...]  # which piece that is


def evaluate(
    model: str | Path,
    data: Path,
    split: str = "test",
    *,
    most: int = 0,
    style: str = STYLES[0],
    context: int = WINDOW,
    prompts: int = 0,
    cache: Path | None = None,
    bars: Bars = silence,
) -> Evaluation:
    """Measure a model, by name or folder, on a split of a folder or zip of MIDI files.

    Args:
        model: a name or a folder.
        data: a folder or zip of MIDI files.
        split: train, validation, test or all.
        most: notes to foretell, evenly spread; 0 for all of them.
        style: of `improv.music.vocabulary.STYLES`, which one a model that knows them hears the
            music as, and plays in; melody takes only what is on tracks of that name.
        context: notes the model hears before each; what is measured beside it hears 25 or fewer.
        prompts: how many the model goes on from by itself; 0 for none.
        cache: where prepared datasets are; None for the user's own.
        bars: shows how far each part of the work is.

    Raises UsageError, InputError, ModelRefused.
    """
    if style not in STYLES:
        raise UsageError(f"no style {style!r}; there are {' and '.join(STYLES)}")
    folder = find(model)
    _check_context(folder, context)
    durations = folder.spec.durations  # measured as it was trained
    load = partial(dataset.load, data, durations=durations, melody=style == STYLES[-1], cache=cache)
    pieces = load(split)
    wanted = spread(targets(pieces), pieces, most)
    if not len(wanted.pitch):
        raise InputError(
            f"nothing to foretell: no piece of the {split} split of {data} has two notes"
        )
    with bars("measuring", "notes") as progress:
        marks, seen = marks_of(
            folder.spec,
            read_weights(folder),
            pieces,
            wanted,
            progress,
            style=STYLES.index(style),
            context=context,
        )
    curves = calibration.curves(marks)
    learnt, fitted_on = _learnt(load, pieces, split)
    with bars("counting", "factors") as progress:
        chains = markov.fit(learnt, progress)
    beside = {"markov": chains.marks(pieces, wanted.until)}
    if folder.name != "seed":
        seed = find("seed")
        with bars("measuring the seed", "notes") as progress:
            beside["seed"] = marks_of(seed.spec, read_weights(seed), pieces, wanted, progress)[0]
    made = Generated({"prompts": 0, "why": "none were asked for"}, {})
    if prompts:
        copied = learnt if fitted_on == "train" else None
        with bars("going on", "phrases") as progress:
            made = generated(
                _contenders(folder, chains),
                pieces,
                copied,
                count=prompts,
                params=Params(style=float(STYLES.index(style))),
                progress=progress,
            )
    notes = np.diff(pieces.offsets)
    report = {
        "model": folder.name,
        "data": data.name,
        "split": split,
        "style": style if folder.spec.architecture == "relative" else None,
        "durations": durations,
        "pieces": len(pieces),
        "notes": len(pieces.pitch),
        "targets": len(wanted.pitch),  # at most all notes but the first of each piece
        "context": context,
        "units": UNITS,
        "grid": GRID,
        **means(marks),
        "calibration": calibration.report(curves),
        "baselines": {
            "unigram": {"fitted_on": fitted_on, **means(guess(targets(learnt), wanted))},
            "markov": {
                "fitted_on": fitted_on,
                "order": markov.ORDER,
                **_baseline(beside["markov"]),
            },
            **{name: _baseline(told) for name, told in beside.items() if name != "markov"},
        },
        "generated": made.report,
        "reference": REFERENCE,
        "per_piece": [
            {"name": pieces.names[i], "notes": int(notes[i]), **by_factor}
            for i, by_factor in zip(wanted.pieces, means_by_piece(marks, wanted.first), strict=True)
        ],
    }
    return Evaluation(report, seen, curves, made.pooled)


def _check_context(folder: ModelFolder, context: int) -> None:
    furthest = folder.spec.length - 1 if folder.spec.architecture == "relative" else WINDOW
    if folder.spec.architecture == "seed" and context != WINDOW:
        raise UsageError(f"{folder.name} always hears {WINDOW} notes; leave out --context")
    if not 1 <= context <= furthest:
        raise UsageError(
            f"{folder.name} was trained over {furthest + 1} notes and hears from 1 to {furthest} "
            f"before one, not {context}"
        )


def _learnt(
    load: Callable[[str], dataset.Pieces], pieces: dataset.Pieces, split: str
) -> tuple[dataset.Pieces, str]:
    """What counting may learn from: the training split, or what is measured where there is none."""
    try:
        learnt = load("train")
    except InputError:  # a source without one
        return pieces, split
    if np.diff(learnt.offsets).max() < 2:
        return pieces, split
    return learnt, "train"


def _baseline(marks: Marks) -> dict[str, Any]:
    errors = {name: round(each.error, 6) for name, each in calibration.curves(marks).items()}
    return {**means(marks), "calibration": errors}


def _contenders(folder: ModelFolder, chains: Markov) -> dict[str, Improviser]:
    """Who goes on from the prompts, each as it plays on a CPU."""
    found: dict[str, Improviser] = {"model": load(folder, "cpu")}
    if folder.name != "seed":
        found["seed"] = load("seed", "cpu")
    return {**found, "markov": MarkovImproviser(chains)}


def marks_of(
    spec: NetworkSpec,
    weights: Weights,
    pieces: Pieces,
    wanted: Targets,
    progress: Report = silent,
    *,
    style: int = 0,
    context: int = WINDOW,
) -> tuple[Marks, Seen]:
    """What a network makes of the notes wanted."""
    if spec.architecture == "relative":
        return foretelling.foretell(
            spec, weights, pieces, wanted.until, progress, style=style, context=context
        )
    return foretell(predictor(spec, weights), wanted, progress)


def targets(pieces: Pieces) -> Targets:
    """Every note that has a note before it in its piece."""
    lessons = examples(pieces)
    until = lessons.until
    start = np.asarray(pieces.start, np.float64)
    begins = np.searchsorted(until, pieces.offsets)
    held = np.flatnonzero(np.diff(begins))  # a piece of one note has no target
    return Targets(
        lessons=lessons,
        pitch=np.asarray(pieces.pitch, np.int64)[until],
        step=start[until] - start[until - 1],
        duration=np.asarray(pieces.duration, np.float64)[until],
        velocity=velocity_bin(pieces.velocity[until]).astype(np.int64),
        until=until,
        numbers=np.arange(len(until)),
        first=begins[:-1][held].astype(np.int64),
        pieces=tuple(held.tolist()),
    )


def spread(wanted: Targets, pieces: Pieces, most: int) -> Targets:
    """At most `most` of these targets, evenly spread; 0 for all."""
    if not most or most >= len(wanted.pitch):
        return wanted
    kept = np.linspace(0, len(wanted.pitch) - 1, most).astype(np.int64)
    begins = np.searchsorted(wanted.until[kept], pieces.offsets)
    held = np.flatnonzero(np.diff(begins))
    columns = ("pitch", "step", "duration", "velocity", "until", "numbers")
    return Targets(
        lessons=wanted.lessons,
        **{name: getattr(wanted, name)[kept] for name in columns},
        first=begins[:-1][held].astype(np.int64),
        pieces=tuple(held.tolist()),
    )


def foretell(
    predict: Predict, wanted: Targets, progress: Report = silent, *, batch: int = BATCH
) -> tuple[Marks, Seen]:
    """What a network makes of every target, `batch` windows at a time."""
    total = len(wanted.pitch)
    parts: list[Marks] = []
    seen = Seen()
    for begin in range(0, total, batch):
        which = np.arange(begin, min(begin + batch, total))
        windows, _ = wanted.lessons.batch(wanted.numbers[which])
        given = predict(windows)
        times = {"step": wanted.step[which], "duration": wanted.duration[which]}
        marks: Marks = {"pitch": pitch_marks(given["pitch"], wanted.pitch[which])}
        seen.add_pitch(given["pitch"], wanted.pitch[which])
        for factor, played in times.items():
            marks[factor] = time_marks(given[factor].ravel(), played)
            seen.add_time(factor, given[factor].ravel(), played)
        parts.append(marks)
        progress(int(which[-1]) + 1, total)
    return joined(parts), seen


def guess(known: Targets, wanted: Targets) -> Marks:
    """What the counts of `known` alone make of `wanted`: the best constant for each mark.

    Pitches by how often they were played (one added to each, so that none is impossible), times
    by the mean for squared and the median for absolute errors.
    """
    counts = np.bincount(known.pitch, minlength=PITCHES) + 1.0
    logits = np.log(counts / counts.sum())[None]  # (1, 128)
    by_pitch = pitch_marks(np.repeat(logits, PITCHES, axis=0), np.arange(PITCHES))
    marks: Marks = {"pitch": {name: column[wanted.pitch] for name, column in by_pitch.items()}}
    for factor in ("step", "duration"):
        heard, played = getattr(known, factor), getattr(wanted, factor)
        held = np.clip(heard, 0.0, LONGEST)
        marks[factor] = {
            "mse": time_marks(np.full(len(played), heard.mean()), played)["mse"],
            "mae": time_marks(np.full(len(played), np.median(heard)), played)["mae"],
            "held_mse": time_marks(np.full(len(played), held.mean()), played)["held_mse"],
            "nats": _counted(time_bin(heard), time_bin(played), TIMES),
        }
    marks["velocity"] = {"nats": _counted(known.velocity, wanted.velocity, VELOCITIES)}
    return marks


def _counted(known: NDArray[Any], wanted: NDArray[Any], bins: int) -> NDArray[np.float64]:
    """Nats of the bins wanted by how often each is known, one added to each count."""
    counts = np.bincount(known, minlength=bins) + 1.0
    return np.asarray(-np.log(counts / counts.sum())[wanted])
