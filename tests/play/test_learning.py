"""It learns who plays, copies no more than it may and plays less of what was marked: whole scripts.

On the virtual clock, with a network that finds every pitch as likely: whatever is not chance is
what was played.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from improv.listen.evening import BREAK, intervals
from improv.model.seed import SeedImproviser
from improv.music.event import NoteOff, NoteOn, Source
from improv.play.effects import Ask, AskPlayer, KeepPlayer, Tell
from improv.play.learning import KEEP_EVERY
from improv.play.memory import FEWEST
from improv.play.messages import NOTHING, Action, Known, Notice, Phase, SetParam, Transport
from improv.session.render import Players, Stage, strangers
from support import onsets, stage

MOTIF = [60, 64, 67, 65, 62, 71, 60]  # it comes round
GOES_ON = intervals(MOTIF)


def flat(_: object) -> tuple[np.ndarray, float, float]:
    return np.zeros(128, np.float32), 0.2, 0.15


def begun(players: Players = strangers, **knobs: float | bool | str) -> Stage:
    model = SeedImproviser("flat", "fake", flat)
    return stage(model, idle_start=None, players=players, guard="off", **knobs)


def play(playing: Stage, pitches: list[int], at: float) -> float:
    """You play these, five a second; when the last is let go."""
    for n, pitch in enumerate(pitches):
        playing.feed(NoteOn(at + n / 5, pitch, 80, 0), at + n / 5)
        playing.feed(NoteOff(at + n / 5 + 0.1, pitch, 0), at + n / 5 + 0.1)
    return at + len(pitches) / 5


def its(playing: Stage) -> list[int]:
    return [pitch for _, pitch in onsets(playing.effects, Source.IMPROV)]


def said(playing: Stage) -> list[str]:
    reports = [effect.report for _, effect in playing.effects if isinstance(effect, Tell)]
    return [report.text for report in reports if isinstance(report, Notice)]


def asked(playing: Stage) -> list[Ask]:
    return [effect for _, effect in playing.effects if isinstance(effect, Ask)]


def as_you(pitches: list[int]) -> float:
    """The share of notes that go on as the motif does."""
    line, know = intervals(pitches), intervals(MOTIF * 3)
    runs = [line[n - FEWEST : n + 1] in know for n in range(FEWEST, len(line))]
    return sum(runs) / len(runs)


def test_it_goes_on_with_what_you_have_played_tonight() -> None:
    """Long after that has left the context; in another key; and not with the knob at 0."""
    shares = {}
    for learn in (0.0, 0.97):
        playing = begun(learn=learn, context=8)
        for n in range(3):
            play(playing, MOTIF * 2, 1.0 + 5 * n)
            playing.feed(Transport(Action.STOP), 4.5 + 5 * n)
        play(playing, [pitch + 2 for pitch in MOTIF[:5]], 20.0)
        playing.run_until(40.0)
        shares[learn] = as_you(its(playing)[-60:])
    assert shares[0.0] < 0.1
    assert shares[0.97] > 0.6


def test_what_is_told_is_no_more_than_is_drawn_by() -> None:
    """Nothing with both knobs at 0; your line by `learn`; all that sounded by the cap."""
    for knobs, yours, sounded in (
        ({"learn": 0.0}, False, False),
        ({"learn": 0.1}, True, False),
        ({"learn": 0.0, "copy_cap": 5}, True, True),
    ):
        playing = begun(**knobs)
        play(playing, MOTIF, 1.0)
        playing.run_until(5.0)
        told = asked(playing)[-1].request.tonight
        assert (bool(told.yours), bool(told.sounded)) == (yours, sounded)
        assert yours or told is NOTHING
        assert not yours or told.yours == bytes((BREAK,)) + GOES_ON


def test_who_plays_is_asked_for_and_kept() -> None:
    """What is known comes first; what is kept is that and tonight."""
    before = intervals([50, 53, 58, 50])
    playing = begun(lambda player: Known(player, before), player="anna", learn=0.5)
    play(playing, MOTIF, 1.0)
    playing.run_until(4.0)
    line = before + bytes((BREAK, BREAK)) + GOES_ON
    assert asked(playing)[-1].request.tonight.yours == line
    playing.do(playing.engine.finish(4.0))
    assert [e for _, e in playing.effects if isinstance(e, AskPlayer)] == [AskPlayer("anna")]
    assert playing.effects[-1][1] == KeepPlayer("anna", line)
    assert said(playing) == ["of anna 3 notes are known"]


def kept(playing: Stage) -> list[KeepPlayer]:
    return [effect for _, effect in playing.effects if isinstance(effect, KeepPlayer)]


def test_it_is_kept_every_now_and_then() -> None:
    """So that a crash costs a minute's playing; and at the end nothing is kept twice."""
    playing = begun(player="me", mode="solo")
    play(playing, [60 + n % 12 for n in range(2 * KEEP_EVERY)], 1.0)
    assert [len(each.line) for each in kept(playing)] == [KEEP_EVERY, 2 * KEEP_EVERY]
    playing.do(playing.engine.finish(60.0))
    assert len(kept(playing)) == 2


def test_nobody_is_kept_and_who_says_their_name_late_is() -> None:
    """With all they played before they said it."""
    playing = begun()
    play(playing, MOTIF, 1.0)
    playing.feed(SetParam(1, "player", "me"), 3.0)
    playing.do(playing.engine.finish(4.0))
    assert kept(playing) == [KeepPlayer("me", bytes((BREAK,)) + GOES_ON)]
    assert said(playing) == ["of me nothing is known yet; what is played is kept"]
    silent = begun()
    play(silent, MOTIF, 1.0)
    silent.do(silent.engine.finish(4.0))
    assert kept(silent) == []


