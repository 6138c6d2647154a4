"""Places in the music: where it can be taken back to, and phrases you liked.

The context is all the model goes by, so to go back is to put the context back: without its last
notes, as it was before you last moved it, or to a phrase you kept ("more like this"). Its last
note then counts as beginning now, and the music goes on from there. Pure.
"""

from __future__ import annotations

from collections import deque

from improv.listen.context import SIZE, Context, Kept
from improv.play.history import STEPS
from improv.play.messages import Action

BACK = 8
"""Notes that one step back forgets."""


class Places:
    """What a context was, before and after each time it was moved by hand.

    A move that was not possible counts too, as the desk counts it among the steps to undo.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._before: deque[Kept] = deque(maxlen=STEPS)
        self._after: deque[Kept] = deque(maxlen=STEPS)
        self._liked: Kept = ()

    def keep(self) -> int:
        """Remember the last notes as a phrase you like; how many."""
        self._liked = self._context.kept()[-SIZE:]
        return len(self._liked)

    def move(self, action: Action, now: float) -> tuple[bool, str]:
        """Have the music elsewhere; whether that was possible, and what to say of it."""
        match action:
            case Action.EARLIER:
                return self._go(self._before, self._after, now), "the music as it was before"
            case Action.LATER:
                return self._go(self._after, self._before, now), "the music as it was then"
        there = self._context.kept()
        self._before.append(there)
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

    def _go(self, away: deque[Kept], back: deque[Kept], now: float) -> bool:
        if not away:
            return False
        back.append(self._context.kept())
        self._context.restore(away.pop(), now)
        return True
