"""What the relative network's heads are and the shapes of its weights, without Keras.

`pitch`, `step` and the other factors are scored by a head each, see `improv.model.relative`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from improv.music.event import PITCHES
from improv.music.vocabulary import INTERVALS, STYLES, TIMES, VELOCITIES, VOCABULARY, WINDOW

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """One factor of a note. `bins` candidates, scored from `rolls` channels laid out on them.

    `width` is how many candidates the convolution sees, `channels` how many features it makes;
    `given` are the factors drawn before, with the size of each one's vocabulary. `echoes` is how
    many rolls each moment harked back to is laid out in.
    """

    bins: int
    rolls: int
    width: int
    channels: int
    given: Mapping[str, int]
    echoes: int = 1


HEADS = {  # in the order a note's factors are drawn
    "velocity": Head(VELOCITIES, 3, 15, 8, {}),
    "step": Head(TIMES, 7, 25, 12, {"velocity": VELOCITIES}),
    "pitch": Head(PITCHES, 7, 49, 24, {"velocity": VELOCITIES, "step": TIMES}, echoes=2),
    "duration": Head(
        TIMES,
        7,
        25,
        12,
        {"velocity": VELOCITIES, "step": TIMES, "pitch": PITCHES, "interval": INTERVALS},
    ),
}
GATES = {"lstm": 4, "gru": 3}  # of each kind of recurrent state
MOMENTS, KEY = 2, 24  # that each head harks back to at once, and numbers each is found by
ECHO_WIDTH = 5  # how many candidates the convolution of echoes sees; 13 gained nothing
HIDDEN = 256  # units between the state and each head
# how many notes each roll decays over; the newest note has lag 0
PITCH_FADES = (1.0, 3.0, 12.0, 40.0)
STEP_FADES = (0.7, 3.0, 12.0)
DURATION_FADES = (0.7, 6.0)
VELOCITY_FADES = (0.7, 3.0, 12.0)


def shapes(units: int, recurrence: str, pitch: str) -> dict[str, Shape]:
    """Each weight's name and shape; see `improv.model.spec.NetworkSpec` for the last two."""
    gates = GATES[recurrence] * units
    deaf = {"absolute": {"interval", "second_interval"}, "interval": {"pitch"}}.get(pitch, set())
    table: dict[str, Shape] = {
        f"hear/{name}": (size + 1, gates) for name, size in VOCABULARY.items() if name not in deaf
    }
    table |= {
        "hear/style": (len(STYLES), gates),
        "hear/recurrent": (units, gates),
        "hear/bias": (gates,),
        "hear/key": (units, MOMENTS * KEY),
    }
    for name, head in HEADS.items():
        given = {key: size for key, size in head.given.items() if key not in deaf}
        table |= {
            f"{name}/state": (units, HIDDEN),
            f"{name}/bias": (HIDDEN,),
            **{f"{name}/{key}": (size, HIDDEN) for key, size in given.items()},
        }
        if name != "pitch" or pitch != "absolute":
            table |= {
                f"{name}/query": (HIDDEN, MOMENTS * KEY),
                f"{name}/lag": (WINDOW, MOMENTS),
                f"{name}/echo": (ECHO_WIDTH, MOMENTS * head.echoes, head.channels),
                f"{name}/kernel": (head.width, head.rolls, head.channels),
                f"{name}/modulation": (HIDDEN, 3 * head.channels),
                f"{name}/modulation_bias": (3 * head.channels,),
            }
        if name != "pitch" or pitch != "interval":
            table |= {
                f"{name}/absolute": (HIDDEN, head.bins),
                f"{name}/absolute_bias": (head.bins,),
            }
    return table