def test_another_player_begins_with_a_line_of_their_own() -> None:
    """What the one before played is theirs, and no longer learnt from."""
    playing = begun(player="anna", learn=0.5)
    play(playing, MOTIF, 1.0)
    playing.feed(SetParam(1, "player", "ben"), 3.0)
    assert kept(playing) == [KeepPlayer("anna", bytes((BREAK,)) + GOES_ON)]
    play(playing, [40, 41, 43], 4.0)
    playing.run_until(8.0)
    assert asked(playing)[-1].request.tonight.yours == bytes((BREAK, 1, 2))


def test_a_player_whose_file_has_not_come_is_not_written_over() -> None:
    """It may be damaged: better nothing kept than all that was lost."""
    engine = begun(player="nobody").engine
    asks = engine.handle(SetParam(1, "player", "anna"), 1.0)
    assert AskPlayer("anna") in asks
    for n in range(100):
        assert not [
            e for e in engine.handle(NoteOn(2.0 + n, 60, 80, 0), 2.0 + n) if type(e) is KeepPlayer
        ]
    assert not [e for e in engine.finish(200.0) if isinstance(e, KeepPlayer)]
    late = engine.handle(Known("ben", b"\x01"), 201.0)
    assert not [e for e in late if isinstance(e, KeepPlayer)]


@pytest.mark.parametrize("futures", [1, 4])
@pytest.mark.parametrize(
    ("knobs", "cap"), [({"learn": 1.0}, 5), ({"mode": "solo", "low": 60, "high": 66}, 3)]
)
def test_no_run_is_longer_than_the_cap(knobs: dict[str, Any], cap: int, futures: int) -> None:
    """Of yours, which it wants to go on with; nor of its own, by chance."""
    longest = {}
    for copy_cap in (0, cap):
        playing = begun(copy_cap=copy_cap, futures=futures, **knobs)
        play(playing, MOTIF * 3, 1.0)
        playing.feed(Transport(Action.PLAY), 6.0)
        playing.run_until(60.0)
        assert len(its(playing)) > 150
        longest[copy_cap] = playing.engine.copies.most
    assert longest[0] > cap + 1
    assert longest[cap] == cap


def test_a_cap_that_is_turned_is_heard_in_the_next_notes() -> None:
    """As any knob."""
    playing = begun(learn=1.0)
    play(playing, MOTIF * 3, 1.0)
    playing.run_until(20.0)
    assert playing.engine.copies.run > 6
    playing.feed(SetParam(1, "copy_cap", 4), 20.0)
    playing.run_until(21.0)
    runs = []
    for n in range(100):
        playing.run_until(21.0 + n / 10)
        runs.append(playing.engine.copies.run)
    assert max(runs) <= 4


def test_again_from_a_point_knows_the_cap_that_was_turned_since() -> None:
    """The request of the point was made without one."""
    playing = begun(learn=1.0, notes=16)
    play(playing, MOTIF * 3, 1.0)
    playing.run_until(8.0)
    playing.feed(SetParam(1, "copy_cap", 4), 8.0)
    playing.feed(Transport(Action.AGAIN), 8.1)
    assert asked(playing)[-1].request.tonight.sounded


def shares_of(playing: Stage, pitches: list[int], marked: bytes) -> float:
    line = intervals(pitches)
    return sum(line[n : n + 3] in marked for n in range(len(line) - 2)) / (len(line) - 2)


def test_less_like_this_is_for_the_rest_of_the_session() -> None:
    """What it played goes on to come back, and then hardly does; `r` does not forget that."""
    playing = begun(learn=0.97, low=48, high=84)
    play(playing, MOTIF * 3, 1.0)
    playing.run_until(12.0)
    marked = playing.engine._context.evening.phrase  # what is marked
    playing.run_until(30.0)
    before = shares_of(playing, its(playing)[-80:], marked)
    for _ in range(3):
        playing.feed(Transport(Action.LESS), playing.now + 0.1)
    playing.feed(Transport(Action.NEW), playing.now + 0.1)
    play(playing, MOTIF * 2, playing.now + 1.0)
    playing.run_until(playing.now + 20.0)
    after = shares_of(playing, its(playing)[-80:], marked)
    assert before > 0.8
    assert after < 0.5 * before
    assert "less like its last 24 notes; u takes that back" in said(playing)


def test_less_can_be_undone_and_redone_and_leaves_the_context() -> None:
    """Between other moves, each in its turn."""
    playing = begun(learn=0.5)
    play(playing, MOTIF * 3, 1.0)
    playing.run_until(10.0)
    evening = playing.engine._context.evening  # what is marked
    heard = playing.engine._context.kept()
    playing.feed(Transport(Action.LESS), 10.0)
    assert playing.engine._context.kept() == heard
    (marked,) = evening.disliked
    playing.feed(Transport(Action.BACK), 10.1)
    playing.feed(Transport(Action.EARLIER), 10.2)  # undoes the step back
    assert evening.disliked == (marked,)
    playing.run_until(12.0)
    sounded = len(playing.engine._context)
    playing.feed(Transport(Action.EARLIER), 12.0)
    assert evening.disliked == ()
    assert len(playing.engine._context) >= sounded  # the music stays where it is
    playing.feed(Transport(Action.LATER), 12.1)
    assert evening.disliked == (marked,)
    playing.run_until(13.0)
    assert asked(playing)[-1].request.tonight.disliked == (marked,)


def test_there_is_nothing_to_mark_before_it_has_played() -> None:
    """Which is said; undo then finds its step all the same."""
    playing = begun()
    playing.feed(Transport(Action.LESS), 1.0)
    assert said(playing) == ["there is no phrase of its that could be marked yet"]
    playing.feed(Transport(Action.EARLIER), 2.0)
    assert playing.engine.phase is Phase.WAITING
