"""The relative network as it plays: five small functions, one note at a time.

`hear` takes in one note, then `step`, `pitch`, `duration` and `velocity` give the logits of the
next one's factors, each asked once those before it have been drawn. All have fixed shapes, so
that they can be exported; between them stand the drawing and its constraints, in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

from improv.model import relative
from improv.model.heads import HEADS
from improv.model.relative import Tensor, Weights
from improv.music.encoding import WINDOW
from improv.music.hearing import STYLES, VOCABULARY

Function = Callable[..., dict[str, Tensor]]
Signature = Mapping[str, tuple[tuple[int, ...], str]]  # input to shape and type

_PAST = {
    "past": ((1, WINDOW, 4), "int32"),
    "now": ((1, WINDOW, 2), "float32"),
    "then": ((1, WINDOW, 4), "float32"),
}


def signature(name: str, units: int) -> Signature:
    """The inputs of a function, each with its shape and type."""
    state = {"state": ((1, units), "float32")}
    if name == "hear":
        return {
            "note": ((1, len(VOCABULARY)), "int32"),
            "style": ((1, len(STYLES)), "float32"),
            **state,
            "memory": ((1, units), "float32"),
        }
    given: Signature = dict.fromkeys(HEADS[name].given, ((1,), "int32"))
    past = {key: _PAST[key] for key in _NEEDS[name]}
    return {**state, **past, **given}


_NEEDS = {
    "step": ("past", "now"),
    "pitch": ("past", "then"),
    "duration": ("past", "now", "then"),
    "velocity": ("past",),
}
NAMES = ("hear", *_NEEDS)


def functions(weights: Weights) -> dict[str, Function]:
    """The five functions by name; each takes the inputs of its signature by name."""

    def hear(note: Tensor, style: Tensor, state: Tensor, memory: Tensor) -> dict[str, Tensor]:
        given = relative.gates(weights, note, style)
        state, memory = relative.cell(given, state, memory, weights["hear/recurrent"])[:2]
        return {"state": state, "memory": memory}

    def head(name: str) -> Function:
        def ask(state: Tensor, past: Tensor, **given: Tensor) -> dict[str, Tensor]:
            now = given.get("now", ops.zeros((1, WINDOW, 2)))
            then = given.get("then", ops.zeros((1, WINDOW, 4)))
            step = given.get("step", ops.zeros((1,), "int32"))
            laid = relative.rolls(past, now, then, step)[name]
            view = relative.hidden(weights, name, state)
            return {"logits": relative.logits(weights, name, view, given, laid)}

        return ask

    return {"hear": hear, **{name: head(name) for name in _NEEDS}}


def zeros(name: str, units: int) -> dict[str, Any]:
    """Inputs of the right shapes, to try a function with."""
    return {key: ops.zeros(shape, kind) for key, (shape, kind) in signature(name, units).items()}
