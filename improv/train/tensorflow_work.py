"""The multiply-adds of a training step, counted in its TensorFlow graph."""

from __future__ import annotations

from math import prod
from typing import Any

import tensorflow as tf

# there is no public way into the body of a loop
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph


def multiply_adds(model: Any, lesson: tuple[Any, ...], turns: int) -> int:
    """Of the matrix products and convolutions of a step, forward and backward.

    0 where the graph leaves a shape open, as the loop of keras.layers.LSTM does.
    """

    def step(heard: Any, wanted: Any, weights: Any = None) -> Any:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(heard, wanted, model(heard), weights)
        return tape.gradient(loss, model.trainable_variables)

    graph = tf.function(step).get_concrete_function(*lesson).graph
    try:
        return _of(graph, turns)
    except _OpenShapeError:
        return 0


class _OpenShapeError(Exception):
    pass


_COUNTED = {"MatMul", "BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"}


def _of(graph: Any, turns: int) -> int:
    functions = {f.signature.name: f for f in graph.as_graph_def().library.function}

    def inside(name: str, shapes: list[Any]) -> int:
        return _of(function_def_to_graph(functions[name], shapes), turns)

    total = 0
    for op in _needed(graph):
        shapes = [tensor.shape for tensor in op.inputs]
        if op.type in _COUNTED and not all(
            tensor.shape.is_fully_defined() for tensor in (*op.inputs, *op.outputs)
        ):
            raise _OpenShapeError
        match op.type:
            case "MatMul":
                total += (
                    prod(op.outputs[0].shape) * shapes[0][0 if op.get_attr("transpose_a") else 1]
                )
            case "BatchMatMulV2":
                total += prod(op.outputs[0].shape) * shapes[0][-2 if op.get_attr("adj_x") else -1]
            case "Conv2D" | "Conv2DBackpropInput":
                total += prod(_places(op)) * prod(shapes[1])
            case "Conv2DBackpropFilter":
                total += prod(_places(op)) * prod(op.outputs[0].shape)
            case "While" | "StatelessWhile":
                total += turns * inside(op.get_attr("body").name, shapes)
            case "PartitionedCall" | "StatefulPartitionedCall":
                total += inside(op.get_attr("f").name, shapes)
    return total


def _needed(graph: Any) -> set[Any]:
    """The operations that what the graph gives depends on; of a gradient some are for nobody."""
    found: set[Any] = set()
    waiting = [tensor.op for tensor in graph.outputs]
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += [tensor.op for tensor in op.inputs]
            waiting += op.control_inputs
    return found


def _places(op: Any) -> list[int]:
    """Batch, height and width of what a convolution makes: one product with the kernel at each."""
    made = op.outputs[0].shape if op.type == "Conv2D" else op.inputs[2].shape
    return list(made[:-1])
