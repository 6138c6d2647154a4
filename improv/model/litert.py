"""The exported network on LiteRT: the default on a CPU, 0.1 ms a note and no TensorFlow."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from improv.errors import ModelRefused
from improv.model.seed import Forward, Prediction, SeedImproviser
from improv.model.store import LITERT, ModelFolder, read_graph
from improv.music.encoding import FEATURES, WINDOW, Features
from improv.music.event import PITCHES

OUTPUTS = {"pitch": (1, PITCHES), "step": (1, 1), "duration": (1, 1)}


def improviser(folder: ModelFolder) -> SeedImproviser:
    """The model of a verified folder, ready to play. Raises ModelRefused."""
    try:
        run = forward(read_graph(folder))
    except (ValueError, RuntimeError, KeyError, IndexError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelRefused(
            f"{folder.path / LITERT} can't be run by LiteRT ({words}); "
            "export it again with `improv train`"
        ) from error
    return SeedImproviser(folder.name, "litert", run)


def forward(graph: bytes) -> Forward:
    """The network of a LiteRT model, on one thread.

    Inputs and outputs are found by name: the converter may order them as it likes. Raises
    ValueError, RuntimeError or KeyError where the graph is not a seed network.
    """
    # Without XNNPACK, which writes a line on the terminal and saves 0.04 of 0.14 ms a note.
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=graph, num_threads=1, experimental_op_resolver_type=plain
    )
    interpreter.allocate_tensors()
    signature = interpreter.get_signature_runner()
    heard = signature.get_input_details()["window"]
    given = signature.get_output_details()
    if tuple(heard["shape"]) != (1, WINDOW, FEATURES):
        raise ValueError(f"its window is {tuple(heard['shape'])}")
    for name, shape in OUTPUTS.items():
        if tuple(given[name]["shape"]) != shape:
            raise ValueError(f"its {name} is {tuple(given[name]['shape'])}")
    window = heard["index"]
    pitch, step, duration = (given[name]["index"] for name in OUTPUTS)

    def run(features: Features) -> Prediction:
        interpreter.set_tensor(window, np.ascontiguousarray(features[None], np.float32))
        interpreter.invoke()
        return (
            interpreter.get_tensor(pitch)[0],  # (128,)
            float(interpreter.get_tensor(step)[0, 0]),
            float(interpreter.get_tensor(duration)[0, 0]),
        )

    return run
