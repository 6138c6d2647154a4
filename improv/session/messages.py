"""What the three processes say to each other. Plain frozen values; nothing here acts.

terminal --Command--> player --Request--> model
terminal <--Report--- player <--Reply---- model

Times are seconds on the player's clock (time.monotonic, one for all processes of a machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from improv.listen.evening import Copies
from improv.music.chord import NONE as NO_CHORD
from improv.music.event import Note
from improv.play.controls import Control, Standing
from improv.play.messages import (
    Action,
    Chorded,
    Ended,
    Foreseen,
    Futures,
    Level,
    NameChord,
    Named,
    Notice,
    Phase,
    Planned,
    Primer,
    Proposal,
    Request,
    SetParam,
    Sounded,
    Strike,
    Sync,
    Transport,
)
from improv.play.outbox import Unheard
from improv.play.params import Params, Value
from improv.ports.spec import Plugged

__all__ = [
    "Action",
    "Chorded",
    "Command",
    "Control",
    "Do",
    "Ended",
    "Fade",
    "Foreseen",
    "Futures",
    "Goodbye",
    "Learn",
    "Level",
    "ModelFailed",
    "ModelReady",
    "ModelSetup",
    "ModelState",
    "NameChord",
    "Named",
    "Notice",
    "Phase",
    "Planned",
    "PlayerLink",
    "PlayerSetup",
    "Primer",
    "Proposal",
    "Quit",
    "RecallPreset",
    "Reply",
    "Report",
    "Request",
    "SaveTake",
    "SetInputs",
    "SetOutputs",
    "SetParam",
    "Sounded",
    "Standing",
    "Status",
    "StorePreset",
    "Strike",
    "SwitchSides",
    "Sync",
    "TakeState",
    "Tap",
    "TerminalGone",
    "Timing",
    "Transport",
    "Turn",
    "Undo",
    "Unlearn",
]

NO_BEAT = Sync()

# --- terminal -> player --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetOutputs:
    """Have exactly these outputs open, by spec; an unknown one is refused with a Notice."""

    specs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetInputs:
    specs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaveTake:
    """Keep the take of this session for ever; a Notice says where it is."""


@dataclass(frozen=True, slots=True)
class Quit:
    pass


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap of the tempo, when the key was pressed."""

    at: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn a knob from elsewhere than the screen: no serial, and nobody waits for it."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Fade:
    """Turn a knob to a place on its track, 0 to 1."""

    name: str
    place: float


@dataclass(frozen=True, slots=True)
class Undo:
    """Turn the knobs back to before the last gesture; `redo` undoes that."""

    redo: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """One of `play.deeds`, by whoever does not know how the player stands."""

    deed: str


@dataclass(frozen=True, slots=True)
class SwitchSides:
    """Between two states of all knobs, A and B; what is left is as it was when one comes back."""


@dataclass(frozen=True, slots=True)
class RecallPreset:
    """Turn the knobs to a preset, by its name or slot."""

    name: str


@dataclass(frozen=True, slots=True)
class StorePreset:
    """Keep the knobs as they stand in a slot, 1-9."""

    slot: int


@dataclass(frozen=True, slots=True)
class Learn:
    """Bind this knob to the next control that is moved; None gives that up."""

    knob: str | None


@dataclass(frozen=True, slots=True)
class Unlearn:
    """Pass this control on again."""

    control: Control


Command = (
    SetParam
    | Transport
    | Strike
    | SetOutputs
    | SetInputs
    | SaveTake
    | Tap
    | Turn
    | Fade
    | Undo
    | Do
    | SwitchSides
    | RecallPreset
    | StorePreset
    | Learn
    | Unlearn
    | Quit
)

# --- player -> terminal --------------------------------------------------------------------


class ModelState(Enum):
    LOADING = "loading"
    READY = "ready"
    RESTARTING = "restarting"
    DOWN = "down"  # died too often, or was refused


@dataclass(frozen=True, slots=True)
class Timing:
    """Figures since the start, over a rolling window where they are percentiles."""

    inference_us_p50: float = 0.0
    inference_us_p99: float = 0.0
    lateness_ms_p50: float = 0.0
    lateness_ms_p99: float = 0.0
    lateness_ms_max: float = 0.0
    sent: int = 0  # messages sent
    late: int = 0  # note-ons more than 5 ms late
    dropped: int = 0  # note-ons more than 50 ms late, not sent
    released: int = 0  # notes that had to be let go by a stop, panic or exit
    queued: int = 0  # planned notes
    priority: str = "normal"  # as realtime.Footing says it
    memory: str = "not locked"  # or "locked"
    knob_heard_ms: float | None = None  # from the last turned knob to the first note with it
    knob_heard_ms_p99: float = 0.0
    knob_decided_ms_p50: float = 0.0  # to the moment that note had a time
    knob_decided_ms_p99: float = 0.0
    answer_ms_p50: float = 0.0  # an answer's first note, beyond your pause and its own first step
    answer_ms_p99: float = 0.0
    drift_ms: float = 0.0  # median lateness now less that of the first notes
    cpu_percent: float = 0.0  # of one core, for the player, since the start
    spin_percent: float = 0.0  # of that, looking at the clock just before a send


