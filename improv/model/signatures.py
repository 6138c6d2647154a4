"""What the relative network's five functions take and give when playing, without Keras.

See `improv.model.relative_calls`. All shapes are fixed: one note at a time, of one future or of as
many as a batch has, each going its own way.
"""

from __future__ import annotations

from collections.abc import Mapping

from improv.model.heads import HEADS, KEY, MOMENTS, Shape
from improv.model.spec import NetworkSpec, shapes
from improv.music.vocabulary import STYLES, VOCABULARY, WINDOW

Inputs = Mapping[str, tuple[Shape, str]]  # input to shape and type

_AROUND: Inputs = {
    "keys": ((1, WINDOW, MOMENTS * KEY), "float32"),
    "past": ((1, WINDOW, 4), "int32"),
    "now": ((1, WINDOW, 2), "float32"),
    "then": ((1, WINDOW, 4), "float32"),
}
NEEDS = {
    "velocity": ("keys", "past"),
    "step": ("keys", "past", "now"),
    "pitch": ("keys", "past", "then"),
    "duration": ("keys", "past", "now", "then"),
}
NAMES = ("hear", *NEEDS)


def carried(spec: NetworkSpec) -> tuple[str, ...]:
    """What is carried from note to note, each (1, units), and blank at first."""
    return ("state", "memory") if spec.recurrence == "lstm" else ("state",)


def inputs(name: str, spec: NetworkSpec, batch: int = 1) -> Inputs:
    """The inputs of a function, each with its shape and type, for so many futures at once."""
    alone = _inputs(name, spec)
    return {key: ((batch, *shape[1:]), kind) for key, (shape, kind) in alone.items()}


def _inputs(name: str, spec: NetworkSpec) -> Inputs:
    if name == "hear":
        return {
            "note": ((1, len(VOCABULARY)), "int32"),
            "style": ((1, len(STYLES)), "float32"),
            **dict.fromkeys(carried(spec), ((1, spec.units), "float32")),
        }
    wanted = shapes(spec)
    given: Inputs = {key: ((1,), "int32") for key in HEADS[name].given if f"{name}/{key}" in wanted}
    around = {key: _AROUND[key] for key in NEEDS[name]} if f"{name}/kernel" in wanted else {}
    return {"state": ((1, spec.units), "float32"), **around, **given}


def outputs(name: str, spec: NetworkSpec) -> dict[str, Shape]:
    """The outputs of a function, each with its shape."""
    if name == "hear":
        return {**dict.fromkeys(carried(spec), (1, spec.units)), "key": (1, MOMENTS * KEY)}
    return {"logits": (1, HEADS[name].bins)}
