"""Fine-tuning: going on from a model's weights with music of one's own.

What decides the network comes from the model it goes on from, and so does the licence: what is
made from a share-alike model is shared alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from improv.errors import UsageError
from improv.model import store
from improv.model.spec import GRAPHLESS
from improv.model.store import ModelFolder
from improv.model.weights import Weights
from improv.train.config import UNSTATED, TrainConfig

CONFIG = "fine-tune.toml"


@dataclass(frozen=True, slots=True)
class Origin:
    """The model a run goes on from; `card` is of its own, `weights` are verified."""

    name: str
    card: dict[str, object]
    weights: Weights
    sha256: str  # of the weights as they lie in its folder
    lessons: bytes = b""  # what it learnt from, as `play.lessons` knows it


def origin(folder: ModelFolder) -> Origin:
    """What a run takes from a verified model folder."""
    weights, digest = store.read_weights(folder), store.digest(folder)
    return Origin(folder.name, folder.card, weights, digest, store.read_lessons(folder))


def shipped(name: str = CONFIG) -> Path:
    """A configuration that comes with improv, in a checkout or installed."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "configs", package / "configs"):
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f"the configuration {name} is missing; install improv again, or give --config")


def named_after(data: Path) -> str:
    """What a model tuned on this folder or zip is called."""
    return "-".join(data.resolve().stem.split()) or "tuned"


def tuned(config: TrainConfig, base: ModelFolder, data: Path) -> TrainConfig:
    """The configuration of a run that goes on from `base` with the music of `data`."""
    if base.spec.architecture in GRAPHLESS:
        raise UsageError(
            f"{base.name} is trained from nothing, by `improv train --config configs/bars.toml`; "
            "leave out --init"
        )
    name = data.resolve().stem
    return replace(
        config,
        architecture=base.spec.architecture,
        units=base.spec.units,
        durations=base.spec.durations,
        sequences=replace(
            config.sequences,
            recurrence=base.spec.recurrence,
            pitch=base.spec.pitch,
            length=base.spec.length,
        ),
        title=f"{base.name}, tuned on {name}" if config.title == UNSTATED else config.title,
        licence=str(base.card.get("licence", config.licence)),
        data_name=name if config.data_name == UNSTATED else config.data_name,
    )
