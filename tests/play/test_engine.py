"""The engine plays, listens, answers and lets go; all in virtual time."""

from __future__ import annotations

import itertools
import math

import pytest

from improv.music.event import NoteOff, NoteOn, Other, ProposedNote, Source
from improv.play.effects import Ask, Send, Tell
from improv.play.engine import COMMIT
from improv.play.messages import (
    Action,
    Notice,
    Phase,
    Planned,
    Proposal,
    SetParam,
    Strike,
    Transport,
)
from support import Metronome, onsets, sent, stage


def key(made, pitch, at, length=0.1):
    """Strike a key of yours at `at` and let it go."""
    made.feed(NoteOn(at, pitch, 70), at)
    made.feed(NoteOff(at + length, pitch), at + length)


def test_starts_by_itself_from_the_opening_when_nobody_plays():
    """Nobody plays for `idle_start` seconds: it goes on from the built-in phrase, at once."""
    made = stage(idle_start=4.0)
    made.run_until(3.9)
    assert onsets(made.effects) == []
    made.run_until(6.0)
    assert [at for at, _ in onsets(made.effects)[:3]] == pytest.approx([4.0, 4.25, 4.5])
    asked = next(e.request for _, e in made.effects if isinstance(e, Ask))
    assert len(asked.context) == 25


def test_answers_a_phrase_after_the_pause():
    """The first note of an answer starts when your silence has lasted `pause` seconds."""
    made = stage(idle_start=None, pause=0.6)
    key(made, 60, 1.0)
    key(made, 64, 1.5)
    made.run_until(4.0)
    first = onsets(made.effects, Source.IMPROV)[0][0]
    assert first == pytest.approx(1.6 + 0.6)
    assert made.engine.phase is Phase.PLAYING


def test_the_answer_continues_from_what_you_played():
    """The context of the first request is your notes, in order, with the lengths you gave."""
    made = stage(idle_start=None)
    key(made, 60, 1.0, length=0.2)
    key(made, 64, 1.5, length=0.3)
    made.run_until(3.0)
    asked = next(e.request for _, e in made.effects if isinstance(e, Ask))
    assert [(n.pitch, n.start, round(n.duration, 6)) for n in asked.context] == [
        (60, 1.0, 0.2),
        (64, 1.5, 0.3),
    ]


@pytest.mark.parametrize("context", [5, 25, 60])
def test_the_model_is_told_as_many_notes_as_are_asked_for(context):
    """The last of those that sounded and those that are planned, from the next request on."""
    made = stage(idle_start=None, context=context)
    for n in range(70):
        key(made, 60 + n % 12, 1.0 + 0.1 * n, length=0.05)
    made.run_until(9.0)
    asked = next(e.request for _, e in made.effects if isinstance(e, Ask))
    assert [note.start for note in asked.context] == pytest.approx(
        [1.0 + 0.1 * n for n in range(70 - context, 70)]
    )
    assert made.engine.context_size == context


def test_playing_drops_the_plan_and_listens():
    """When you play, nothing planned is heard until your phrase has ended."""
    made = stage()
    made.run_until(2.1)
    assert made.engine.planned > 0
    made.feed(NoteOn(2.1, 50, 80), 2.1)
    assert made.engine.planned == 0
    assert made.engine.phase is Phase.LISTENING
    made.run_until(2.6)
    made.feed(NoteOff(2.6, 50), 2.6)
    made.run_until(10.0)
    assert not [t for t, _ in onsets(made.effects, Source.IMPROV) if 2.1 < t < 2.6 + 0.6]


def test_a_proposal_for_a_dropped_plan_is_never_heard():
    """A proposal that comes after you have begun to play is stale."""
    made = stage(idle_start=None)
    made.do([e for e in made.engine.handle(Transport(Action.PLAY), 0.0) if not isinstance(e, Ask)])
    made.feed(NoteOn(0.1, 50, 80), 0.1)
    made.feed(Proposal(1, (ProposedNote(99, 80, 0.0, 1.0),), ()), 0.2)
    assert made.engine.planned == 0


