"""What the relative network's five functions take and give when playing, without Keras.

See `improv.model.relative_calls`. All shapes are fixed: one note at a time.
"""

from __future__ import annotations

from collections.abc import Mapping

from improv.model.heads import HEADS, KEY, MOMENTS, Shape
from improv.music.encoding import WINDOW
from improv.music.hearing import STYLES, VOCABULARY

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


def inputs(name: str, units: int) -> Inputs:
    """The inputs of a function, each with its shape and type."""
    state = {"state": ((1, units), "float32")}
    if name == "hear":
        return {
            "note": ((1, len(VOCABULARY)), "int32"),
            "style": ((1, len(STYLES)), "float32"),
            **state,
            "memory": ((1, units), "float32"),
        }
    given: Inputs = dict.fromkeys(HEADS[name].given, ((1,), "int32"))
    return {**state, **{key: _AROUND[key] for key in NEEDS[name]}, **given}


def outputs(name: str, units: int) -> dict[str, Shape]:
    """The outputs of a function, each with its shape."""
    if name == "hear":
        return {"state": (1, units), "memory": (1, units), "key": (1, MOMENTS * KEY)}
    return {"logits": (1, HEADS[name].bins)}
