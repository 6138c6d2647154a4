"""A take happens again to the byte, and would have been otherwise with other knobs."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from improv.errors import UsageError
from improv.music.event import NoteOff, NoteOn, Other, ProposedNote
from improv.music.opening import phrase
from improv.play.effects import Ask, AskChord, Effect, Item
from improv.play.engine import Engine
from improv.play.interfaces import Imagined
from improv.play.messages import (
    ANY,
    Action,
    Bounds,
    Futures,
    Named,
    Proposal,
    Request,
    SetParam,
    Strike,
    Transport,
)
from improv.play.params import KNOBS, Params
from improv.ports import take
from improv.session import journal, replay
from improv.session.account import account
from improv.session.journal import About, Session, Step
from improv.session.recorded import CALLS, RecordedEngine
from improv.session.render import Stage
from improv.session.thinking import Thinker


@dataclass
class Dicing:
    """A model whose notes depend on all it is told, as a network's do."""

    name: str = "dicing"
    backend: str = "fake"
    abreast: int = 1
    inert: frozenset[str] = frozenset()
    heard: list[tuple[int, float]] = field(default_factory=list)

    def prime(self, context: object, before: object = ()) -> None:
        self.heard = [(n.pitch, n.start) for n in context]  # type: ignore[attr-defined]

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        dice = random.Random(repr((self.heard, params.temperature, key, within)))
        step = max(0.0, within[0] if within[0] > -1e9 else 0.0, dice.uniform(0, 0.3))
        pitch = round(dice.gauss(60, 4 * params.temperature)) % 128
        self.heard = [*self.heard[1:], (pitch, step)]
        return ProposedNote(pitch, 80, step, dice.uniform(0.05, 0.4))

    def imagine(
        self, params: Params, keys: Sequence[Sequence[tuple[int, int]]], within: Bounds
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        here = self.heard
        for row in keys:
            self.heard = here
            bounds = [within, *[ANY] * len(row)]
            notes = [self.draw(params, key, b) for key, b in zip(row, bounds, strict=False)]
            yield [tuple(Imagined(note) for note in notes)]
        self.heard = here


def script(dice: random.Random, end: float) -> list[tuple[float, Item]]:
    """What a player does at random: phrases, pedals, knobs, keys of the transport."""
    items: list[tuple[float, Item]] = []
    now = 1000.0 + dice.random()
    while now < end:
        now += dice.choice([0.01, 0.1, 0.3, 2.0])
        pitch = dice.randrange(40, 90)
        items.append(
            dice.choice(
                [
                    (now, NoteOn(now - 0.001, pitch, 70)),
                    (now, NoteOff(now - 0.001, pitch)),
                    (now, Other(now, bytes((0xB0, 64, dice.choice([0, 127]))))),
                    (now, SetParam(1, "temperature", dice.choice([0.2, 0.9, 99.0]))),
                    (now, SetParam(2, "program", dice.randrange(128))),
                    (now, SetParam(3, "polyphony", dice.choice([1, 4]))),
                    (now, SetParam(4, "futures", dice.choice([1, 3]))),
                    (now, SetParam(5, "mode", dice.choice(KNOBS["mode"].choices))),
                    (now, SetParam(6, "voice_2", dice.choice(["off", "bass", "harmony"]))),
                    (now, SetParam(7, "voice_3", dice.choice(["off", "pad, solo"]))),
                    (now, SetParam(8, "accompany", dice.choice(["off", "chords", "chords"]))),
                    (now, SetParam(9, "chart", dice.choice(["off", "off", "pop"]))),
                    (now, Strike(pitch, 80, 0.2)),
                    (now, Transport(dice.choice(list(Action)))),
                    (now, Transport(Action.PLAY)),
                ]
            )
        )
    return items


def all_said(thinker: Thinker, request: Request) -> list[Proposal | Futures]:
    """The answer, and the other ways to go on."""
    said: list[Proposal | Futures | None] = [thinker.answer(request)]
    while thinker.busy:
        said.append(thinker.think())
    return [each for each in said if each is not None]


def live(seed: int) -> Session:
    """A session as a player process has it: wakes late, a model that takes its time and dies."""
    dice = random.Random(seed)
    about = About(Params(), seed, phrase(), idle_start=dice.choice([None, 0.5]), version="0.1.0")
    steps: list[Step] = []
    engine = RecordedEngine(about, steps.append)
    coming: list[tuple[float, Proposal | Futures | Named]] = []
    thinker, now = Thinker(Dicing(), 4), 1000.0

    def take(effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, AskChord) and dice.random() < 0.8:
                named = Named(effect.request.number, dice.choice(["C", "F#m7", ""]))
                coming.append((now + dice.uniform(0, 0.15), named))
            if isinstance(effect, Ask) and dice.random() < 0.95:
                said = enumerate(all_said(thinker, effect.request))
                coming.extend((now + dice.uniform(0, 0.03) + 0.1 * n, more) for n, more in said)
        coming.sort(key=lambda reply: reply[0])

    engine.greeting(now)
    take(engine.model_ready(now))
    todo = script(dice, 1015.0)
    while todo or coming:
        at = min(t for t in (engine.due(), *(t for t, _ in (*todo[:1], *coming))) if t is not None)
        now = max(now, at) + dice.choice([0.0, 0.0004, 0.003])
        if todo and todo[0][0] <= now:
            take(engine.handle(todo.pop(0)[1], now))
        elif coming and coming[0][0] <= now:
            take(engine.handle(coming.pop(0)[1], now))
        else:
            take(engine.handle(None, now))
        if dice.random() < 0.01:
            take(engine.model_lost(now))
            take(engine.model_ready(now))
        if dice.random() < 0.01:
            take(engine.lead_by(dice.choice([0.0, 0.02]), now))
        if dice.random() < 0.01:
            engine.greeting(now)
            take(engine.lift_keys(now))
        if now > 1025:
            break
    engine.finish(now)
    return Session(about, tuple(steps))


def music(session: Session | replay.Replay) -> bytes | None:
    told = account(session.about, session.steps)
    return take.take_bytes(journal.sent(session.steps), told)


def kept(session: Session) -> Session:
    """What a take's file keeps of it: not what its steps sent."""
    told = account(session.about, session.steps)
    return journal.read_strictly(told.log)


@pytest.mark.parametrize("seed", range(24))
def test_a_session_at_random_happens_again_to_the_byte(seed: int):
    """From its take alone, with every proposal drawn anew and found the same."""
    session = live(seed)
    made = replay.again(kept(session), Dicing(), lambda _: None)
    assert music(made) == music(session)
    assert kept(Session(made.about, made.steps)) == kept(session)
    assert made.proposals == made.same


def test_the_futures_a_player_asks_for_are_in_the_log_and_no_others():
    """Without them it would be another session; nobody asked for those before the last one."""
    steps: list[Step] = []
    about = About(Params(), 1, phrase())
    stage = Stage(RecordedEngine(about, steps.append), Dicing(), 6)
    stage.do(stage.engine.model_ready(0.0))
    stage.feed(Transport(Action.PLAY), 0.0)
    stage.run_until(4.0)
    assert not any(isinstance(step.item, Futures) for step in steps)
    stage.feed(Transport(Action.AGAIN), 4.0)
    stage.run_until(8.0)
    stage.do(stage.engine.finish(8.0))
    session = Session(about, tuple(steps))
    assert any(isinstance(step.item, Futures) for step in steps)
    assert music(replay.again(kept(session), Dicing(), print_not)) == music(session)
    without = tuple(step for step in steps if not isinstance(step.item, Futures))
    made = replay.again(replace(session, steps=without), None, print_not)
    assert music(made) != music(session)


def test_a_clock_that_reads_otherwise_makes_another_take():
    """So the bytes would show it: a replay with the times a millisecond off is not the same."""
    session = kept(live(1))
    off = tuple(replace(step, now=step.now + 0.001) for step in session.steps)
    made = replay.again(replace(session, steps=off), Dicing(), lambda _: None)
    assert music(made) != music(live(1))


def test_a_model_that_draws_otherwise_is_found_out():
    """And what was played is what is written all the same."""

    class Rounding(Dicing):
        def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
            note = super().draw(params, key, within)
            return replace(note, duration=note.duration * (1 + 1e-7))

    session = live(2)
    made = replay.again(kept(session), Rounding(), lambda _: None)
    assert made.same < made.proposals
    assert music(made) == music(session)


def test_what_would_have_been_is_what_you_played_with_other_knobs():
    """Yours stands where it stood; a knob that is set is not turned; the same twice."""
    session = kept(live(3))
    made = replay.otherwise(session, Dicing(), {"temperature": 0.5}, lambda _: None)
    assert made.about.params.temperature == 0.5
    turned = [s.item.name for s in made.steps if isinstance(s.item, SetParam)]
    assert "temperature" not in turned
    assert "program" in turned

    def struck(steps: tuple[Step, ...]) -> list[tuple[float, object]]:
        return [(s.now, s.item) for s in steps if isinstance(s.item, (NoteOn, NoteOff, Strike))]

    assert struck(made.steps) == struck(session.steps)
    again = replay.otherwise(session, Dicing(), {"temperature": 0.5}, lambda _: None)
    assert music(again) == music(made) != music(replay.otherwise(session, Dicing(), {}, print_not))
    # and what would have been is a take too, which happens again to the byte
    third = replay.again(kept(Session(made.about, made.steps)), Dicing(), lambda _: None)
    assert music(third) == music(made)


def print_not(_: int) -> None:
    pass


def test_knobs_that_are_set_are_checked_together():
    """Low and high may both move; what is not there is said."""
    assert replay.with_values(Params(), {"low": 110, "high": 120}).low == 110
    with pytest.raises(UsageError, match="no parameter"):
        replay.with_values(Params(), {"nonesuch": 1})
    with pytest.raises(UsageError, match="temperature must be"):
        replay.with_values(Params(), {"temperature": 99.0})


def test_every_call_that_changes_an_engine_is_recorded():
    """One that a later engine has and this does not know would go missing in replays."""
    reading = {"due", "farewell", "key"}
    calls = {
        name
        for name, member in inspect.getmembers(Engine, inspect.isfunction)
        if not name.startswith("_")
    }
    assert calls - reading == CALLS
    assert set(vars(RecordedEngine)) >= CALLS


def test_a_wake_before_anything_is_due_leaves_no_step():
    """The player wakes ten times a second to report; that is no part of the music."""
    steps: list[Step] = []
    engine = RecordedEngine(About(Params(), 1, phrase()), steps.append)
    engine.handle(None, 5.0)
    engine.lead_by(0.0, 5.1)
    assert steps == []
    engine.lead_by(0.02, 5.2)
    engine.handle(NoteOn(5.3, 60, 80), 5.3)
    assert [step.call for step in steps] == ["lead_by", "handle"]
