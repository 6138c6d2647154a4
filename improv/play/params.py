"""The knobs: one frozen dataclass, and for each field its range, unit and words.

A new knob is one line here; the command line, the configuration file and the screen read
`KNOBS`. Changing a knob makes a new Params through `with_value`, which refuses what is out of
range and never clips: what the screen shows is what is in force.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from improv.errors import UsageError
from improv.music import chart as charts
from improv.music import chord as chords
from improv.music import comping
from improv.music import scale as scales

Value = float | int | bool | str


def _never(_: str) -> bool:
    return False


def _nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Knob:
    """What a control surface needs to know of one parameter."""

    name: str
    kind: type  # float, int, bool, or str: one of `choices`
    default: Value
    low: float
    high: float
    step: float  # one press of an arrow key; a tenth of it (at least 1 for int) with Shift
    unit: str
    help: str
    choices: tuple[str, ...] = ()  # from the least to the most; `low` and `high` number them
    also: Callable[[str], bool] = _never  # whether a word that is no choice is a value all the same
    explain: Callable[[str], object] = _nothing  # raises UsageError: why a word is none

    @property
    def spelt(self) -> bool:
        """Whether it takes words beside its choices."""
        return self.also is not _never


def _knob(default: Value, low: float, high: float, step: float, unit: str, words: str) -> Any:
    return field(
        default=default,
        metadata={"low": low, "high": high, "step": step, "unit": unit, "help": words},
    )


def _choice(
    default: str,
    choices: tuple[str, ...],
    words: str,
    also: Callable[[str], bool] = _never,
    explain: Callable[[str], object] = _nothing,
) -> Any:
    last = len(choices) - 1
    metadata = {"low": 0, "high": last, "step": 1, "unit": "", "help": words}
    spelling = {"choices": choices, "also": also, "explain": explain}
    return field(default=default, metadata={**metadata, **spelling})


def is_player(text: str) -> bool:
    """Whether this can be a player's name: letters, digits, spaces, - and _, and no choice."""
    return _PLAYER.fullmatch(text) is not None and text.casefold() not in PLAYERS


def _explain_player(text: str) -> None:
    raise UsageError(
        f"player is nobody, me or a name (up to 32 letters, digits, spaces, - and _), not {text!r}"
    )


def _is_voice(text: str) -> bool:
    from improv.play import voices  # which reads its lines by the knobs below

    return voices.is_line(text)


def _read_voice(text: str) -> object:
    from improv.play import voices

    return voices.read(text)


GUARDS = OFF, GENTLE, STRONG = ("off", "gentle", "strong")
OUTSIDE = SNAP, MUTE = ("snap", "mute")
MODES = CONTINUE, ANSWER, DUET, ACCOMPANY, HARMONISE, SOLO, CHORDS = (
    "continue",
    "answer",
    "duet",
    "accompany",
    "harmonise",
    "solo",
    "chords",
)
LENGTHS = NOTES, SECONDS, YOURS, BARS = ("notes", "seconds", "yours", "bars")
SYNCS = NO_SYNC, INTERNAL, CLOCK, LINK = ("off", "internal", "clock", "link")
NO_GRID = "off"
GRIDS = (NO_GRID, "1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32")
ENDINGS = SILENCE, PEDAL, KEY = ("silence", "pedal", "key")
_PLAYER = re.compile(r"\w(?:[\w -]{0,30}\w)?")
PLAYERS = NOBODY, ME = ("nobody", "me")
ACCOMPANIST = 5
VOICES = {2: "voice_2", 3: "voice_3", 4: "voice_4", ACCOMPANIST: "accompany"}
"""The knobs of the voices beside the first, see play.voices."""
_BESIDE = "a voice beside the first: bass, or words such as solo, channel 3, range C2-C4"
NO_VOICE = "off"
READY = {
    "bass": "range E1-G3, polyphony 1, density -0.4, instrument Acoustic Bass",
    "harmony": "harmonise, companions 2, velocity 60, instrument String Ensemble 1",
    "lead": "range C5-C7, polyphony 1, instrument Flute",
    "pad": "range C3-C5, density -0.8, note length 3, velocity 55, instrument String Ensemble 2",
    "chords": "mode chords, range C3-C5, velocity 60, polyphony 24, instrument Electric Piano 1",
}
"""Voices by name; what comes after the name in a line is said over it."""


