"""Going back in the music, on from a phrase that was kept, and undoing that."""

from __future__ import annotations

import itertools

from improv.music.event import NoteOff, NoteOn
from improv.music.opening import phrase
from improv.play.effects import Tell
from improv.play.history import STEPS
from improv.play.messages import Action, Notice, Phase, Transport
from improv.play.places import BACK
from improv.session.render import Stage
from support import Metronome, onsets, stage


def told(playing: Stage, model: Metronome, action: Action, at: float) -> list[int]:
    """What the model is told first of all after it."""
    before = len(model.primed)
    act(playing, action, at)
    return [note.pitch for note in model.primed[before]]


def notices(playing: Stage) -> list[str]:
    said = [effect.report for _, effect in playing.effects if isinstance(effect, Tell)]
    return [report.text for report in said if isinstance(report, Notice)]


def act(playing: Stage, action: Action, at: float) -> None:
    playing.feed(Transport(action), at)


def played(model: Metronome, keys: int = 12) -> Stage:
    """You play so many keys, a fifth of a second each, from 60 up; then it goes on."""
    playing = stage(model, idle_start=None)
    for n in range(keys):
        playing.feed(NoteOn(1 + n / 5, 60 + n, 80, 0), 1 + n / 5)
        playing.feed(NoteOff(1.1 + n / 5, 60 + n, 0), 1.1 + n / 5)
    return playing


def test_back_forgets_the_last_notes_and_goes_on_from_before_them() -> None:
    """At once, in time, and what was planned does not come."""
    model = Metronome()
    playing = played(model)
    playing.run_until(6.02)
    before = len(onsets(playing.effects))
    sounded = [pitch for _, pitch in onsets(playing.effects)]
    assert told(playing, model, Action.BACK, 6.02) == sounded[-25 - BACK : -BACK]
    assert playing.engine.phase is Phase.PLAYING
    playing.run_until(8.0)
    after = [at for at, _ in onsets(playing.effects)[before:]]
    assert min(after) >= 6.02
    assert max(b - a for a, b in itertools.pairwise(after)) < 0.3
    assert f"{BACK} notes back" in notices(playing)


def test_what_is_back_can_be_undone_and_redone() -> None:
    """The context is what it was, note for note, and that at the time of now."""
    model = Metronome()
    playing = played(model, keys=20)  # the last is let go at 4.9
    act(playing, Action.PLAY, 4.92)
    playing.run_until(4.95)
    whole, less = list(range(60, 80)), list(range(60, 72))
    assert told(playing, model, Action.BACK, 5.00) == less
    assert told(playing, model, Action.EARLIER, 5.01) == whole
    assert told(playing, model, Action.LATER, 5.02) == less
    assert told(playing, model, Action.EARLIER, 5.03) == whole


def test_a_hundred_steps_back_are_undone_to_the_first() -> None:
    """And a step more says nothing of the kind."""
    model = Metronome()
    playing = played(model, keys=20)
    act(playing, Action.STOP, 4.95)
    for n in range(STEPS):
        act(playing, Action.BACK, 5.0 + n / 1000)
    for n in range(STEPS):
        act(playing, Action.EARLIER, 6.0 + n / 1000)
    assert told(playing, model, Action.PLAY, 7.0) == list(range(60, 80))


def test_more_goes_on_from_the_phrase_that_was_kept() -> None:
    """Whatever was played since; and it plays, if it did not."""
    model = Metronome()
    playing = played(model, keys=10)
    act(playing, Action.KEEP, 3.2)
    assert notices(playing)[-1].startswith("kept the last 10 notes")
    playing.run_until(20.0)
    act(playing, Action.STOP, 20.0)
    assert told(playing, model, Action.MORE, 21.0) == list(range(60, 70))
    assert playing.engine.phase is Phase.PLAYING
    playing.run_until(22.0)
    assert min(at for at, _ in onsets(playing.effects) if at > 20.5) >= 21.0


def test_where_there_is_nothing_to_go_to_it_is_said() -> None:
    """And it plays on as it did."""
    playing = stage(idle_start=None)
    act(playing, Action.KEEP, 1.0)
    act(playing, Action.MORE, 1.1)
    act(playing, Action.BACK, 1.2)
    said = notices(playing)
    assert said == [
        "there is nothing to keep yet",
        "nothing is kept yet; k keeps the phrase",
        "there is nothing before that",
    ]
    assert playing.engine.phase is Phase.WAITING


def test_back_leaves_you_playing() -> None:
    """While you play it is your turn still."""
    playing = played(Metronome())
    act(playing, Action.BACK, 3.25)
    assert playing.engine.phase is Phase.LISTENING
    assert playing.engine.sounding == 0


def test_back_into_the_opening_stays_there() -> None:
    """What is left of it is what is gone on from, though nobody has heard it."""
    model = Metronome(step=0.25)
    playing = stage(model)  # begins from the opening by itself
    playing.run_until(1.1)
    opening = [note.pitch for note in phrase()]
    sounded = len(onsets(playing.effects))
    assert 0 < sounded < BACK
    wanted = opening[: sounded - BACK][-25:]
    assert told(playing, model, Action.BACK, 1.1) == wanted
    since = len(onsets(playing.effects)) - sounded
    assert playing.engine.context_size == len(wanted) + since < len(opening)
