"""What an ear has heard before is not heard again, and nothing that is drawn depends on that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from improv.model import litert, store
from improv.model.listening import DistributionImproviser, Ear
from improv.music.event import Note, ProposedNote
from improv.play.params import Params


def test_companions_are_those_of_the_context_whatever_was_prepared(relative_folder) -> None:
    """Note for note: prepared, prepared in part, prepared for something else, and not at all."""
    notes = tuple(Note(48 + 7 * n % 24, 80, n / 5, 0.1) for n in range(60))
    context, before, keys = notes[-25:], notes[:-25], [(3, 9), (3, 10)]
    params = Params(companions=2)

    def drawn(prepared: Sequence[Note], share: int) -> list[ProposedNote]:
        improviser = litert.improviser(relative_folder)
        for _ in islice(improviser.prepare(prepared, before, params), share):
            pass
        improviser.prime(context, before)
        return improviser.accompany(params, keys)

    alone = drawn((), 0)
    assert len(alone) == 2
    assert all(note.step == 0.0 and note.duration == context[-1].duration for note in alone)
    assert drawn(context[:-1], 99) == drawn(context[:-1], 9) == drawn(notes[:30], 99) == alone


def test_what_was_prepared_is_not_heard_again(relative_folder) -> None:
    """Of 25 notes only the last; and from a note of another length on, all."""
    notes = tuple(Note(60 + n % 5, 80, n / 5, 0.1) for n in range(25))
    calls = litert.calls(store.read_graph(relative_folder), relative_folder.spec)
    heard = []
    counted = {**calls, "hear": lambda **given: heard.append(1) or calls["hear"](**given)}
    improviser = DistributionImproviser("counted", "cpu", Ear(counted, relative_folder.spec))
    for _ in improviser.prepare(notes[:24], (), Params()):
        pass
    for context, count in ((notes, 1), ((*notes[:20], replace(notes[20], duration=0.3)), 1)):
        heard.clear()
        improviser.prime(context)
        improviser.accompany(Params(), [(1, 1)])
        assert len(heard) == count
