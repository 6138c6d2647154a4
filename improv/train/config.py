"""What decides how a training run goes, as in configs/*.toml.

Every number of a run's course follows from this, the music and the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from improv.errors import UsageError
from improv.model.spec import LENGTHS, PITCHES_AS, RECURRENCES, NetworkSpec
from improv.music.event import DURATIONS, HELD
from improv.train.sequences import Augmentation

UNSTATED = "not stated"
PRECISIONS = ("float32", "bfloat16", "float16")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{name} must be {' or '.join(known)}, not {value!r}")


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """What the relative network's training alone needs; see `sequences.Augmentation`."""

    recurrence: str = "lstm"
    pitch: str = "both"
    length: int = 64  # notes
    tempo: float = 0.1
    velocity: int = 10
    unpitched: float = 0.3
    dropout: float = 0.3
    token_dropout: float = 0.08
    one_hand: float = 0.15
    weight_decay: float = 0.04
    pop: str = ""  # a second folder or zip, of the pop style
    pop_share: float = 0.5  # of its sequences in each pass
    melody_share: float = 0.0  # of those of its melodies by themselves, the third style
    pop_licence: str = UNSTATED  # for the model's card

    def __post_init__(self) -> None:
        shortest, longest = LENGTHS
        if not shortest <= self.length <= longest:
            raise UsageError(
                f"length must be from {shortest} to {longest} notes, not {self.length}"
            )
        _one_of("recurrence", self.recurrence, RECURRENCES)
        _one_of("pitch", self.pitch, PITCHES_AS)
        shares = ("tempo", "unpitched", "dropout", "token_dropout", "one_hand")
        for name in (*shares, "pop_share", "melody_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} must be from 0 to 1, not {getattr(self, name):g}")
        if self.dropout == 1:
            raise UsageError("dropout must be below 1, or the network would say nothing")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run, as in configs/seed.toml.

    The learning rate stands until the share `decay_from` of the run and then falls in a straight
    line to `final_rate` times itself. A run is `epochs` passes over all windows or sequences long,
    or `steps` where that is not 0. Validation runs `validations` times an epoch; after `patience`
    of them with no better loss the run stops.
    """

    name: str = "untitled"
    architecture: str = "seed"
    units: int = 128
    durations: str = HELD  # or PEDALLED: how long notes sound with the sustain pedal
    pitch_weight: float = 0.05
    step_weight: float = 1.0
    duration_weight: float = 1.0
    batch: int = 64  # windows
    transpose: int = 0  # each window by up to this many semitones, up or down, anew each time
    learning_rate: float = 0.002
    decay_from: float = 0.4
    final_rate: float = 0.01
    warmup: int = 0  # steps over which the rate rises at the beginning
    epochs: float = 6.0
    steps: int = 0  # the length of the run where it is not to be counted in epochs; 0 by epochs
    average: float = 0.0  # decay of the running average that is validated and kept; 0 for none
    validations: int = 4  # per epoch
    validation_windows: int = 100_000  # 0 for all
    patience: int = 12  # validations
    report_steps: int = 1000
    checkpoint_seconds: float = 60.0
    seed: int = 0
    precision: str = "float32"  # of what is computed; weights are float32 always
    tensorboard: bool = True
    sequences: SequenceConfig = SequenceConfig()
    # for the model's card
    title: str = UNSTATED
    licence: str = UNSTATED
    data_name: str = UNSTATED
    data_licence: str = UNSTATED
    data_split: str = "by piece"

    def __post_init__(self) -> None:
        for name in ("units", "batch", "validations", "patience", "report_steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.epochs > 0 or self.steps < 0:
            raise UsageError("epochs must be above 0, and steps at least 0")
        if not 0 <= self.average < 1:
            raise UsageError(f"average must be from 0 to below 1, not {self.average:g}")
        _one_of("precision", self.precision, PRECISIONS)
        _one_of("durations", self.durations, DURATIONS)
        if not self.learning_rate > 0:
            raise UsageError(f"learning_rate must be above 0, not {self.learning_rate:g}")
        if not 0 <= self.transpose <= 12:
            raise UsageError(f"transpose must be from 0 to 12 semitones, not {self.transpose}")
        if not self.name or Path(self.name).name != self.name:
            raise UsageError(f"name must be a plain word, not {self.name!r}")
        if not 0 <= self.decay_from <= 1 or not 0 <= self.final_rate <= 1:
            raise UsageError("decay_from and final_rate must be from 0 to 1")

    @property
    def augmentation(self) -> Augmentation:
        own = self.sequences
        return Augmentation(
            self.transpose,
            own.tempo,
            own.velocity,
            own.unpitched,
            own.dropout,
            own.token_dropout,
            own.one_hand,
        )

    @property
    def spec(self) -> NetworkSpec:
        own = self.sequences
        return NetworkSpec(
            architecture=self.architecture,
            units=self.units,
            durations=self.durations,
            recurrence=own.recurrence,
            pitch=own.pitch,
            length=own.length,
        )


def rate(config: TrainConfig, step: int, total: int) -> float:
    """The learning rate of a step, of `total`."""
    begin = config.decay_from * total
    share = 0.0 if step <= begin else min(1.0, (step - begin) / max(1.0, total - begin))
    warm = min(1.0, (step + 1) / config.warmup) if config.warmup else 1.0
    return warm * config.learning_rate * (1.0 - share * (1.0 - config.final_rate))
