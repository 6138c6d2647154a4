"""Keys struck together each have their companions, whatever was asked for first."""

from __future__ import annotations

from dataclasses import replace

from improv.music.opening import phrase
from improv.play.messages import Request
from improv.play.params import Params
from improv.session.thinking import Thinker
from support import Metronome


def test_a_request_that_waits_leaves_plans_and_no_companions() -> None:
    """A plan is another's by then; a chord's companions are each wanted."""
    thinker = Thinker(Metronome(), 1, stale=lambda _: True)
    plan = Request(5, phrase(), Params(), 3, 7, 0)
    assert thinker.answer(plan) is None
    proposal = thinker.answer(replace(plan, number=-9, together=True))
    assert proposal is not None
    assert (proposal.number, len(proposal.notes)) == (-9, 3)
