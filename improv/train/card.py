"""A model's card: what it learnt from, how well it does, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from improv.model.spec import parameters
from improv.music.encoding import LONGEST
from improv.music.event import HELD, PEDALLED
from improv.train.config import TrainConfig
from improv.train.fit import Fitted
from improv.train.measure import CLAIMED
from improv.train.tuning import Origin

ENCODINGS = {
    "seed": f"steps and durations are held within 0 and {LONGEST:g} s, as inputs and as targets; "
    "velocity is not heard",
    "relative": "times in 64 bins, equal in log time from 4 ms to 16 s; velocity in 32 bins",
}
LASTING = {
    HELD: "held: a note is as long as its key is held, whatever the sustain pedal does",
    PEDALLED: "pedalled: a note is as long as it sounds, with the sustain pedal",
}
Figures = Mapping[str, Mapping[str, float]]  # factor to mark to its mean, see train/score.py
Tables = Mapping[str, Mapping[str, str | int | float]]


def card(
    config: TrainConfig,
    fitted: Fitted,
    *,
    pieces: Mapping[str, int],
    notes: int,
    tested: int,
    test: Figures,
    baseline: Figures,
    origin: Origin | None = None,
) -> str:
    """card.toml. `pieces` are counted by split, `notes` trained on and `tested` measured.

    `origin` is the model it was tuned from.
    """
    tables: dict[str, dict[str, str | int | float]] = {
        "": {
            "title": config.title,
            "licence": config.licence,
            "architecture": config.architecture,
            "parameters": parameters(config.spec),
        },
        "data": {
            "name": config.data_name,
            "licence": config.data_licence,
            "split": config.data_split,
            **{f"{split}_pieces": count for split, count in pieces.items()},
            "train_notes": notes,
            "encoding": ENCODINGS[config.architecture],
            "durations": LASTING[config.durations],
        },
        **_second_style(config),
        **_tuned_from(origin, fitted),
        "training": {
            "epochs": round(fitted.epochs, 2),
            "steps": fitted.progress.best_step,
            "batch": config.batch,
            "learning_rate": config.learning_rate,
            "average": config.average,
            "transpose": config.transpose,
            **_own(config),
            "seed": config.seed,
            "validation_loss": round(fitted.progress.best_loss, 6),
        },
        "metrics.test": {
            "on": f"{tested} notes of the test split, each from the up to 25 before it",
            **_flat(test),
        },
        "metrics.claimed": {
            "on": "a validation split of its own, by the student's report improv began from; "
            "not comparable",
            "pitch_nats": CLAIMED.pitch_nats,
            "pitch_top1": CLAIMED.pitch_accuracy,
            "step_mse": CLAIMED.step_mse,
            "duration_mse": CLAIMED.duration_mse,
        },
        "metrics.baseline": {
            "on": "the test split, with no network: how often each pitch was played in the "
            "training split, mean step and duration",
            **_flat(baseline),
        },
    }
    return to_toml(tables)


def _second_style(config: TrainConfig) -> dict[str, dict[str, str | int | float]]:
    """What the pop style was learnt from."""
    own = config.sequences
    if not own.pop:
        return {}
    about: dict[str, str | int | float] = {
        "name": Path(own.pop).name,
        "licence": own.pop_licence,
        "share": own.pop_share,
        "melody_share": own.melody_share,
    }
    return {"data.pop": about}


def _tuned_from(origin: Origin | None, fitted: Fitted) -> dict[str, dict[str, str | int | float]]:
    """What a fine-tuned model was before."""
    if origin is None:
        return {}
    data = origin.card.get("data", {})
    about = data if isinstance(data, dict) else {}
    return {
        "tuned_from": {
            "model": origin.name,
            "title": str(origin.card.get("title", "")),
            "licence": str(origin.card.get("licence", "")),
            "weights_sha256": origin.sha256,
            "data": str(about.get("name", "")),
            "data_licence": str(about.get("licence", "")),
            "validation_loss": round(fitted.progress.first_loss or 0.0, 6),
        }
    }


def _own(config: TrainConfig) -> dict[str, str | int | float]:
    """What only this architecture's training knows."""
    if config.architecture == "relative":
        return {
            "notes": config.batch * config.sequences.length,  # at a step
            **{
                name: value
                for name, value in asdict(config.sequences).items()
                if not name.startswith(("pop", "melody"))  # those stand under data.pop
            },
        }
    return {"pitch_weight": config.pitch_weight}


def _flat(figures: Figures) -> dict[str, float]:
    return {f"{factor}_{mark}": x for factor, marks in figures.items() for mark, x in marks.items()}


def to_toml(tables: Tables) -> str:
    """Tables of plain values as TOML; the table named "" comes first and has no heading."""
    lines: list[str] = []
    for name, table in tables.items():
        lines += ["", f"[{name}]"] if name else []
        # a JSON string or number is the same in TOML; DEL is the exception
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
            for key, value in table.items()
        ]
    return "\n".join(lines) + "\n"
