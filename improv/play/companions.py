"""Companions: notes of improv's that go with a note of yours, for as long as you hold it.

Rule: a companion ends with the note it goes with, whoever lets that go. One that would come after
its note has ended is not played at all.
"""

from __future__ import annotations

from dataclasses import replace

from improv.listen.context import Context
from improv.music.event import Source
from improv.play import asking
from improv.play.effects import Ask
from improv.play.messages import Proposal
from improv.play.params import Params
from improv.play.scheduler import Scheduler
from improv.play.wire import Wire

LONGEST = 10.0
"""Seconds; a companion whose key was never let go ends by itself."""


class Companions:
    """Those of a voice that are asked for; what sounds is the wire's."""

    def __init__(
        self, context: Context, wire: Wire, scheduler: Scheduler, seed: int, voice: int
    ) -> None:
        self._context = context
        self._wire = wire
        self._scheduler = scheduler
        self._seed = seed
        self._voice = voice
        self._asked: set[int] = set()

    def ask(self, serial: int, params: Params, now: float) -> None:
        """Ask for companions of a note of yours."""
        request = asking.for_companions(params, self._context, serial, self._seed, now)
        self._asked.add(request.number)
        self._wire.do(Ask(replace(request, voice=self._voice)))

    def take(self, proposal: Proposal, params: Params, now: float) -> int:
        """Sound what was asked for with its note, if that sounds; how many notes."""
        held = {n.serial: self._wire.meant(n.pitch) for n in self._wire.ledger.sounding(Source.YOU)}
        if proposal.number not in self._asked or -proposal.number not in held:
            return 0
        self._asked.discard(proposal.number)
        notes = asking.companions(proposal.notes, held.values(), now)
        if notes:
            self._wire.tell_chances(proposal.notes[0].chances)
        for note in notes:
            serial = self._wire.new_serial()
            self._context.begin(serial, note, held=True)
            self._wire.start(
                serial, params.channel, note, now, due=now, audible=True, voice=self._voice
            )
            self._wire.tie(serial, -proposal.number)
            self._scheduler.owe(serial, now + LONGEST)
        return len(notes)

    def forget(self) -> None:
        """What is asked for is not waited for."""
        self._asked.clear()
