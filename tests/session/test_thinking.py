"""What the model process does first, what later, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improv.music.event import Note, ProposedNote
from improv.music.opening import phrase
from improv.play.interfaces import Imagined
from improv.play.messages import ANY, Bounds, Futures, Key, Primer, Request
from improv.play.params import Params
from improv.session.thinking import Thinker, answer, fitting
from support import Metronome


class Dice(Metronome):
    """A model whose notes depend on their keys alone."""

    abreast = 1

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        return ProposedNote(40 + hash(key) % 40, 80, 0.1 + hash(key) % 7 / 20, 0.2)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        for row in keys:
            for _ in row[1:]:
                yield []
            yield [tuple(Imagined(self.draw(params, key, within)) for key in row)]


def request(count: int = 8, *, number: int = 1, futures: int = 1, others: bool = True) -> Request:
    return Request(number, phrase(), Params(), count, 7, 0, futures=futures, others=others)


def all_of(thinker: Thinker) -> list[Futures]:
    found = []
    while thinker.busy:
        more = thinker.think()
        if more is not None:
            found.append(more)
    return found


def test_one_future_is_what_the_model_draws() -> None:
    """No choice, no other numbers: the plan's own."""
    model, asked = Dice(), request()
    proposal = answer(model, asked)
    assert proposal.future == 0
    assert proposal.notes == tuple(model.draw(asked.params, key) for key in asked.keys(0))


def test_somebody_who_waits_gets_the_answer_first_and_the_others_after() -> None:
    """Two notes at once; the others are as long as a plan, and none is what was played."""
    thinker = Thinker(Dice(), 6)
    proposal = thinker.answer(request(count=2))
    assert proposal is not None
    assert len(proposal.notes) == 2
    (more,) = all_of(thinker)
    assert more.number == 1
    assert {future.number for future in more.others} == {1, 2, 3, 4, 5}
    assert all(len(future.notes) == 8 for future in more.others)


def test_where_there_is_time_the_best_is_played_and_the_rest_is_kept() -> None:
    """Of four; more are drawn when nobody waits."""
    thinker = Thinker(Dice(), 6)
    proposal = thinker.answer(request(futures=4))
    assert proposal is not None
    (more,) = all_of(thinker)
    numbers = {future.number for future in more.others}
    assert proposal.future in range(4)
    assert numbers == set(range(6)) - {proposal.future}


def test_the_work_of_futures_is_left_for_a_request_that_comes_in() -> None:
    """Its plan was dropped: it gets no answer, after one note more and not after 32."""
    asked = []

    def stale(_: Request) -> bool:
        asked.append(None)
        return len(asked) == 3

    thinker = Thinker(Dice(), 32, stale)
    assert thinker.answer(request(futures=4)) is None
    assert len(asked) == 3
    assert not thinker.busy
    assert thinker.answer(request(number=2)) is not None


def test_work_that_was_interrupted_goes_on_with_its_own_context() -> None:
    """A request in between primes the model for another; the futures are those of the first."""
    alone, between = Thinker(Dice(), 5), Thinker(Dice(), 5)
    alone.answer(request())
    between.answer(request())
    between.think()
    between.answer(Request(2, (Note(50, 80, 0.0, 1.0),), Params(), 2, 9, 40))
    assert all_of(between)[0] == all_of(alone)[0]


def test_a_model_that_cannot_branch_only_answers() -> None:
    """Whatever is asked of it."""
    thinker = Thinker(Metronome(), 8)
    proposal = thinker.answer(request(futures=4))
    assert proposal is not None
    assert proposal.future == 0
    assert not thinker.busy


def test_as_many_futures_as_fit_and_one_at_least() -> None:
    """0.1 s of work: a slow machine keeps one, a fast one 32."""
    assert fitting(0.0) == 32
    assert fitting(0.001) == 12
    assert fitting(1.0) == 1


class Attentive(Metronome):
    """A model that can be told beforehand; it counts the notes it took in."""

    taken = 0

    def prepare(
        self, context: Sequence[Note], before: Sequence[Note], params: Params
    ) -> Iterator[None]:
        for _ in context:
            Attentive.taken += 1
            yield

    def accompany(self, params: Params, keys: Sequence[Key]) -> list[ProposedNote]:
        return [ProposedNote(60 + index, 80, 0.0, 1.0) for _, index in keys]


def test_what_is_prepared_is_taken_in_a_note_at_a_time_and_gives_way_to_newer() -> None:
    """Three notes, then all of what came instead; then it rests."""
    thinker, notes = Thinker(Attentive(), 1), phrase()
    thinker.prepare(Primer(notes, (), Params()))
    for _ in range(3):
        thinker.take_in()
    thinker.prepare(Primer(notes[1:], (), Params()))
    while thinker.preparing:
        thinker.take_in()
    assert Attentive.taken == 3 + len(notes) - 1


def test_companions_are_drawn_by_a_model_that_can_and_one_by_one_by_others() -> None:
    """Two either way, in one answer."""
    asked = Request(-5, phrase(), Params(), 2, 7, 5, together=True)
    proposal = Thinker(Attentive(), 1).answer(asked)
    assert proposal is not None
    assert [note.pitch for note in proposal.notes] == [65, 66]
    assert len(answer(Metronome(), asked).notes) == 2
    thinker = Thinker(Metronome(), 1)
    thinker.prepare(Primer(phrase(), (), Params()))
    assert not thinker.preparing