def test_a_knob_is_heard_in_the_next_note():
    """A change acts on every note later than the commit horizon."""
    made = stage()
    made.run_until(2.0)
    made.feed(SetParam(1, "velocity", 33), 2.0)
    made.run_until(4.0)
    after = [d[1] for t, s, d in sent(made.effects) if s == 0x90 and t > 2.0 + COMMIT]
    assert after
    assert set(after) == {33}
    assert made.engine.serial == 1


def test_a_knob_bends_the_plan_and_keeps_its_numbers():
    """Redrawn notes have the numbers of those they replace, so the music goes on in place."""
    turned, left = stage(), stage()
    turned.run_until(2.0)
    turned.feed(SetParam(1, "velocity", 33), 2.0)
    turned.run_until(6.0)
    left.run_until(6.0)
    assert onsets(turned.effects) == onsets(left.effects)


def test_an_invalid_knob_changes_nothing_and_says_so():
    """Out of range or unknown: the parameters stay, the musician gets a sentence."""
    made = stage(idle_start=None)
    before = made.engine.params
    made.feed(SetParam(1, "temperature", math.nan), 0.0)
    made.feed(SetParam(2, "speed", 1.0), 0.0)
    notices = [
        e.report.text
        for _, e in made.effects
        if isinstance(e, Tell) and isinstance(e.report, Notice)
    ]
    assert made.engine.params == before
    assert "temperature must be from" in notices[0]
    assert "no parameter named 'speed'" in notices[1]


def test_a_phrase_of_n_notes_ends():
    """With notes per phrase set it plays as many and waits for you."""
    made = stage(notes=5)
    made.run_until(20.0)
    assert len(onsets(made.effects)) == 5
    assert made.engine.phase is Phase.WAITING
    key(made, 60, 21.0)
    made.run_until(40.0)
    assert len(onsets(made.effects, Source.IMPROV)) == 10


def test_pause_lets_go_and_play_goes_on():
    """Pause is silence at once; while paused your playing gets no answer."""
    made = stage(Metronome(duration=3.0))
    made.run_until(2.0)
    made.feed(Transport(Action.PAUSE), 2.0)
    assert made.engine.sounding == 0
    key(made, 60, 3.0)
    made.run_until(8.0)
    assert not [t for t, _ in onsets(made.effects, Source.IMPROV) if t > 2.0]
    made.feed(Transport(Action.PLAY), 8.0)
    made.run_until(9.0)
    assert onsets(made.effects, Source.IMPROV)[-1][0] > 8.0


def test_stop_waits_for_your_playing():
    """After stop, your next phrase is answered."""
    made = stage()
    made.run_until(2.0)
    made.feed(Transport(Action.STOP), 2.0)
    key(made, 60, 5.0)
    made.run_until(8.0)
    assert onsets(made.effects, Source.IMPROV)[-1][0] > 5.0


def test_panic_sends_an_off_for_each_note_then_resets_the_channel():
    """Note-offs, then on all channels pedals up, CC120, 123, 121, bend centred; nothing after."""
    made = stage(Metronome(duration=9.0))
    made.run_until(2.0)
    made.effects.clear()
    made.feed(Transport(Action.PANIC), 2.0)
    made.run_until(9.0)
    messages = sent(made.effects)
    offs = [m for m in messages if m[1] == 0x80]
    assert len(offs) >= 5
    assert [m[2] for m in messages[len(offs) :]] == 16 * [
        (64, 0), (66, 0), (120, 0), (123, 0), (121, 0), (0, 64),
    ]  # fmt: skip
    assert made.engine.sounding == 0


def test_new_forgets_what_was_played():
    """After `new` the context is the opening again."""
    made = stage(idle_start=None)
    key(made, 30, 1.0)
    made.feed(Transport(Action.NEW), 2.0)
    asked = [e.request for _, e in made.effects if isinstance(e, Ask)][-1]
    assert 30 not in [note.pitch for note in asked.context]
    assert len(asked.context) == 25


def test_thru_off_keeps_your_notes_for_takes_only():
    """With thru off your notes are inaudible, are heard by improv, and are paired for a take."""
    made = stage(idle_start=None, thru=False)
    key(made, 60, 1.0)
    sends = [e for _, e in made.effects if isinstance(e, Send) and e.source is Source.YOU]
    assert [(e.message[0] & 0xF0, e.audible) for e in sends] == [(0x90, False), (0x80, False)]
    assert made.engine.context_size == 1


