"""The wire: starting and ending notes, as one act for the outputs, the context and the screen.

The engine decides; here a decision becomes effects. Rule: a note that is started here is in the
ledger until it is ended here, and whoever ends it (an owed off, a key struck again, a panic), its
note-off, its length in the context and the screen's word of it come together and once.
"""

from __future__ import annotations

from improv.listen.context import Context
from improv.music.event import Note, Source
from improv.play.effects import Effect, Send, Tell
from improv.play.ledger import Ledger, Sounding, note_on
from improv.play.messages import Ended, Notice, Planned, Sounded


class Wire:
    """The ledger, and the effects since they were last taken."""

    def __init__(self, context: Context) -> None:
        self.ledger = Ledger()
        self._context = context
        self._effects: list[Effect] = []
        self._last_serial = 0

    def new_serial(self) -> int:
        """A serial number for a note that is about to start."""
        self._last_serial += 1
        return self._last_serial

    def start(
        self, serial: int, channel: int, note: Note, now: float, *, due: float, audible: bool
    ) -> None:
        """Start a note that was due at `due`; one that is not audible goes to takes only."""
        cut = self.ledger.start(Sounding(serial, channel, note.pitch, note.source, audible))
        if cut is not None:
            self._let_go(cut, now, due=now, at=now)
        self.send(note_on(channel, note.pitch, note.velocity), due, note.source, audible=audible)
        self.tell(Sounded(serial, note.pitch, note.velocity, now, note.source))

    def end(
        self, serial: int, now: float, *, due: float | None = None, at: float | None = None
    ) -> None:
        """End a note, unless it has ended: an owed off finds nothing left of a re-struck one.

        `due` is when its off was due, `at` when it ended for the context; both are now if not
        given.
        """
        note = self.ledger.end(serial)
        if note is not None:
            due = now if due is None else due
            self._let_go(note, now, due=due, at=due if at is None else at)

    def silence(self, now: float) -> int:
        """End every note, then reset every channel used; how many notes there were."""
        sounding = self.ledger.sounding()
        for note in sounding:
            self.end(note.serial, now)
        for message in self.ledger.silence():
            self.send(message, now, Source.IMPROV)
        return len(sounding)

    def send(self, message: bytes, due: float, source: Source, *, audible: bool = True) -> None:
        self._effects.append(Send(message, due, source, audible))

    def tell(self, report: Sounded | Ended | Planned | Notice) -> None:
        self._effects.append(Tell(report))

    def do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def taken(self) -> list[Effect]:
        """The effects so far, in order; they are the caller's now."""
        effects, self._effects = self._effects, []
        return effects

    def _let_go(self, note: Sounding, now: float, *, due: float, at: float) -> None:
        self.send(note.note_off, due, note.source, audible=note.audible)
        self._context.end(note.serial, at)
        self.tell(Ended(note.serial, now))
