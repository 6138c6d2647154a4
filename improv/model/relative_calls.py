"""The relative network as it plays: five small functions, one note at a time.

`hear` takes in one note, then `velocity`, `step`, `pitch` and `duration` give the logits of the
next one's factors, each asked once those before it have been drawn. All have fixed shapes, so
that they can be exported; between them stand the drawing and its constraints, in NumPy. They take
one note each of as many futures as their inputs hold, (B, ...); playing alone, B is 1.
"""

from __future__ import annotations

from collections.abc import Callable

from keras import ops

from improv.model import relative
from improv.model.heads import KEY, MOMENTS
from improv.model.recurrence import RECURRENCES
from improv.model.relative import Tensor, Weights
from improv.model.signatures import NEEDS
from improv.model.spec import NetworkSpec
from improv.music.vocabulary import WINDOW

Function = Callable[..., dict[str, Tensor]]


def functions(weights: Weights, spec: NetworkSpec) -> dict[str, Function]:
    """The five functions by name; each takes the inputs of its signature by name."""

    def hear(note: Tensor, style: Tensor, **carried: Tensor) -> dict[str, Tensor]:
        given = relative.gates(weights, note, style)
        after = RECURRENCES[spec.recurrence].step(given, carried, weights["hear/recurrent"])
        return {**after, "key": relative.key(weights, after["state"])}

    def head(name: str) -> Function:
        def ask(state: Tensor, **given: Tensor) -> dict[str, Tensor]:
            batch = state.shape[0]
            past = given.get("past", ops.zeros((batch, WINDOW, 4), "int32"))
            keys = given.get("keys", ops.zeros((batch, WINDOW, MOMENTS * KEY)))
            now = given.get("now", ops.zeros((batch, WINDOW, 2)))
            then = given.get("then", ops.zeros((batch, WINDOW, 4)))
            step = given.get("step", ops.zeros((batch,), "int32"))
            laid = relative.rolls(past, now, then, step)[name]
            return {"logits": relative.logits(weights, name, state, given, laid, past, keys)}

        return ask

    return {"hear": hear, **{name: head(name) for name in NEEDS}}