def test_your_note_and_its_note_on_one_pitch_are_each_let_go_once():
    """A pitch struck by both is cut and struck again; the owed off of the first is not sent."""
    made = stage(Metronome(duration=2.0), idle_start=None, low=60, high=60, notes=1)
    made.feed(Transport(Action.PLAY), 0.0)
    made.run_until(0.3)
    key(made, 60, 0.5)
    made.run_until(0.9)
    assert [s for _, s, d in sent(made.effects) if d and d[0] == 60] == [0x90, 0x80, 0x90, 0x80]


def test_a_typed_key_ends_by_itself():
    """The typed piano gives a length, since a terminal sees no release."""
    made = stage(idle_start=None)
    made.feed(Strike(62, 80, 0.4), 1.0)
    made.run_until(1.5)
    assert [(t, s) for t, s, _ in sent(made.effects)] == [(1.0, 0x90), (1.4, 0x80)]


def test_a_program_change_follows_the_instrument():
    """Turning the instrument sends a program change on its channel and keeps the plan."""
    made = stage(channel=3)
    made.run_until(1.0)
    planned = made.engine.planned
    made.feed(SetParam(1, "program", 40), 1.0)
    assert (1.0, 0xC0, (40,)) in sent(made.effects)
    assert made.engine.planned == planned


def test_a_bank_is_said_before_the_program_of_it():
    """Coarse and fine, as the program change after them means it; bank 0 is not said."""
    made = stage(channel=3, bank=1 * 128 + 5, program=9)
    assert [send.message for send in made.engine.greeting(0.5)] == [
        b"\xb3\x00\x01",
        b"\xb3\x20\x05",
        b"\xc3\x09",
    ]
    made.feed(SetParam(1, "bank", 0), 1.0)
    assert [(at, s, d) for at, s, d in sent(made.effects) if s in {0xB0, 0xC0}] == [
        (1.0, 0xC0, (9,))
    ]


def test_a_stall_is_followed_by_no_burst():
    """Notes over 50 ms late are dropped and counted; what comes next is spaced as it was meant."""
    made = stage()
    made.run_until(1.0)
    made.effects.clear()
    made.now = 8.0  # the process stood still for seven seconds
    made.do(made.engine.handle(None, 8.0))
    made.run_until(10.0)
    assert made.engine.dropped > 0
    times = [t for t, _ in onsets(made.effects)]
    assert len([t for t in times if t < 8.05]) <= 1
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.2


def test_a_lost_model_plays_its_plan_out_and_goes_on_when_it_returns():
    """What was planned is heard, then silence, then music again."""
    made = stage()
    made.run_until(1.0)
    last = made.engine.planned
    made.do(made.engine.model_lost(1.0))
    made.run_until(9.0)
    assert len([t for t, _ in onsets(made.effects) if t > 1.0]) == last
    made.do(made.engine.model_ready(9.0))
    made.run_until(10.0)
    assert onsets(made.effects)[-1][0] > 9.0


def test_your_other_messages_pass_through():
    """Pedal, bend and program of yours go on as they came."""
    made = stage(idle_start=None)
    made.feed(Other(1.0, bytes((0xB0, 64, 127))), 1.0)
    assert sent(made.effects) == [(1.0, 0xB0, (64, 127))]


def test_the_plan_that_is_shown_is_the_plan():
    """Every change of the plan is told, and the last told plan is the one there is."""
    made = stage()
    made.run_until(1.0)
    plans = [
        e.report for _, e in made.effects if isinstance(e, Tell) and isinstance(e.report, Planned)
    ]
    assert len(plans[-1].notes) == made.engine.planned


def test_a_lost_keyboard_leaves_no_key_down():
    """Keys held on a keyboard that is unplugged are let go, and the phrase can end."""
    made = stage(idle_start=None, pause=0.5)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.run_until(2.0)
    made.do(made.engine.lift_keys(2.0))
    assert made.engine.sounding == 0
    made.run_until(4.0)
    assert onsets(made.effects, Source.IMPROV)[0][0] == pytest.approx(2.5)
