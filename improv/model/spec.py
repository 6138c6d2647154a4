"""What a network is, in our own words: its schema in network.json and the shapes of its weights.

No Keras here: the player lists and checks models without loading it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from improv.music.encoding import ENCODING_VERSION, FEATURES
from improv.music.event import PITCHES

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network that can be built again from this alone.

    `encoding` is the version of music/encoding.py it was trained with, `units` the size of the
    LSTM's state.
    """

    encoding: int = ENCODING_VERSION
    architecture: str = "seed"
    units: int = 128


ARCHITECTURES = ("seed",)
LARGEST = 1024  # units; 18 MB of weights. Above it a schema is damage or malice


def shapes(spec: NetworkSpec) -> dict[str, Shape]:
    """Each weight's name and shape, in the order of the network's layers."""
    units = spec.units
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


def parameters(spec: NetworkSpec) -> int:
    """How many numbers the network has learnt."""
    return sum(prod(shape) for shape in shapes(spec).values())
