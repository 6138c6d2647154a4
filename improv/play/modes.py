"""How it plays with you, by one knob: whose turn it is, and how long an answer is.

    continue    when you stop it goes on, until you play again
    answer      when you stop it answers, then it is your turn again
    duet        both at once: what you play is heard as it sounds, and its plan bends to it
    accompany   as duet, and what you hold below the split is the chord it leans on
    harmonise   each note of yours gets companions at once, for as long as you hold it
    solo        it plays by itself, whatever you do
    chords      it plays the chords of what is played, see play.harmony and play.comping

In a duet it can leave you room: the busier you are, the fewer notes it plays. What you play puts
off each note of its own once at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from improv.music import chord
from improv.play.params import ACCOMPANY, ANSWER, BARS, CONTINUE, DUET, SECONDS, YOURS, Params

TAKING_TURNS = frozenset({CONTINUE, ANSWER})
"""Modes in which your playing stops its own."""
JOINING = frozenset({DUET, ACCOMPANY})
"""Modes in which it plays while you do, and hears you."""
AT_ONCE = frozenset(
    {"thru", "program", "bank", "channel", "pause", "hand_over", "split", "companions"}
    | {"player", "beats_per_bar", "clock_out", "click", "chart", "pattern"}
)
"""Knobs that change nothing in what is planned."""
REACTION = 0.25
"""Seconds ahead that its plan stands in a duet, whatever you play: as quick as a player is. Drawn
anew from each key on, it would never get a word in between keys 0.2 s apart (tried)."""
SOFT_PEDAL = 67
LATELY = 2.0
"""Seconds of your playing that say how busy you are."""
BUSY = 6.0
"""Notes a second of yours that leave none for it."""
SHORTEST = 1.0
"""Seconds of an answer that is as long as your phrase, if that was one note."""


class YourPart:
    """What you have played: your phrase under way or last over, and how busy you are."""

    def __init__(self) -> None:
        self._lately: deque[float] = deque(maxlen=round(LATELY * BUSY))
        self._began: float | None = None
        self._last = 0.0

    def strike(self, now: float, *, begins: bool) -> None:
        """You struck a key; `begins`: it is the first of a phrase."""
        self._lately.append(now)
        if begins or self._began is None:
            self._began = now
        self._last = now

    def seconds(self, over: float) -> float:
        """How long your phrase was, of which the last note ended at `over`."""
        return 0.0 if self._began is None else max(0.0, over - self._began)

    def busy(self, now: float) -> float:
        """0 where you rest, 1 where you play all the time."""
        return sum(now - at < LATELY for at in self._lately) / (LATELY * BUSY)


def is_handed_over(data: bytes) -> bool:
    """Whether a message is your soft pedal going down."""
    return data[0] & 0xF0 == 0xB0 and data[1] == SOFT_PEDAL and data[2] >= 64


def answer_notes(params: Params) -> int | None:
    """Notes of a phrase of its own; None where it has no end, or an end in seconds."""
    if params.mode == ANSWER and params.answer in {SECONDS, YOURS, BARS}:
        return None
    return params.notes or None


def answer_seconds(params: Params, yours: float) -> float | None:
    """Seconds of its phrase, where yours was of `yours` seconds; None where it isn't by that."""
    if params.mode != ANSWER:
        return None
    if params.answer == SECONDS:
        return params.answer_seconds
    return max(SHORTEST, yours) if params.answer == YOURS else None


def as_played_with(params: Params, held: Iterable[int], part: YourPart, now: float) -> Params:
    """The parameters as your playing moves them: the chord in your left hand, the room you take.

    `held`: pitches of yours that sound.
    """
    if params.mode == ACCOMPANY:
        left = tuple(pitch for pitch in held if pitch < params.split)
        if left:
            params = replace(params, chord=chord.of_notes(left))
    if params.mode in JOINING and params.room > 0.0:
        fewer = params.density - 2.0 * params.room * part.busy(now)
        params = replace(params, density=max(-1.0, fewer))
    return params
