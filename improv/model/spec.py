"""What a network is, in our own words: its schema in network.json and the shapes of its weights.

No Keras here: the player lists and checks models without loading it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from improv.model import bar_network, heads
from improv.model.heads import Shape
from improv.music.event import HELD, PITCHES
from improv.music.vocabulary import ENCODING_VERSION, FEATURES


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network that can be built again, and be told what it was told in training, by this alone.

    `encoding` is the version of music/encoding.py it was trained with, `units` the size of the
    recurrent state, `architecture` one of ARCHITECTURES, `durations` one of DURATIONS: how long a
    note is for it, in what it hears and in what it plays. The others are the relative network's
    alone: which recurrent state it has, one of RECURRENCES; how it knows pitch, one of PITCHES_AS
    (by absolute pitch, by intervals and the heads that move with transposition, or by both); and
    how many notes its training sequences had, which is as far as a state may be carried.
    """

    encoding: int = ENCODING_VERSION
    architecture: str = "seed"
    units: int = 128
    durations: str = HELD
    recurrence: str = "lstm"
    pitch: str = "both"
    length: int = 64


PITCHES_AS = ("both", "absolute", "interval")
RECURRENCES = tuple(heads.GATES)
LENGTHS = (32, 512)
LARGEST = 1024  # units; 18 MB of weights. Above it a schema is damage or malice


def _seed_shapes(units: int) -> dict[str, Shape]:
    return {
        "lstm/kernel": (FEATURES, 4 * units),
        "lstm/recurrent_kernel": (units, 4 * units),
        "lstm/bias": (4 * units,),
        "pitch/kernel": (units, PITCHES),
        "pitch/bias": (PITCHES,),
        "step/kernel": (units, 1),
        "step/bias": (1,),
        "duration/kernel": (units, 1),
        "duration/bias": (1,),
    }


_SHAPES: dict[str, Callable[[NetworkSpec], dict[str, Shape]]] = {
    "seed": lambda spec: _seed_shapes(spec.units),  # see improv.model.network
    "relative": lambda spec: heads.shapes(spec.units, spec.recurrence, spec.pitch),
    "bars": lambda spec: bar_network.shapes(spec.units),
}
ARCHITECTURES = tuple(_SHAPES)
GRAPHLESS = frozenset({"bars"})
"""Those that play in NumPy, and need no graph for LiteRT."""
FEWEST = {"bars": bar_network.FEWEST}  # units, where one is too few


def shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Each weight's name and shape, in the order of the network's layers."""
    return _SHAPES[spec.architecture](spec)


def parameters(spec: NetworkSpec) -> int:
    """How many numbers the network has learnt."""
    return sum(prod(shape) for shape in shapes(spec).values())
