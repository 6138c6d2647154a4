"""Places in the music: where it can be taken back to, and phrases you liked.

The context is all the model goes by, so to go back is to put the context back: without its last
notes, as it was before you last moved it, or to a phrase you kept ("more like this"). Its last
note then counts as beginning now, and the music goes on from there.

A phrase of its that you don't like is marked ("less like this") and leaves the context as it is:
what is like it is less likely from then on, see `play.memory`. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from improv.listen.context import SIZE, Context, Kept
from improv.play.history import STEPS
from improv.play.messages import Action

BACK = 8
"""Notes that one step back forgets."""
SHORTEST = 3
"""Intervals of a phrase that can be marked."""
MARKED = 16
"""Phrases that are marked at most; of more the first is forgotten."""


@dataclass(frozen=True, slots=True)
class _There:
    """What the music was: the context, where that was moved, and the phrases that were marked."""

    kept: Kept | None
    disliked: tuple[bytes, ...]


class Places:
    """What a context was, before and after each time it was moved by hand, or a phrase marked.

    A move that was not possible counts too, as the desk counts it among the steps to undo.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._evening = context.evening
        self._before: deque[_There] = deque(maxlen=STEPS)
        self._after: deque[_There] = deque(maxlen=STEPS)
        self._liked: Kept = ()

    def keep(self) -> int:
        """Remember the last notes as a phrase you like; how many."""
        self._liked = self._context.kept()[-SIZE:]
        return len(self._liked)

    def mark(self) -> str:
        """Mark the last phrase as one you don't like; what to say of it."""
        self._before.append(_There(None, self._evening.disliked))
        self._after.clear()
        phrase = self._evening.phrase
        if len(phrase) < SHORTEST:
            return "there is no phrase of its that could be marked yet"
        self._evening.disliked = (*self._evening.disliked, phrase)[-MARKED:]
        return f"less like its last {len(phrase) + 1} notes; u takes that back"

    def move(self, action: Action, now: float) -> tuple[bool, str]:
        """Have the music elsewhere; whether that was possible, and what to say of it."""
        match action:
            case Action.EARLIER:
                return self._go(self._before, self._after, now), "the music as it was before"
            case Action.LATER:
                return self._go(self._after, self._before, now), "the music as it was then"
        there = self._context.kept()
        self._before.append(_There(there, self._evening.disliked))
        self._after.clear()
        match action:
            case Action.BACK:
                stays = max(1, len(there) - BACK)
                self._context.restore(there[:stays], now)
                gone = len(there) - stays
                words = f"{gone} notes back" if gone > 0 else "there is nothing before that"
                return gone > 0, words
            case Action.MORE if self._liked:
                self._context.restore(self._liked, now)
                return True, "more like what you kept"
            case Action.MORE:
                return False, "nothing is kept yet; k keeps the phrase"
        self._context.clear()
        return True, ""

    def _go(self, away: deque[_There], back: deque[_There], now: float) -> bool:
        if not away:
            return False
        there = away.pop()
        here = None if there.kept is None else self._context.kept()
        back.append(_There(here, self._evening.disliked))
        self._evening.disliked = there.disliked
        if there.kept is not None:
            self._context.restore(there.kept, now)
        return True
