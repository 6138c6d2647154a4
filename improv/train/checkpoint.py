"""A training run on disk: everything that decides how it goes on, in one file, whole or not at all.

checkpoint.npz holds the weights, their running average where one is kept, the optimizer's
variables, the best weights so far and, as JSON, how far the run has come. The order of the
windows follows from the run's seed and the step alone, so no random state needs keeping.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.errors import InputError, UsageError
from improv.model.folder import replace_file

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come; `best_loss` is the lowest validation loss, found at `best_step`."""

    step: int = 0
    validations: int = 0
    best_loss: float = float("inf")
    best_step: int = 0
    since_best: int = 0  # validations
    first_loss: float | None = None  # of the weights a fine-tuning began with
    run: dict[str, Any] = field(default_factory=dict)  # what must be the same to go on


@dataclass(frozen=True, slots=True)
class Checkpoint:
    progress: Progress
    weights: Arrays
    best: Arrays
    optimizer: list[NDArray[np.generic]]
    average: Arrays = field(default_factory=dict)  # empty where none is kept


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; a kill at any moment leaves the one before it or this one."""
    arrays: dict[str, Any] = {
        "progress": np.array(json.dumps(asdict(checkpoint.progress))),
        **{f"weights/{name}": array for name, array in checkpoint.weights.items()},
        **{f"best/{name}": array for name, array in checkpoint.best.items()},
        **{f"average/{name}": array for name, array in checkpoint.average.items()},
        **{f"optimizer/{i:03d}": array for i, array in enumerate(checkpoint.optimizer)},
    }
    with replace_file(path) as file:
        np.savez(file, **arrays)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises InputError where it can't be read."""
    try:
        # opened here: NumPy leaves a file open that turns out not to be a zip
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            progress = Progress(**json.loads(str(arrays["progress"])))
            return Checkpoint(
                progress=progress,
                weights=_under("weights/", arrays),
                best=_under("best/", arrays),
                optimizer=[arrays[n] for n in sorted(arrays.files) if n.startswith("optimizer/")],
                average=_under("average/", arrays),
            )
    # EOFError: a file of no bytes
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"the checkpoint {path} can't be read ({error}); start the run afresh elsewhere"
        ) from error


def begun(path: Path, identity: Mapping[str, Any], *, resume: bool) -> Checkpoint | None:
    """The checkpoint a run goes on from, or nothing where it begins, in a folder made for it.

    `identity` is what must be the same to go on. Raises UsageError where the folder holds a run
    already, or another one, or none to resume.
    """
    folder = path.parent
    if not resume:
        if path.exists():
            raise UsageError(
                f"{folder} already holds a run; go on with it by --resume, or choose another --out"
            )
        folder.mkdir(parents=True, exist_ok=True)
        return None
    if not path.exists():
        raise UsageError(f"nothing to resume in {folder}: it has no {path.name}")
    stored = load(path)
    odd = [name for name, value in identity.items() if stored.progress.run.get(name) != value]
    if odd:
        raise UsageError(f"the run in {folder} differs in {', '.join(odd)}; choose another --out")
    return stored


def _under(prefix: str, arrays: Any) -> Arrays:
    return {n.removeprefix(prefix): arrays[n] for n in arrays.files if n.startswith(prefix)}
