"""What one press does: of a pedal or pad that was learnt, or by an address of OSC.

The table is the one that both read. What a deed is to the player `session.deeds` knows. Pure.
"""

from __future__ import annotations

from improv.play.messages import Action, Phase
from improv.play.params import KEY, Params

AB = "ab"
START = "start"
DEEDS = {
    START: "play, and at the next press pause: as Space",
    "play": "play, or answer now",
    "pause": "let go, and wait",
    "stop": "silence; the context is kept",
    "new": "forget the context and begin again",
    "again": "but different: from the same place, other notes",
    "back": "eight notes, and on from there",
    "keep": "this phrase",
    "more": "like what was kept",
    "less": "like its last phrase, from now on",
    "panic": "every note off, pedals up, all sound off",
    AB: "to the other of two states of all knobs, A and B",
    "undo": "the last turn, or the last move in the music",
    "redo": "what was undone",
    "tap": "the tempo, on each beat",
    "save": "keep the take",
}
"""Each by its word, and what it does."""


def started(phase: Phase, params: Params) -> Action:
    """What Space does now: a key that hands over must not pause who is listening."""
    stops = {Phase.PLAYING} if params.hand_over == KEY else {Phase.PLAYING, Phase.LISTENING}
    return Action.PAUSE if phase in stops else Action.PLAY
