"""The wire: starting and ending notes, as one act for the outputs, the context and the screen.

The engine decides; here a decision becomes effects. Rule: a note that is started here is in the
ledger until it is ended here, and whoever ends it (an owed off, a key struck again, a panic), its
note-off, its length in the context and the screen's word of it come together and once.

One piano has one pedal. Yours is passed on as it comes, every value of it, and improv's notes on
its channel ring under it as your own do; their note-offs still leave when they are due, so that
lifting your foot ends all but what is meant to last. To keep improv's notes out of your pedal,
give it a channel of its own. What rings is known here, by what was really sent: with thru off
improv's notes don't ring, and yours do wherever you hear them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from improv.listen.context import Context
from improv.listen.echo import Echo
from improv.listen.pedals import Pedals
from improv.listen.sustain import Sustain
from improv.music.event import Note, Other, Source
from improv.play.effects import EVERYBODY, Effect, Send, Tell
from improv.play.ledger import Ledger, Sounding, note_on
from improv.play.messages import Chorded, Ended, Foreseen, Notice, Planned, Sounded
from improv.play.params import Params
from improv.play.transposing import all_moved, moved


class Wire:
    """The ledger, and the effects since they were last taken."""

    def __init__(self, context: Context, transpose: int = 0) -> None:
        self.ledger = Ledger()
        self.transpose = transpose  # semitones by which improv's notes leave higher than meant
        self._context = context
        self._effects: list[Effect] = []
        self._last_serial = 0
        self._tied: dict[int, list[int]] = {}  # notes that end with a note, by its serial
        self._foreseen = b""  # as it was told last
        self.echo = Echo()
        self._pedals = Pedals()
        self._yours = Sustain()  # under your foot
        self._its = Sustain()  # under what of it was sent

    @property
    def ringing(self) -> int:
        """Notes of yours that sound by the pedal alone."""
        return len(self._yours)

    def new_serial(self) -> int:
        """A serial number for a note that is about to start."""
        self._last_serial += 1
        return self._last_serial

    def start(
        self,
        serial: int,
        channel: int,
        note: Note,
        now: float,
        *,
        due: float,
        audible: bool,
        voice: int = 1,
        longest: float = math.inf,
    ) -> None:
        """Start a note that is due at `due`; one that is not audible goes to takes only.

        It ends `longest` seconds later, if nobody has ended it before.
        """
        note = self._as_it_sounds(note)
        sounding = Sounding(serial, channel, note.pitch, note.source, audible, voice, due + longest)
        cut = self.ledger.start(sounding)
        heard = max(now, due)
        if cut is not None:  # a late wake must not put the end of one behind the start of the next
            ends = due if cut.source is Source.IMPROV else heard
            self._let_go(cut, now, due=ends, at=ends)
        for sustain in (self._yours, self._its):
            rung = sustain.strike(sounding.key)
            if rung is not None:
                self._context.end(rung, note.start)
        struck = note_on(channel, note.pitch, note.velocity)
        self.send(struck, due, note.source, audible=audible, voice=voice)
        self.tell(Sounded(serial, note.pitch, note.velocity, heard, note.source))

    def tie(self, serial: int, to: int) -> None:
        """A note ends with another that sounds, whoever lets that go."""
        self._tied.setdefault(to, []).append(serial)

    def make_room(self, params: Params, note: Note, now: float, voice: int = 1) -> None:
        """End the oldest of a voice's notes where one more would be too many, see `play.steps`."""
        # a note that has this key ends in any case
        key = (params.channel, self._as_it_sounds(note).pitch, True)
        others = [each for each in self._its_notes(voice) if each.key != key]
        for oldest in others[: max(0, len(others) + 1 - params.polyphony)]:
            self.end(oldest.serial, now, due=note.start)

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

    def end_overdue(self, by: float, now: float) -> None:
        """End the notes that should have ended by then: what was to end them has failed."""
        for note in self.ledger.overdue(by):
            self.end(note.serial, now, due=note.until)

    def end_all(self, source: Source, now: float, voice: int | None = None) -> int:
        """End all notes of one of us, or of one voice; how many there were."""
        sounding = self.ledger.sounding(source) if voice is None else self._its_notes(voice)
        for note in sounding:
            self.end(note.serial, now)
        return len(sounding)

    def control(self, event: Other, now: float, *, audible: bool) -> None:
        """Take a pedal, a bend or any other message of yours, and pass it on."""
        self.ledger.touch(event.data[0] & 0x0F)
        self._pedals.hear(event.data)
        self._cease(self._yours.hear(event.data), event.at)
        self.send(event.data, now, Source.YOU, audible=audible)

    def turn_thru(self, *, audible: bool, now: float) -> None:
        """Pass on what you play from now on, or no longer: your notes end, and the pedal's word."""
        if not audible:
            self.end_all(Source.YOU, now)
        for message in self.pedals_down() if audible else self.pedals_up():
            self.send(message, now, Source.YOU)

    def pedals_down(self) -> list[bytes]:
        """What an instrument is told that has not heard of the pedals that are down."""
        return self._pedals.down()

    def pedals_up(self) -> list[bytes]:
        """What an instrument is told that will not hear of them coming up."""
        return self._pedals.up()

    def lift_pedals(self, now: float, *, audible: bool) -> None:
        """Take every pedal of yours as lifted: no word of yours will say so."""
        for message in self._pedals.lift():
            self.send(message, now, Source.YOU, audible=audible)
        self._cease(self._yours.lift(), now)

    def greeting(self, now: float, *, audible: bool) -> list[Send]:
        """What an output is told of you when it opens: your pedals."""
        return [Send(message, now, Source.YOU, audible) for message in self.pedals_down()]

    def farewell(self, now: float) -> list[Send]:
        """What an output is told before it closes: each note's end, and every channel reset."""
        offs = [Send(n.note_off, now, n.source, n.audible, n.voice) for n in self.ledger.sounding()]
        resets = [
            Send(message, now, Source.IMPROV, voice=EVERYBODY) for message in self.ledger.silence()
        ]
        return offs + resets

    def silence(self, now: float) -> int:
        """End every note, then reset every channel used; how many notes there were."""
        sounding = self.ledger.sounding()
        for note in sounding:
            self.end(note.serial, now)
        for message in self.ledger.silence():
            self.send(message, now, Source.IMPROV, voice=EVERYBODY)
        self._pedals.lift()
        self._cease(self._yours.lift(), now)
        return len(sounding)

    def send(
        self, message: bytes, due: float, source: Source, *, audible: bool = True, voice: int = 1
    ) -> None:
        self._effects.append(Send(message, due, source, audible, voice))
        if audible:
            self.echo.went(message, due, source)
            self._cease(self._its.hear(message), due)

    def tell(self, report: Sounded | Ended | Planned | Foreseen | Chorded | Notice) -> None:
        self._effects.append(Tell(report))

    def tell_plan(self, notes: Iterable[Note]) -> None:
        """Tell the screen what is planned, as it will sound."""
        if self.transpose:
            notes = map(self._as_it_sounds, notes)
        self.tell(Planned(tuple(notes)))

    def tell_chances(self, chances: bytes) -> None:
        """Tell the screen how likely each pitch was that sounds next."""
        chances = all_moved(chances, self.transpose)
        if chances != self._foreseen:
            self._foreseen = chances
            self.tell(Foreseen(chances))

    def meant(self, pitch: int) -> int:
        """What improv means when this sounds."""
        return moved(pitch, -self.transpose)

    def do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def taken(self) -> list[Effect]:
        """The effects so far, in order; they are the caller's now."""
        effects, self._effects = self._effects, []
        return effects

    def _its_notes(self, voice: int) -> list[Sounding]:
        return [note for note in self.ledger.sounding(Source.IMPROV) if note.voice == voice]

    def _as_it_sounds(self, note: Note) -> Note:
        if note.source is Source.YOU or not self.transpose:
            return note
        return replace(note, pitch=moved(note.pitch, self.transpose))

    def _let_go(self, note: Sounding, now: float, *, due: float, at: float) -> None:
        self.send(note.note_off, due, note.source, audible=note.audible, voice=note.voice)
        sustain = self._yours if note.source is Source.YOU else self._its
        if sustain.keep(note.serial, note.key):
            self._context.release(note.serial, at)
        else:
            self._context.end(note.serial, at)
        self.tell(Ended(note.serial, max(now, due)))
        for tied in self._tied.pop(note.serial, ()):
            self.end(tied, now, due=due)

    def _cease(self, serials: list[int], at: float) -> None:
        for serial in serials:
            self._context.end(serial, at)
