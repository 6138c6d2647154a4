"""The exported network on LiteRT: the default on a CPU, 0.1 ms a note and no TensorFlow."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from improv.errors import ModelRefused
from improv.model import signatures
from improv.model.listening import Call, DistributionImproviser, Ear
from improv.model.seed import Forward, Prediction, SeedImproviser
from improv.model.spec import NetworkSpec
from improv.model.store import LITERT, ModelFolder, read_graph, read_lessons
from improv.music.encoding import Features
from improv.music.event import PITCHES
from improv.music.vocabulary import FEATURES, WINDOW
from improv.play.interfaces import Branching
from improv.play.lessons import Lessons
from improv.quiet import quiet

OUTPUTS = {"pitch": (1, PITCHES), "step": (1, 1), "duration": (1, 1)}


def improviser(folder: ModelFolder) -> Branching:
    """The model of a verified folder, ready to play. Raises ModelRefused."""
    lessons = Lessons.kept(read_lessons(folder))
    try:
        if folder.spec.architecture == "relative":
            ear = Ear(calls(read_graph(folder), folder.spec), folder.spec)
            return DistributionImproviser(folder.name, "litert", ear, lessons=lessons)
        return SeedImproviser(folder.name, "litert", forward(read_graph(folder)), lessons)
    except (ValueError, RuntimeError, KeyError, IndexError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelRefused(
            f"{folder.path / LITERT} can't be run by LiteRT ({words}); "
            "export it again with `improv train`"
        ) from error


def interpreter(graph: bytes) -> Interpreter:
    """A LiteRT model on one thread, ready to run. Raises ValueError or RuntimeError."""
    # With XNNPACK, which says so on the terminal: half the time a note, and with 8-bit weights a
    # quarter (the seed's 25 steps 181, 95 and 47 us beside other work).
    with quiet():
        ready = Interpreter(model_content=graph, num_threads=1)
        ready.allocate_tensors()
    return ready


def calls(graph: bytes, spec: NetworkSpec) -> dict[str, Call]:
    """The functions of a relative network.

    Raises ValueError, RuntimeError or KeyError where the graph is not such a network.
    """
    ready = interpreter(graph)
    found: dict[str, Call] = {}
    for name in signatures.NAMES:
        runner = ready.get_signature_runner(name)
        wanted = {
            key: (shape, kind) for key, (shape, kind) in signatures.inputs(name, spec).items()
        }
        given = {
            key: (tuple(int(n) for n in detail["shape"]), np.dtype(detail["dtype"]).name)
            for key, detail in runner.get_input_details().items()
        }
        if given != wanted:
            raise ValueError(f"its {name} takes {given}")
        sizes = {k: tuple(map(int, d["shape"])) for k, d in runner.get_output_details().items()}
        if sizes != signatures.outputs(name, spec):
            raise ValueError(f"its {name} gives {sizes}")
        found[name] = runner
    return found


def forward(graph: bytes) -> Forward:
    """The seed network.

    Inputs and outputs are found by name: the converter may order them as it likes. Raises
    ValueError, RuntimeError or KeyError where the graph is not a seed network.
    """
    ready = interpreter(graph)
    signature = ready.get_signature_runner()
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
        ready.set_tensor(window, np.ascontiguousarray(features[None], np.float32))
        ready.invoke()
        return (
            ready.get_tensor(pitch)[0],  # (128,)
            float(ready.get_tensor(step)[0, 0]),
            float(ready.get_tensor(duration)[0, 0]),
        )

    return run
