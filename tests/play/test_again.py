"""Again, but different: the same place, other notes, at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improv.music.event import NoteOff, NoteOn, ProposedNote, Source
from improv.music.opening import phrase
from improv.play.asking import COMMIT
from improv.play.effects import Ask, Tell
from improv.play.engine import Engine
from improv.play.interfaces import Imagined
from improv.play.messages import (
    ANY,
    Action,
    Bounds,
    Key,
    Notice,
    Phase,
    Request,
    SetParam,
    Transport,
)
from improv.play.params import Params
from improv.session.render import Stage
from support import Metronome, onsets

AGAIN = Transport(Action.AGAIN)


class Dice(Metronome):
    """A model whose pitch depends on its key alone, a quarter of a second a note."""

    abreast = 1

    def draw(self, params: Params, key: Key, within: Bounds = ANY) -> ProposedNote:
        return ProposedNote(40 + (key[0] // 7 + 11 * key[1]) % 47, 80, 0.25, 0.2)

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: Bounds
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        for row in keys:
            yield [tuple(Imagined(self.draw(params, key)) for key in row)]


def playing(until: float, most: int = 6, **knobs: int) -> Stage:
    """A stage on which it has played by itself since 0 s."""
    engine = Engine(Params(**knobs), seed=1, opening=phrase(), idle_start=0.0)  # type: ignore[arg-type]
    stage = Stage(engine, Dice(), most)
    stage.do(engine.model_ready(0.0))
    stage.run_until(until)
    return stage


def asked(stage: Stage) -> list[Request]:
    return [effect.request for _, effect in stage.effects if isinstance(effect, Ask)]


def pitches(stage: Stage, since: float, until: float) -> list[int]:
    found = onsets(stage.effects, Source.IMPROV)
    return [pitch for at, pitch in found if since <= at < until]


def test_it_goes_back_to_where_what_sounds_began_and_plays_other_notes_at_once() -> None:
    """The first within the commit horizon, and with no question to the model."""
    stage = playing(3.1)
    before = len(asked(stage))
    stage.do(stage.engine.handle(AGAIN, stage.now))
    new = [request for request in asked(stage)[before:] if request.index < 8]
    assert not new
    assert stage.engine.version == (2, 6)
    first = next(at for at, _ in onsets_after(stage, 3.1))
    assert 3.1 <= first <= 3.1 + COMMIT + 1e-6


def onsets_after(stage: Stage, now: float) -> list[tuple[float, int]]:
    stage.run_until(now + 1.0)
    return [(at, pitch) for at, pitch in onsets(stage.effects, Source.IMPROV) if at >= now]


def test_each_press_plays_the_next_and_then_the_model_is_asked_anew() -> None:
    """No version comes twice; when there are no more, there is always one more."""
    stage = playing(3.0, most=4)
    heard = set()
    for press in range(6):
        stage.do(stage.engine.handle(AGAIN, stage.now))
        assert stage.engine.version == (press + 2, max(4, press + 2))
        now = stage.now
        stage.run_until(now + 0.7)
        heard.add(tuple(pitches(stage, now, now + 0.7)))
    assert len(heard) == 6


def test_an_answer_is_given_anew_from_its_beginning() -> None:
    """A phrase of twelve notes, of which ten have sounded, is twelve notes again."""
    stage = playing(0.0, notes=12)
    stage.run_until(2.6)
    assert stage.engine.phase is Phase.PLAYING
    stage.feed(AGAIN, 2.6)
    stage.run_until(30.0)
    assert stage.engine.phase is Phase.WAITING
    assert len(pitches(stage, 2.6, 30.0)) == 12
    stage.feed(AGAIN, 30.0)  # and once it is over as well
    stage.run_until(60.0)
    assert len(pitches(stage, 30.0, 60.0)) == 12


def test_a_knob_turned_since_is_heard_in_what_is_played_again() -> None:
    """What was drawn before it is drawn anew, with its own random numbers."""
    stage = playing(3.0)
    stage.do(stage.engine.handle(SetParam(1, "top_p", 0.5), stage.now))
    point = asked(stage)[-1]
    stage.run_until(6.0)
    before = len(asked(stage))
    stage.do(stage.engine.handle(SetParam(2, "top_p", 0.4), stage.now))
    stage.do(stage.engine.handle(AGAIN, stage.now))
    again = next(request for request in asked(stage)[before:] if any(request.branches))
    assert again.params.top_p == 0.4
    assert len(set(again.branches)) == 1
    assert again.index >= point.index


def test_what_was_chosen_bends_under_a_knob_and_does_not_become_another_future() -> None:
    """A note drawn anew is of the future it was of: here a knob is turned to where it stands."""
    chosen = 0
    for tenth in range(30, 90):
        now = tenth / 10
        left, turned = playing(now), playing(now)
        turned.feed(SetParam(1, "velocity", 80), now)
        chosen += any(asked(turned)[-1].branches) or any(asked(turned)[-2].branches)
        for stage in (left, turned):
            stage.run_until(now + 0.7)
        assert pitches(turned, now, now + 0.7) == pitches(left, now, now + 0.7)
    assert chosen > 10


def test_there_is_nothing_to_play_again_once_you_have_played() -> None:
    """Nor before anything has: it is said, and what sounds goes on."""
    stage = playing(0.0)
    quiet = Engine(Params(), seed=1, opening=phrase(), idle_start=None)
    said = quiet.handle(AGAIN, 0.0)
    assert any(isinstance(e, Tell) and isinstance(e.report, Notice) for e in said)
    assert quiet.phase is Phase.WAITING
    stage.run_until(2.0)
    stage.feed(NoteOn(2.0, 60, 80), 2.0)
    stage.feed(NoteOff(2.1, 60), 2.1)
    assert stage.engine.version is None
