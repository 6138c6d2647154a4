"""Each mode as a script in virtual time: what you play, and what it does about it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from improv.music.event import NoteOff, NoteOn, Other, Source
from improv.play.effects import Ask, Prepare, Tell
from improv.play.messages import Action, Notice, Phase, SetParam, Transport
from support import Metronome, onsets, sent, stage


def key(made, pitch, at, length=0.1):
    """Strike a key of yours at `at` and let it go."""
    made.feed(NoteOn(at, pitch, 70), at)
    made.feed(NoteOff(at + length, pitch), at + length)


def its(made) -> list[float]:
    return [at for at, _ in onsets(made.effects, Source.IMPROV)]


def asked(made):
    return [effect.request for _, effect in made.effects if isinstance(effect, Ask)]


def silent_at_last(made) -> None:
    """Every note-on has its note-off."""
    made.do(made.engine.finish(made.now))
    messages = [(status, data[0]) for _, status, data in sent(made.effects)]
    ons = sum(status == 0x90 for status, _ in messages)
    assert ons == sum(status == 0x80 for status, _ in messages)


# --- answer


@pytest.mark.parametrize(
    ("knobs", "notes", "last"),
    [
        ({"answer": "notes", "notes": 5}, 5, None),
        ({"answer": "seconds", "answer_seconds": 2.0}, 8, 2.0),
        ({"answer": "yours"}, 6, 1.5),
    ],
)
def test_an_answer_has_an_end_and_then_it_is_your_turn(knobs, notes, last) -> None:
    """By notes, by seconds, as long as your phrase of 1.5 s; it does not go on by itself."""
    made = stage(idle_start=None, mode="answer", pause=0.5, **knobs)
    for n in range(4):
        key(made, 60 + n, 1.0 + 0.4666666 * n)
    made.run_until(20.0)
    first = its(made)[0]
    assert first == pytest.approx(2.5 + 0.5, abs=1e-3)
    assert len(its(made)) == notes
    if last is not None:
        assert its(made)[-1] < first + last
    assert made.engine.phase is Phase.WAITING
    key(made, 60, 21.0)
    made.run_until(40.0)
    assert its(made)[notes] == pytest.approx(21.1 + 0.5)
    silent_at_last(made)


def test_a_pedal_hands_over_and_silence_does_not() -> None:
    """Your soft pedal going down; the answer begins with the next note it draws."""
    made = stage(idle_start=None, hand_over="pedal")
    key(made, 60, 1.0)
    made.run_until(9.0)
    assert its(made) == []
    made.feed(Other(9.0, bytes((0xB0, 67, 20))), 9.0)
    assert its(made) == []
    made.feed(Other(9.1, bytes((0xB0, 67, 127))), 9.1)
    made.run_until(10.0)
    assert its(made)[0] == pytest.approx(9.1, abs=0.03)


def test_a_key_hands_over_and_silence_does_not() -> None:
    """Space; a pedal is a pedal."""
    made = stage(idle_start=None, hand_over="key")
    key(made, 60, 1.0)
    made.feed(Other(2.0, bytes((0xB0, 67, 127))), 2.0)
    made.run_until(5.0)
    assert its(made) == []
    made.feed(Transport(Action.PLAY), 5.0)
    made.run_until(6.0)
    assert its(made)[0] == pytest.approx(5.0, abs=0.03)


# --- duet


def test_a_duet_goes_on_while_you_play_and_hears_each_note() -> None:
    """It joins at your first note; what lies beyond a reaction time is drawn anew at each key."""
    made = stage(Metronome(step=0.25), idle_start=None, mode="duet", room=0.0)
    for n in range(12):
        key(made, 60 + n, 1.0 + 0.3 * n)
    made.run_until(6.0)
    during = [at for at in its(made) if 1.0 < at < 4.3]
    assert len(during) >= 10
    assert made.engine.phase is Phase.PLAYING
    for n in range(1, 12):
        at = 1.0 + 0.3 * n
        heard = [r.context for now, r in _requests(made) if now == pytest.approx(at)]
        assert heard
        assert all((60 + n, at) in [(note.pitch, note.start) for note in told] for told in heard)
    silent_at_last(made)


def _requests(made):
    return [(now, effect.request) for now, effect in made.effects if isinstance(effect, Ask)]


@pytest.mark.parametrize("gap", [0.1, 0.2, 0.25, 0.5, 0.6])
def test_keys_at_even_times_put_off_each_note_of_a_duet_once_at_most(gap: float) -> None:
    """Its next note is meant 0.8 s after your last key, and there is always another key."""
    made = stage(Metronome(step=0.8), idle_start=None, mode="duet", room=0.0)
    for n in range(round(12.0 / gap)):
        key(made, 60 + n % 5, 1.0 + n * gap, 0.05)
    own = [at for at in its(made) if at < 13.0]
    assert len(own) >= 12.0 / (0.8 + gap) - 1
    assert max(b - a for a, b in pairwise(own)) <= 0.8 + 2 * gap + 1e-6


def test_a_duet_leaves_you_room_while_you_are_busy() -> None:
    """It asks for fewer notes the more you play, and for as many as before when you rest."""
    made = stage(idle_start=None, mode="duet", room=1.0)
    for n in range(20):
        key(made, 60 + n % 12, 1.0 + 0.1 * n, length=0.05)
    made.run_until(12.0)
    busy = [r.params.density for now, r in _requests(made) if 2.0 < now < 3.0]
    rests = [r.params.density for now, r in _requests(made) if now > 6.0]
    assert max(busy) <= -0.9
    assert set(rests) == {0.0}
    assert made.engine.params.density == 0.0


# --- accompany


def test_the_left_hand_is_the_chord_it_leans_on_while_it_is_held() -> None:
    """The keys below the split; the right hand is none of it."""
    made = stage(idle_start=None, mode="accompany", split=60)
    for pitch in (45, 48, 52):
        made.feed(NoteOn(1.0, pitch, 70), 1.0)
    key(made, 76, 1.5)
    made.run_until(3.0)
    assert asked(made)[-1].params.chord == "A C E"
    assert len(its(made)) > 3
    for pitch in (45, 48, 52):
        made.feed(NoteOff(3.0, pitch), 3.0)
    made.run_until(8.0)
    assert asked(made)[-1].params.chord == "off"
    assert made.engine.params.chord == "off"


# --- harmonise


class Thirds(Metronome):
    """Proposes thirds above the last note it was primed with, two in any chord."""

    def draw(self, params, key, within=(0.0, 0.0)):
        drawn = super().draw(params, key, within)
        above = 4 + 3 * (self._drawn % 2)
        self._drawn += 1
        return type(drawn)(self.primed[-1][-1].pitch + above, 60, 0.3, 9.0)

    _drawn = 0


def test_each_note_of_yours_has_companions_as_long_as_it_sounds() -> None:
    """At once, not your own pitch, and let go with it; it plays nothing by itself."""
    made = stage(Thirds(), idle_start=None, mode="harmonise", companions=2)
    key(made, 60, 1.0, length=0.4)
    key(made, 65, 2.0, length=0.7)
    made.run_until(9.0)
    assert onsets(made.effects, Source.IMPROV) == [(1.0, 64), (1.0, 67), (2.0, 69), (2.0, 72)]
    offs = [(at, d[0]) for at, s, d in sent(made.effects, Source.IMPROV) if s == 0x80]
    assert offs == [(1.4, 64), (1.4, 67), (2.7, 69), (2.7, 72)]
    request = asked(made)[0]
    assert request.count == 2
    assert [within for _, within in request.draws()] == [(0.0, 0.0)] * 2
    assert request.context[-1].pitch == 60
    silent_at_last(made)


def test_keys_struck_together_each_have_their_own() -> None:
    """None is lost though the second is asked for before the first is answered."""
    made = stage(Thirds(), idle_start=None, mode="harmonise", companions=1)
    made.feed(NoteOn(1.0, 48, 70), 1.0)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.run_until(1.5)
    assert {pitch for _, pitch in onsets(made.effects, Source.IMPROV)} <= {52, 55, 64, 67}
    assert len(its(made)) == 2
    made.feed(NoteOff(1.5, 48), 1.5)
    assert made.engine.sounding == 2
    made.feed(NoteOff(1.6, 60), 1.6)
    assert made.engine.sounding == 0


def test_a_companion_that_comes_too_late_or_after_stop_is_not_played() -> None:
    """Its note has ended, or silence was asked for."""
    made = stage(Thirds(), idle_start=None, mode="harmonise")
    made.feed(Transport(Action.STOP), 0.5)
    key(made, 60, 1.0)
    made.run_until(2.0)
    assert its(made) == []


# --- solo


def test_a_solo_takes_no_notice_of_you() -> None:
    """It neither stops nor hears you, once it has notes of its own."""
    alone = stage(idle_start=0.0, mode="solo")
    alone.run_until(8.0)
    beside = stage(idle_start=0.0, mode="solo")
    for n in range(10):
        key(beside, 60 + n, 2.0 + 0.4 * n)
    beside.run_until(8.0)
    assert its(beside) == its(alone)
    late = [r for now, r in _requests(beside) if now > 4.0]
    assert all(note.source is Source.IMPROV for r in late for note in r.context)


# --- changing the mode, freezing


def test_a_mode_turned_to_duet_while_it_listens_begins_at_once() -> None:
    """It does not wait for the end of a phrase any more."""
    made = stage(idle_start=None)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.run_until(1.5)
    assert made.engine.phase is Phase.LISTENING
    made.feed(SetParam(1, "mode", "duet"), 1.5)
    made.run_until(2.5)
    assert made.engine.phase is Phase.PLAYING
    assert its(made)[0] == pytest.approx(1.5, abs=0.05)


def test_a_frozen_loop_goes_round_and_a_thawed_one_goes_on() -> None:
    """The last four notes that sounded, in their rhythm, until the knob is back at 0."""
    made = stage(Metronome(step=0.25), idle_start=0.0)
    made.run_until(3.1)
    last = [pitch for _, pitch in onsets(made.effects)][-4:]
    made.feed(SetParam(1, "freeze", 4), 3.1)
    made.run_until(6.0)
    looped = [(at, pitch) for at, pitch in onsets(made.effects) if at > 3.13]
    assert [pitch for _, pitch in looped[:8]] == last * 2
    assert all(b - a == pytest.approx(0.25) for (a, _), (b, _) in pairwise(looped))
    made.feed(SetParam(2, "freeze", 0), 6.0)
    made.run_until(8.0)
    after = [pitch for at, pitch in onsets(made.effects) if at > 6.03]
    assert after[:4] != last


def test_freezing_nothing_is_said() -> None:
    """Nobody has played."""
    made = stage(idle_start=None)
    made.feed(SetParam(1, "freeze", 4), 1.0)
    said = [
        e.report.text
        for _, e in made.effects
        if isinstance(e, Tell) and isinstance(e.report, Notice)
    ]
    assert said == ["there is nothing to loop yet: play something first"]


def test_the_model_is_told_before_your_key_what_it_will_be_asked_with() -> None:
    """All but that key: after rests, under a key that is held, and with other knobs."""
    made = stage(Thirds(), idle_start=None, mode="harmonise", companions=2, context=10)
    for n in range(30):
        key(made, 60 + n % 7, 1.0 + 0.25 * n, length=(0.1, 0.4)[n % 2])
    made.feed(SetParam(1, "style", 1.0), 9.0)
    key(made, 60, 9.5)
    primer, count = None, 0
    for _, effect in made.effects:
        if isinstance(effect, Prepare):
            primer = effect.request
        elif isinstance(effect, Ask):
            assert primer is not None
            assert effect.request.context[:-1] == primer.context
            assert effect.request.before == primer.before
            assert effect.request.params == primer.params
            count += 1
    assert count == 31


def test_where_nothing_has_changed_the_model_is_told_nothing() -> None:
    """Time alone, and what is sent on, change nothing; other modes tell nothing ahead."""
    made = stage(Thirds(), idle_start=None, mode="harmonise")
    key(made, 60, 1.0)
    told = sum(isinstance(effect, Prepare) for _, effect in made.effects)
    made.feed(Other(2.0, bytes((0xB0, 1, 64))), 2.0)
    made.run_until(60.0)
    assert sum(isinstance(effect, Prepare) for _, effect in made.effects) == told
    duet = stage(Thirds(), mode="duet")
    key(duet, 60, 1.0)
    assert not any(isinstance(effect, Prepare) for _, effect in duet.effects)
