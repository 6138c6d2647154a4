"""What a musician writes to name a port: ``virtual:improv``, ``port:KeyStep``, ``fluidsynth``.

A spec is text with one meaning; opening it is the other files' work. `str(spec)` is the spelling
that is shown, saved and parsed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from improv.errors import UsageError

DEFAULT_NAME = "improv"
LONGEST_NAME = 40  # JACK stops at 63 bytes for a client, and improv adds a suffix


class Kind(Enum):
    """How a port comes about."""

    VIRTUAL = "virtual"  # improv makes it, others connect to it
    PORT = "port"  # it is there already, improv connects to it
    FLUIDSYNTH = "fluidsynth"  # sound from this computer
    FILE = "file"  # a take, written while it plays
    NONE = "none"


Way = Literal["input", "output"]
"""Whether notes come in by a port or go out."""

ALLOWED = "virtual[:NAME], port:NAME, fluidsynth, file:TAKE.mid or none"


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A port to open; `name` is empty where the kind says all."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


class Plugged(NamedTuple):
    """The ports of others that are connected to one that was made here."""

    way: Way
    spec: str
    others: tuple[str, ...]


def parse_spec(text: str) -> PortSpec:
    """The port that `text` names. Raises UsageError, which lists what is allowed."""
    word, colon, name = text.strip().partition(":")
    name = name.strip()
    try:
        kind = Kind(word.strip().lower())
    except ValueError:
        raise UsageError(f"not a port: {text!r}; use {ALLOWED}") from None
    if kind is Kind.VIRTUAL:
        name = name or DEFAULT_NAME
        if ":" in name or not name.isprintable() or len(name) > LONGEST_NAME:
            raise UsageError(
                f"a virtual port's name has at most {LONGEST_NAME} characters and no colon:"
                f" {name!r}"
            )
    elif kind in (Kind.PORT, Kind.FILE):
        if not name:
            raise UsageError(f"{kind.value}: needs a name after the colon; use {ALLOWED}")
        if kind is Kind.FILE and not name.lower().endswith((".mid", ".midi")):
            raise UsageError(f"a take is a .mid file: {name!r}")
    elif colon:
        raise UsageError(f"{kind.value} takes no name: {text!r}; use {ALLOWED}")
    return PortSpec(kind, name)