@dataclass(frozen=True, slots=True)
class Params:
    """Everything a musician can turn while it plays."""

    mode: str = _choice(CONTINUE, MODES, "how it plays with you")
    hand_over: str = _choice(SILENCE, ENDINGS, "what ends your phrase: silence, soft pedal, space")
    answer: str = _choice(YOURS, LENGTHS, "how long an answer is: notes, seconds, yours, bars")
    answer_seconds: float = _knob(4.0, 0.5, 60.0, 0.5, "s", "an answer counted in seconds")
    answer_bars: int = _knob(2, 1, 16, 1, "bars", "an answer counted in bars; on a bar line")
    room: float = _knob(0.5, 0.0, 1.0, 0.1, "", "in a duet, how far it holds back while you play")
    split: int = _knob(60, 0, 127, 1, "pitch", "keys below it are the chord it accompanies")
    companions: int = _knob(2, 1, 3, 1, "notes", "how many go with each note of yours")
    freeze: int = _knob(0, 0, 64, 4, "notes", "loop the last so many notes; 0 is off")
    mutation: float = _knob(0.0, 0.0, 1.0, 0.05, "", "how many notes of the loop change each time")
    temperature: float = _knob(1.0, 0.05, 5.0, 0.1, "", "how far from the likeliest note")
    time_temperature: float = _knob(
        0.0, 0.0, 5.0, 0.1, "", "temperature of rhythm; 0 follows temperature"
    )
    top_p: float = _knob(1.0, 0.05, 1.0, 0.05, "", "draw from this share of what is likely")
    guard: str = _choice("gentle", GUARDS, "how soon it tires of what goes in circles")
    style: float = _knob(
        0.0, 0.0, 2.0, 0.1, "", "classical (0), pop (1) or melody (2); between is a blend"
    )
    context: int = _knob(25, 1, 512, 5, "notes", "how many of the last notes it goes by")
    futures: int = _knob(4, 1, 32, 1, "", "ways to go on it chooses from; 1 takes the first")
    contrast: float = _knob(
        0.0, -1.0, 1.0, 0.1, "", "choose what is like your playing (-1) or unlike it (1)"
    )
    creativity: float = _knob(
        0.0, 0.0, 1.0, 0.1, "", "how far a bar goes from the one before it; 1 forgets it"
    )
    learn: float = _knob(0.25, 0.0, 1.0, 0.05, "", "how far it goes by what you play")
    player: str = _choice(
        NOBODY, (NOBODY, ME), "whose playing is kept, and learnt from", is_player, _explain_player
    )
    copy_cap: int = _knob(0, 0, 32, 1, "notes", "it copies no longer run of notes; 0 is off")
    notes: int = _knob(0, 0, 999, 4, "notes", "notes per phrase; 0 is endless")
    pause: float = _knob(0.6, 0.05, 10.0, 0.1, "s", "silence that ends your phrase")
    velocity: int = _knob(80, 1, 127, 4, "", "how loud it plays")
    velocity_spread: int = _knob(10, 0, 60, 2, "", "how much the loudness varies")
    velocity_curve: float = _knob(
        1.0, 0.2, 5.0, 0.1, "", "below 1 soft notes grow loud, above 1 softer"
    )
    low: int = _knob(21, 0, 127, 1, "pitch", "lowest pitch it plays")
    high: int = _knob(108, 0, 127, 1, "pitch", "highest pitch it plays")
    chord: str = _choice(
        chords.NONE,
        chords.CHOICES,
        "the chord it leans on: Am7, or its notes: C E G",
        chords.is_chord,
        chords.pitch_classes,
    )
    chart: str = _choice(
        charts.NONE,
        (charts.NONE, *charts.READY),
        "chords it goes by, bar by bar, again and again: | Am7 | D7 G7 |",
        charts.is_chart,
        charts.read,
    )
    accompany: str = _choice(
        NO_VOICE,
        (NO_VOICE, CHORDS),
        "chords under what is played: chords, or chords, channel 3, pattern bossa",
        _is_voice,
        _read_voice,
    )
    pattern: str = _choice(comping.PATTERNS[0], comping.PATTERNS, "how chords are played")
    lean: float = _knob(0.5, 0.0, 1.0, 0.1, "", "how far it leans on the notes of a chord")
    register: float = _knob(0.0, -1.0, 1.0, 0.1, "", "pull towards low (-1) or high (1)")
    density: float = _knob(0.0, -1.0, 1.0, 0.1, "", "pull towards few notes (-1) or many (1)")
    scale: str = _choice(
        scales.NONE,
        scales.CHOICES,
        "the scale it keeps to; yours is the key you play in",
        scales.is_own,
    )
    key: int = _knob(0, 0, 11, 1, "", "the tonic of that scale")
    scale_lock: float = _knob(1.0, 0.0, 1.0, 0.1, "", "how strictly it keeps to the scale")
    out_of_scale: str = _choice(SNAP, OUTSIDE, "move a wrong note to the nearest, or never draw it")
    note_length: float = _knob(1.0, 0.1, 4.0, 0.1, "", "times as long as it means its notes")
    longest: float = _knob(
        10.0, 0.5, 60.0, 0.5, "s", "by then a note of its own ends, whatever it is"
    )
    polyphony: int = _knob(24, 1, 24, 1, "", "notes of its own at once; 1 is a single line")
    sync: str = _choice(NO_SYNC, SYNCS, "the beat it plays to: its own, a MIDI clock's or Link's")
    tempo: float = _knob(120.0, 20.0, 300.0, 1.0, "bpm", "its own tempo; b taps it")
    beats_per_bar: int = _knob(4, 1, 16, 1, "", "beats to a bar, in quarters")
    grid: str = _choice(NO_GRID, GRIDS, "draw its notes to the beat; T is triplets")
    swing: float = _knob(0.0, 0.0, 0.75, 0.05, "", "every second line late; 0.33 is triplets")
    strength: float = _knob(1.0, 0.0, 1.0, 0.1, "", "how far notes are drawn to the grid")
    humanise: float = _knob(0.0, 0.0, 50.0, 1.0, "ms", "how far notes stray from the grid")
    clock_out: bool = _knob(False, 0, 1, 1, "", "send MIDI clock to the outputs")  # noqa: FBT003  # a table row
    click: int = _knob(100, 0, 127, 4, "", "how loud the metronome is; 0 is silent")
    program: int = _knob(0, 0, 127, 1, "", "instrument, by General MIDI number 0-127")
    bank: int = _knob(
        0, 0, 16383, 1, "", "the synth's bank of instruments, 0-16383 (coarse * 128 + fine)"
    )
    channel: int = _knob(0, 0, 15, 1, "", "MIDI channel it plays on")
    transpose: int = _knob(0, -24, 24, 1, "semitones", "moves all it plays; its scale stays yours")
    voice_2: str = _choice(NO_VOICE, (NO_VOICE, *READY), _BESIDE, _is_voice, _read_voice)
    voice_3: str = _choice(NO_VOICE, (NO_VOICE, *READY), _BESIDE, _is_voice, _read_voice)
    voice_4: str = _choice(NO_VOICE, (NO_VOICE, *READY), _BESIDE, _is_voice, _read_voice)
    thru: bool = _knob(True, 0, 1, 1, "", "pass what you play on to the outputs")  # noqa: FBT003  # a table row
    morph: float = _knob(0.0, 0.0, 60.0, 0.5, "s", "how long a preset takes to come in")
    recall: bool = _knob(False, 0, 1, 1, "", "your program change 1-9 recalls a preset")  # noqa: FBT003  # a table row

    def __post_init__(self) -> None:
        for knob in KNOBS.values():
            _check(knob, getattr(self, knob.name))
        if self.low > self.high:
            raise UsageError(
                f"the lowest pitch must not be above the highest: low {self.low}, high {self.high}"
            )

    def with_value(self, name: str, value: Value) -> Params:
        """These parameters with one changed. Raises UsageError on an unknown name or value."""
        if name not in KNOBS:
            raise UsageError(f"no parameter named {name!r}; there are: {', '.join(KNOBS)}")
        knob = KNOBS[name]
        if knob.kind is float and type(value) is int:
            value = float(value)
        changed: dict[str, Any] = {name: value}
        return replace(self, **changed)


