"""Whose playing it learns: the player at the keys, by name.

A player who has a name is known by what they played on evenings before: that is asked for when the
name is said, and comes as an item like any other, so that a take has it. Every now and then, when
another sits down and at the end, all there is of theirs is given out to be kept. Who plays before
saying a name is that player all along. Pure.
"""

from __future__ import annotations

from improv.listen.evening import BREAK, Evening
from improv.play.effects import AskPlayer, KeepPlayer
from improv.play.messages import Known, Notice
from improv.play.params import NOBODY, Params
from improv.play.wire import Wire

KEEP_EVERY = 64
"""Notes of yours after which they are given out to be kept."""


class Learning:
    """Who plays. `evening` is theirs."""

    def __init__(self, evening: Evening, wire: Wire) -> None:
        self._evening = evening
        self._wire = wire
        self._player = NOBODY
        self._is_known = False  # what they played before has come
        self._kept = 0  # notes of yours that were given out

    def look(self, params: Params) -> None:
        """Ask for whoever has sat down, and give out what is to be kept."""
        if params.player != self._player:
            self._greet(params.player)
        elif self._is_known and self._evening.yours.added - self._kept >= KEEP_EVERY:
            self.keep()

    def take(self, known: Known) -> None:
        """What a player played before, if that is who plays."""
        if known.player == self._player and not self._is_known:
            self._is_known = True
            self._evening.known = known.line + bytes((BREAK,)) if known.line else b""
            words = f"of {known.player} {len(known.line)} notes are known"
            if not known.line:
                words = f"of {known.player} nothing is known yet; what is played is kept"
            self._wire.tell(Notice(words))

    def keep(self) -> None:
        """Give out all there is of who plays, if there is anything new."""
        if self._is_known and self._evening.yours.added > self._kept:
            self._kept = self._evening.yours.added
            self._wire.do(KeepPlayer(self._player, self._evening.learnt))

    def _greet(self, player: str) -> None:
        self.keep()
        if self._player != NOBODY:
            self._evening.known = b""
            self._evening.yours.clear()
            self._kept = 0
        self._player, self._is_known = player, False
        if player != NOBODY:
            self._wire.do(AskPlayer(player))
