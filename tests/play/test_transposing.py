"""What improv plays, moved by semitones: what sounds is what a musician has asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.event import NoteOn, Source
from improv.music.scale import belong
from improv.play import sampling
from improv.play.effects import Ask, Tell
from improv.play.messages import Planned, SetParam, Sounded
from improv.play.params import Params
from improv.play.recent import Recent
from improv.play.transposing import moved
from support import onsets, stage


@given(st.integers(0, 127), st.integers(-24, 24))
def test_every_pitch_has_somewhere_to_go(pitch: int, semitones: int) -> None:
    """Beyond the ends by octaves, and as few of them as will do."""
    there = moved(pitch, semitones)
    assert 0 <= there <= 127
    assert (there - pitch - semitones) % 12 == 0
    if 0 <= pitch + semitones <= 127:
        assert there == pitch + semitones
    else:
        assert there < 12 or there > 115


def _sounding(params: Params, n: int) -> int:
    chance = sampling.noise((5, n))
    logits = np.random.default_rng(n).normal(0.0, 2.0, 128)
    meant = sampling.choose_pitch(logits, Recent(()), 0.2, params, chance.pitch, chance.snap).pitch
    return moved(meant, params.transpose)


@pytest.mark.parametrize("way", ["snap", "mute"])
@pytest.mark.parametrize("by", [-24, -7, 1, 5, 24])
def test_scale_and_range_are_of_what_sounds(by: int, way: str) -> None:
    """However far it is moved."""
    params = Params(
        transpose=by, scale="dorian", key=2, out_of_scale=way, low=48, high=72
    )  # fmt: skip
    played = {_sounding(params, n) for n in range(200)}
    assert {pitch % 12 for pitch in played} <= belong(2, "dorian")
    assert min(played) >= 48
    assert max(played) <= 72


def test_a_chord_is_of_what_sounds() -> None:
    """Leaning on C major, most of what sounds is C, E or G, wherever it was meant."""
    params = Params(transpose=5, chord="C", lean=1.0)
    played = [_sounding(params, n) for n in range(300)]
    assert sum(pitch % 12 in {0, 4, 7} for pitch in played) > 200


def test_a_range_that_nothing_meant_can_reach_still_plays() -> None:
    """The lowest keys, two octaves up: by octaves then."""
    assert 0 <= _sounding(Params(transpose=24, low=0, high=11), 1) <= 127


def test_what_sounds_is_moved_and_what_is_meant_is_remembered() -> None:
    """So it goes on in the key it hears, and does not climb; your own notes stay where they are."""
    plain, up = stage(), stage(transpose=7)
    for each in (plain, up):
        each.run_until(1.0)
        each.feed(NoteOn(1.0, 60, 80), 1.0)
    its = onsets(plain.effects, Source.IMPROV)
    assert its
    assert onsets(up.effects, Source.IMPROV) == [(at, pitch + 7) for at, pitch in its]
    assert onsets(up.effects, Source.YOU) == [(1.0, 60)]
    asked = [e.request.context for _, e in up.effects if isinstance(e, Ask)]
    assert asked == [e.request.context for _, e in plain.effects if isinstance(e, Ask)]


def test_the_screen_is_told_what_sounds_and_will_sound() -> None:
    """Planned and sounded notes alike, also in the middle of playing."""
    played = stage(low=60, high=60)
    played.run_until(1.0)
    played.feed(SetParam(1, "transpose", 12), 1.0)
    begun = len(played.effects)
    played.run_until(3.0)
    told = [e.report for _, e in played.effects[begun:] if isinstance(e, Tell)]
    assert {r.pitch for r in told if isinstance(r, Sounded)} == {72}
    assert {n.pitch for r in told if isinstance(r, Planned) for n in r.notes} == {72}


def test_notes_end_where_they_sounded() -> None:
    """A transposition in the middle of a note leaves nothing hanging."""
    played = stage()
    for n in range(24):
        played.run_until(n / 8)
        played.feed(SetParam(n, "transpose", n - 12), n / 8)
    played.do(played.engine.finish(3.0))
    assert played.engine.sounding == 0