@dataclass(frozen=True, slots=True)
class TakeState:
    """How the take of the session stands; times are in seconds from its first note."""

    seconds: float | None = None  # how long it is; None: nothing has sounded
    saved: float | None = None  # up to where it was saved for ever
    trouble: bool = False  # the disk takes nothing: it is kept in memory


NO_TAKE = TakeState()
NO_COPIES = Copies()


@dataclass(frozen=True, slots=True)
class Status:
    """The state in force, sent some ten times a second and after every change."""

    now: float
    phase: Phase
    params: Params
    serial: int  # of the last SetParam in force
    outputs: tuple[str, ...]  # specs open now
    inputs: tuple[str, ...]
    output_choices: tuple[str, ...]  # specs that could be opened
    input_choices: tuple[str, ...]
    model: str
    model_state: ModelState
    backend: str  # "litert", "tensorflow cpu", "tensorflow gpu"
    seed: int
    context: int  # notes in the context, at most `params.context`
    played: int  # notes it has sounded
    heard: int  # notes of yours
    timing: Timing
    inert: frozenset[str] = frozenset()  # knobs that turn nothing in what the model plays
    # Serials of the notes that sound: a terminal that was stopped has missed the end of others.
    sounding: frozenset[int] | None = None
    # How many messages each port would not take or do since the start; those without are left out.
    faults: tuple[tuple[str, int], ...] = ()
    device_why: str = ""  # why the model is on the device it is on
    key: str = ""  # "D dorian" that it keeps to, or "A minor" that you play in
    version: tuple[int, int] | None = None  # which one of what sounds, from 1, of how many so far
    # Outputs that get improv's notes this long before they are due; those with none are left out.
    latency_ms: tuple[tuple[str, float], ...] = ()
    undo: tuple[int, int] = (0, 0)  # gestures that can be undone, and redone
    preset: str = ""  # the title of the last one recalled
    side: str = "A"  # which of two states of all knobs, or "B"
    learning: str | None = None  # the knob that waits for a control
    controls: tuple[Standing, ...] = ()  # all that was learnt
    sync: Sync = NO_BEAT  # the beat it plays to
    chord: str = NO_CHORD  # in force
    copies: Copies = NO_COPIES
    take: TakeState = NO_TAKE
    plugged: tuple[Plugged, ...] = ()
    unheard: tuple[Unheard, ...] = ()


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The player's last words: the final state, and how many notes still sounded (always 0)."""

    status: Status
    sounding: int
    reason: str
    exit_code: int = 0
    lateness: tuple[tuple[float, float], ...] = ()  # (due, seconds late), if asked for
    take: str = ""  # where the take of the session is, if a note sounded


Report = Sounded | Ended | Planned | Foreseen | Chorded | Status | Notice | Goodbye

# --- player <-> model ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelReady:
    name: str
    backend: str
    inert: frozenset[str] = frozenset()  # knobs that turn nothing in what it plays
    digest: str = ""  # SHA-256 of its weights
    device_why: str = ""  # why it is on the device it is on


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model can't be loaded; `text` is for the musician, `exit_code` as in improv.errors."""

    text: str
    exit_code: int


Reply = Proposal | Futures | Named | ModelReady | ModelFailed

# --- how the children are started ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelSetup:
    """First message to the model process."""

    model: str  # a name that `improv models` lists, or a folder
    device: str  # "auto", "cpu" or "gpu"


@dataclass(frozen=True, slots=True)
class PlayerSetup:
    """First message to the player process. None for ports: whatever is there."""

    params: Params
    seed: int
    model: ModelSetup
    opening: tuple[Note, ...]  # the prompt, or the built-in phrase
    idle_start: float | None  # seconds until it starts by itself; None: only when asked
    outputs: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None
    patient: bool = False  # ports that are not there now are opened when they come
    soundfont: str | None = None
    seconds: float | None = None  # play this long, then quit
    keep_playing: bool = False  # go on when the terminal is gone
    # Of a player that follows one that was killed: pitches that may ring. None: it is the first.
    hanging: frozenset[int] | None = None
    left_out: tuple[str, ...] = ()  # outputs in which it hung: until they return or are chosen
    plugged: tuple[Plugged, ...] = ()  # what was connected to its ports
    unheard: tuple[Unheard, ...] = ()  # what rings with those that were gone
    sending: str = ""  # the file where it says what it sends to, see session/sending.py
    keep_lateness: bool = False  # say every note's lateness in Goodbye
    latency_ms: tuple[tuple[str, float], ...] = ()  # of outputs, by spec or by device
    metronome: str | None = None  # spec of the output that clicks
    active_sensing: bool = False  # send it to MIDI outputs four times a second
    osc: tuple[str, int] | None = None  # host and port to be told through
    osc_out: tuple[str, int] | None = None  # host and port that hears the notes


@dataclass(frozen=True, slots=True)
class TerminalGone:
    """The pipe from the terminal has ended."""


# --- what the screen holds -----------------------------------------------------------------


class PlayerLink(Protocol):
    """The terminal's end of the pipe to the player. Neither call blocks."""

    def send(self, command: Command) -> None: ...

    def receive(self) -> list[Report]:
        """All reports since the last call, in order."""

    @property
    def ended(self) -> bool:
        """True when the player is gone and every report has been received."""
