"""How well chords are named on held-out songs, beside what is simple."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from improv.model import chords
from improv.model.chord_store import ChordModel
from improv.music import chord_classes
from improv.train import chord_baselines
from improv.train.chord_songs import Song

Chords = npt.NDArray[np.int64]
_ROOTS = np.array([chord_classes.root(number) for number in range(chord_classes.COUNT)])
_TRIADS = np.array([chord_classes.triad(number) for number in range(chord_classes.COUNT)])


def report(
    model: ChordModel, songs: list[Song], train: list[Song], validation: list[Song]
) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    """What `improv evaluate --model chords` says, and the confusion of triads.

    `chord` is by the whole melody, `coming` by what came before each half bar; `baselines_so_far`
    hear as little as that.
    Accuracies are shares of half bars. The matrix is (25, 25): counts, true triads in rows. The
    HMM is counted on `train` and its one weight chosen on `validation`.
    """
    hmm = chord_baselines.Hmm.learnt(train)
    weight, ahead = (chord_baselines.tuned(names, validation) for names in (hmm.path, hmm.coming))
    true = np.concatenate([song.chord for song in songs])

    def said(name: Callable[[Song], Chords]) -> Chords:
        return np.concatenate([name(song) for song in songs])

    whole = said(lambda s: chords.whole(model.weights, s.melody, s.downbeat).argmax(axis=1))
    coming = said(lambda s: chords.coming(model.weights, s.melody, s.downbeat).argmax(axis=1))
    so_far = {
        "tonic": said(chord_baselines.tonic_so_far),
        "hmm": said(lambda s: hmm.coming(s, ahead)),
    }
    by_hmm = said(lambda s: hmm.path(s, weight))
    others = {
        "tonic": said(chord_baselines.tonic),
        "hmm": by_hmm,
        "template": said(chord_baselines.template),
    }
    baselines = {name: _share(found == true) for name, found in others.items()}
    figures: dict[str, object] = {
        "model": model.name,
        "songs": len(songs),
        "half_bars": len(true),
        "chord": _accuracies(whole, true),
        "coming": _accuracies(coming, true),
        "baselines": baselines,
        "baselines_so_far": {name: _share(found == true) for name, found in so_far.items()},
        "hmm_weight": weight,
        "hmm_triad": _accuracies(by_hmm, true)["triad"],
    }
    ours, theirs = _share(whole == true), baselines["hmm"]
    figures["over_hmm"] = {
        "points": round(100 * (ours - theirs), 2),
        "relative": round(ours / theirs - 1, 4) if theirs else None,
    }
    confusion = np.zeros((25, 25), np.int64)
    np.add.at(confusion, (_TRIADS[true], _TRIADS[whole]), 1)
    return figures, confusion


def _accuracies(said: Chords, true: Chords) -> dict[str, float]:
    return {
        "top1": _share(said == true),
        "root": _share(_ROOTS[said] == _ROOTS[true]),
        "triad": _share(_TRIADS[said] == _TRIADS[true]),
    }


def _share(right: npt.NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)


def picture(confusion: npt.NDArray[np.int64], path: Path) -> None:
    """Draw the confusion of triads: of each true one (rows), which share was named as which."""
    from matplotlib.figure import Figure

    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    names = [*chord_classes.NAMES[:24], "none"]
    figure = Figure(figsize=(9, 8), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="magma", vmin=0, vmax=1)
    axes.set_xticks(range(25), names, rotation=90)
    axes.set_yticks(range(25), names)
    axes.set(xlabel="named", ylabel="annotated", title="Chords for a melody: which are confused")
    figure.colorbar(image, label="share of half bars")
    figure.savefig(path)
