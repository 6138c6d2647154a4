"""Companions: notes of improv's that go with a note of yours, for as long as you hold it.

Rule: a companion ends with the note it goes with, whoever lets that go; where nobody does, as any
note of improv's does at its longest. One that would come after its note has ended is not played.

You hear how late they are, so the model is told between your notes what has sounded: when a key
comes it has only that to take in.
"""

from __future__ import annotations

from dataclasses import replace

from improv.listen.context import Context
from improv.music.event import Source
from improv.play import asking
from improv.play.effects import Ask, Prepare
from improv.play.messages import Proposal
from improv.play.params import Params
from improv.play.wire import Wire


class Companions:
    """Those of a voice that are asked for; what sounds is the wire's."""

    def __init__(self, context: Context, wire: Wire, seed: int, voice: int) -> None:
        self._context = context
        self._wire = wire
        self._seed = seed
        self._voice = voice
        self._asked: set[int] = set()
        self._told: tuple[int, Params] | None = None  # version of the context, and the knobs

    def ask(self, serial: int, params: Params, now: float) -> None:
        """Ask for companions of a note of yours."""
        request = asking.for_companions(params, self._context, serial, self._seed, now)
        self._asked.add(request.number)
        self._wire.do(Ask(replace(request, voice=self._voice)))

    def take(self, proposal: Proposal, params: Params, now: float) -> int:
        """Sound what was asked for with its note, if that sounds; how many notes."""
        held = {n.serial: self._wire.meant(n.pitch) for n in self._wire.ledger.sounding(Source.YOU)}
        asked = proposal.number in self._asked
        self._asked.discard(proposal.number)
        if not asked or -proposal.number not in held:
            return 0
        notes = asking.companions(proposal.notes, held.values(), now)
        if notes:
            self._wire.tell_chances(proposal.notes[0].chances)
        for note in notes:
            serial = self._wire.new_serial()
            self._context.begin(serial, note, held=True)
            self._wire.start(
                serial, params.channel, note, now,
                due=now, audible=True, voice=self._voice, longest=params.longest,
            )  # fmt: skip
            self._wire.tie(serial, -proposal.number)
        return len(notes)

    def prepare(self, params: Params, now: float) -> None:
        """Tell the model what has sounded, where that has changed and nothing is asked for."""
        version = self._context.version
        told = self._told is not None and self._told[0] == version and self._told[1] is params
        if told or self._asked:
            return
        self._told = version, params
        primer = asking.ahead_of_companions(params, self._context, now)
        self._wire.do(Prepare(replace(primer, voice=self._voice)))

    def forget(self) -> None:
        """What is asked for is not waited for, and what was told is told again."""
        self._asked.clear()
        self._told = None
