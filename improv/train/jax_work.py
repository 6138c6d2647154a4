"""The multiply-adds of a training step, counted in what JAX traces of it."""

from __future__ import annotations

from math import prod
from typing import Any

import jax


def multiply_adds(model: Any, lesson: tuple[Any, ...]) -> int:
    """Of the matrix products and convolutions of a step, forward and backward."""
    heard, wanted, *weights = lesson
    other = [variable.value for variable in model.non_trainable_variables]

    def loss(learnt: list[Any]) -> Any:
        given, _ = model.stateless_call(learnt, other, heard)
        return model.compute_loss(heard, wanted, given, *weights)

    learnt = [variable.value for variable in model.trainable_variables]
    return _of(jax.make_jaxpr(jax.grad(loss))(learnt).jaxpr)


def _of(jaxpr: Any) -> int:
    total = 0
    for step in jaxpr.eqns:
        turns = step.params.get("length", 1) if step.primitive.name == "scan" else 1
        total += turns * sum(_of(inner) for inner in _inside(step.params))
        if step.primitive.name == "dot_general":
            (contracted, _), _ = step.params["dimension_numbers"]
            first = step.invars[0].aval.shape
            total += prod(step.outvars[0].aval.shape) * prod(first[axis] for axis in contracted)
        elif step.primitive.name == "conv_general_dilated":
            kernel = step.invars[1].aval.shape
            made = step.params["dimension_numbers"].rhs_spec[0]
            total += prod(step.outvars[0].aval.shape) * prod(kernel) // kernel[made]
    return total


def _inside(params: dict[str, Any]) -> list[Any]:
    """What a step calls: the body of a scan, a compiled part."""
    found = []
    for value in params.values():
        inner = getattr(value, "jaxpr", value)  # closed or open
        if hasattr(inner, "eqns"):
            found.append(inner)
    return found