def turned(params: Params) -> frozenset[str]:
    """The knobs that are not at their defaults."""
    return frozenset(n for n, knob in KNOBS.items() if getattr(params, n) != knob.default)


def _check(knob: Knob, value: Any) -> None:
    """Raises UsageError; of all knobs at each turn of one, so words are made only for one."""
    kind = type(value)
    if knob.kind is bool:
        if kind is not bool:
            raise UsageError(f"{knob.name} must be true or false, not {value!r}")
    elif knob.kind is str:
        if not isinstance(value, str) or not (value in knob.choices or knob.also(value)):
            if isinstance(value, str):
                knob.explain(value)
            *most, last = knob.choices
            raise UsageError(f"{knob.name} must be {', '.join(most)} or {last}, not {value!r}")
    elif kind is not int and not isinstance(value, float):
        raise UsageError(f"{_wanted(knob)}, not {value!r}")
    elif knob.kind is int and kind is not int:
        raise UsageError(f"{_wanted(knob)} and a whole number, not {value!r}")
    elif not knob.low <= value <= knob.high:  # a NaN is nowhere
        raise UsageError(f"{_wanted(knob)}, not {value:g}")


def _wanted(knob: Knob) -> str:
    return f"{knob.name} must be from {knob.low:g} to {knob.high:g}"


KNOBS: dict[str, Knob] = {
    f.name: Knob(name=f.name, kind=type(f.default), default=f.default, **f.metadata)  # type: ignore[arg-type]  # every field has a default
    for f in fields(Params)
}
