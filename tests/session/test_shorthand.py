"""What is sent of a request whose notes the model has been sent, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

from improv.music.event import Note
from improv.play.messages import Primer, Request
from improv.play.params import Params
from improv.session import link
from improv.session.shorthand import Lengthening, Short, Shortening

NOTES = tuple(Note(60 + n % 12, 80, n / 8, 0.1) for n in range(40))
PRIMER = Primer(NOTES[15:39], NOTES[:15], Params())
ASKED = Request(-7, NOTES[15:], Params(), 2, 1, 7, before=NOTES[:15], together=True)


def test_what_was_sent_is_not_sent_again_and_nothing_is_lost() -> None:
    """The same request arrives, in a third of the bytes."""
    here, there = Shortening(), Lengthening()
    there.whole(here.shortened(PRIMER))
    sent = here.shortened(ASKED)
    assert isinstance(sent, Short)
    assert len(link.encode(sent)) < len(link.encode(ASKED)) / 3
    assert there.whole(sent) == ASKED


def test_other_notes_are_sent_whole() -> None:
    """A voice's own: what another was told of, or what has changed since."""
    here = Shortening()
    here.shortened(PRIMER)
    for other in (replace(ASKED, voice=2), replace(ASKED, context=NOTES[14:])):
        assert here.shortened(other) == other
        assert Lengthening().whole(other) == other


def test_a_request_by_notes_that_were_lost_is_none() -> None:
    """A model that was started anew, or a primer that gave way in a full queue."""
    here, there = Shortening(), Lengthening()
    there.whole(here.shortened(PRIMER))
    here.shortened(PRIMER)
    assert there.whole(here.shortened(ASKED)) is None
    assert Lengthening().whole(here.shortened(ASKED)) is None
