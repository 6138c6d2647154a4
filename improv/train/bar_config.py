"""What decides how a generator of bars is trained, as in configs/bars.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from improv.errors import UsageError
from improv.model.bar_network import FEWEST

FAMILY = "bars"


@dataclass(frozen=True, slots=True)
class BarConfig:
    """A run, as in configs/bars.toml."""

    family: str = FAMILY
    name: str = "bars"
    units: int = 96
    conditioned: bool = True  # on the bar before and the chord; else on neither
    softness: float = 1.0  # temperature of the chances that a drawn step passes its gradient on by
    matching_bars: float = 0.1  # weight of feature matching on the bars themselves
    matching_features: float = (
        1.0  # and on what the discriminator's first convolution makes of them
    )
    smooth: float = 0.9  # what the discriminator is to say of a real bar
    generator_turns: int = 2  # steps of the generator to one of the discriminator
    dropout: float = 0.2  # in the discriminator
    forgotten: float = 0.15  # of the bars, those whose bar before is left out
    weakened: float = 0.15  # and those where it counts less than whole
    chordless: float = 0.1  # and those whose chord is left out
    batch: int = 32
    steps: int = 7000
    every: int = 250  # steps from one validation, and checkpoint, to the next
    validation_bars: int = 1000
    average: float = 0.999  # decay of the running average a step
    learning_rate: float = 0.0005  # at first; it falls to 0 along a cosine
    seed: int = 1
    data_licence: str = "not stated"

    def __post_init__(self) -> None:
        least = {"units": FEWEST, "generator_turns": 1, "batch": 2, "steps": 1}
        least |= {"every": 1, "validation_bars": 1}
        for name, fewest in least.items():
            if getattr(self, name) < fewest:
                raise UsageError(f"{name} must be at least {fewest}, not {getattr(self, name)}")
        for name in ("dropout", "forgotten", "weakened", "chordless", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} must be from 0 to below 1, not {getattr(self, name):g}")
        if not (self.learning_rate > 0 and self.softness > 0 and 0.5 < self.smooth <= 1):
            raise UsageError("learning_rate and softness must be above 0, smooth from 0.5 to 1")
        if self.family != FAMILY:
            raise UsageError(f"family must be {FAMILY}, not {self.family!r}")
        if not self.name or Path(self.name).name != self.name:
            raise UsageError(f"name must be a plain word, not {self.name!r}")
