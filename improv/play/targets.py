"""Targets: what a control can turn: a knob, one knob of a voice beside the first, or a deed.

Such a voice is a line of text (`play.voices`); the target `voice_2.density` is the density in that
of the second. A turn of it writes the line anew, with this knob's value and all else as it was; so
presets, takes and undo know nothing new. A voice that is off has nothing to be turned. The target
`do.panic` is a deed (`play.deeds`), done at each press. Pure.
"""

from __future__ import annotations

from improv.play import voices
from improv.play.deeds import AB, DEEDS
from improv.play.knobs import label
from improv.play.params import KNOBS, NO_VOICE, VOICES, Knob, Params, Value

_DO = "do."
_NUMBERS = {name: number for number, name in VOICES.items()}


def of_voice(voice: str) -> tuple[str, ...]:
    """The targets in a voice's line, by the name of its knob."""
    return tuple(f"{voice}.{name}" for name in KNOBS if name not in voices.SHARED)


def of_deeds() -> tuple[str, ...]:
    """The targets that are deeds."""
    return tuple(f"{_DO}{name}" for name in DEEDS)


def deed(target: str) -> str:
    """The deed it is; "" for one that is turned."""
    return target.removeprefix(_DO) if target.startswith(_DO) else ""


def known(target: str) -> bool:
    """Whether there is such a target."""
    if its := deed(target):
        return its in DEEDS
    voice, _, name = target.rpartition(".")
    if not voice:
        return name in KNOBS
    return voice in _NUMBERS and name in KNOBS and name not in voices.SHARED


def knob_of(target: str) -> Knob:
    """The knob whose track it has."""
    return KNOBS[target.rpartition(".")[2]]


def words(target: str) -> str:
    """As a musician reads it: "density", "voice 2 density", "panic", "A/B"."""
    if its := deed(target):
        return "A/B" if its == AB else its
    voice, _, name = target.rpartition(".")
    return f"{voice.replace('_', ' ')} {label(KNOBS[name])}" if voice else name.replace("_", " ")


def value(params: Params, target: str) -> Value | None:
    """Where it stands; None where its voice is off."""
    voice, _, name = target.rpartition(".")
    its = voices.of(params, _NUMBERS[voice]) if voice else params
    stands: Value | None = None if its is None else getattr(its, name)
    return stands


def turned(params: Params, target: str, wanted: Value) -> tuple[str, Value]:
    """The knob to be turned so that the target stands there, and what to."""
    voice, _, name = target.rpartition(".")
    if not voice:
        return name, wanted
    line = voices.line_of(params, _NUMBERS[voice])
    return voice, line if line == NO_VOICE else voices.rewritten(line, name, wanted)
