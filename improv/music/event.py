"""What sounds: notes, and the MIDI events that start and end them.

Times are seconds on the player's clock, pitches 0-127 (60 = C4), velocities 1-127, channels
0-15. Velocity 0 never appears inside: the edge turns it into a NoteOff.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

PITCHES = 128


class Source(Enum):
    """Who a note comes from."""

    YOU = "you"
    IMPROV = "improv"


DURATIONS = HELD, PEDALLED = ("held", "pedalled")
"""What a network takes for a note's duration: how long its key is held, or how long it sounds."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that has sounded, or (duration 0 so far) has begun to.

    `duration` is how long its key was held, `rings` how much longer a sustain pedal let it sound;
    both in seconds. `by_heart` is the proposed note's.
    """

    pitch: int
    velocity: int
    start: float
    duration: float
    source: Source = Source.YOU
    rings: float = 0.0
    by_heart: int = field(default=0, compare=False, repr=False)

    @property
    def sounding(self) -> float:
        """Seconds it sounded, with the pedal."""
        return self.duration + self.rings


@dataclass(frozen=True, slots=True)
class ProposedNote:
    """A note not yet placed in time: `step` seconds after the start of the note before it.

    A model that plays to a beat says which `beat` of it the note begins on, a fraction and all;
    that holds, and `step` is what it came to when it was drawn. `chances` says how likely each
    pitch was then, see `play.chances`, and `by_heart` how many notes, up to this one, stand in what
    the model learnt from, see `play.lessons`; they are for looking at, and no part of the note.
    """

    pitch: int
    velocity: int
    step: float
    duration: float
    beat: float | None = None
    chances: bytes = field(default=b"", compare=False, repr=False)
    by_heart: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NoteOn:
    at: float
    pitch: int
    velocity: int
    channel: int = 0


@dataclass(frozen=True, slots=True)
class NoteOff:
    at: float
    pitch: int
    channel: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Any other channel message (control, program, bend, pressure), kept as its bytes for thru."""

    at: float
    data: bytes


Event = NoteOn | NoteOff | Other


@dataclass(frozen=True, slots=True)
class Pulse:
    """A message of a MIDI clock: one of its pulses, or start, continue, stop, song position."""

    at: float
    data: bytes
