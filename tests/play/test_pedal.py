"""Your sustain pedal: whose turn it is, what the model hears, and what is on the wire."""

from __future__ import annotations

import pytest

from improv.listen.turns import HOLD
from improv.music.event import NoteOff, NoteOn, Other, Source
from improv.play.asking import HORIZON
from improv.play.effects import Ask, Send
from improv.play.messages import Action, SetParam, Transport
from support import Metronome, onsets, sent, stage


def pedal(made, at, value, channel=0):
    made.feed(Other(at, bytes((0xB0 | channel, 64, value))), at)


def key(made, pitch, at, length=0.2, channel=0):
    made.feed(NoteOn(at, pitch, 70, channel), at)
    made.feed(NoteOff(at + length, pitch, channel), at + length)


def heard(made):
    """The context of the first request: what you played."""
    return next(e.request for _, e in made.effects if isinstance(e, Ask)).context


def its_own(made):
    """Improv's notes in the context of the last request."""
    context = [e.request for _, e in made.effects if isinstance(e, Ask)][-1].context
    return [note for note in context if note.source is Source.IMPROV]


def lengths(notes):
    return [(n.pitch, round(n.duration, 6), round(n.rings, 6)) for n in notes]


def answer(made):
    """When improv's first note began."""
    return round(onsets(made.effects, Source.IMPROV)[0][0], 6)


# --- whose turn it is


def test_silence_begins_when_the_pedal_comes_up():
    """The last key is up at 1.2 and the pedal at 2: the answer comes `pause` after the pedal."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.run_until(1.9)
    assert onsets(made.effects, Source.IMPROV) == []
    pedal(made, 2.0, 0)
    made.run_until(4.0)
    assert answer(made) == 2.5


def test_a_pedal_lifted_before_the_key_changes_nothing():
    """Silence begins with the last thing that sounds."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    pedal(made, 1.1, 0)
    made.feed(NoteOff(1.5, 60), 1.5)
    made.run_until(4.0)
    assert answer(made) == 2.0


def test_a_foot_that_rests_on_the_pedal_keeps_the_turn_but_not_for_ever():
    """A phrase that rests on its last notes is answered over them, as over held keys."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.run_until(9.0)
    assert answer(made) == 1.0 + HOLD


def test_a_pedal_under_which_nothing_rings_keeps_no_turn():
    """It goes down after the last key came up, and moves on: that is silence."""
    made = stage(idle_start=None, pause=0.5)
    key(made, 60, 1.0)
    pedal(made, 1.3, 127)
    pedal(made, 1.5, 90)
    made.run_until(4.0)
    assert answer(made) == pytest.approx(1.2 + 0.5)


def test_a_wheel_is_no_playing():
    """The silence goes on while a controller moves."""
    made = stage(idle_start=None, pause=0.5)
    key(made, 60, 1.0)
    made.feed(Other(1.4, bytes((0xB0, 1, 50))), 1.4)
    made.run_until(4.0)
    assert answer(made) == pytest.approx(1.7)


def test_a_keyboard_that_goes_with_its_pedal_down_ends_the_phrase():
    """No word will come of the pedal: it counts as lifted when the keyboard went."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.run_until(1.5)
    made.do(made.engine.lift_keys(1.5))
    made.run_until(3.0)
    assert answer(made) == 2.0


# --- what the model hears


def test_a_pedalled_note_is_heard_with_both_its_lengths():
    """How long its key was held, and how much longer it sounded."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0, length=0.25)
    key(made, 64, 1.5, length=0.25)
    pedal(made, 2.0, 0)
    made.run_until(2.45)
    assert lengths(heard(made)) == [(60, 0.25, 0.75), (64, 0.25, 0.25)]


def test_a_pedal_pressed_after_the_key_catches_what_is_still_held_only():
    """The first note is over when the foot goes down, the second is not."""
    made = stage(idle_start=None, pause=0.5)
    key(made, 60, 1.0)
    made.feed(NoteOn(1.5, 64, 70), 1.5)
    pedal(made, 1.6, 127)
    made.feed(NoteOff(1.7, 64), 1.7)
    pedal(made, 2.5, 0)
    made.run_until(3.0)
    assert lengths(heard(made)) == [(60, 0.2, 0.0), (64, 0.2, 0.8)]


def test_a_key_struck_again_under_the_pedal_ends_the_note_before():
    """The first of two sounds until the second begins."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    key(made, 60, 1.5)
    pedal(made, 2.0, 0)
    made.run_until(2.5)
    assert lengths(heard(made)) == [(60, 0.2, 0.3), (60, 0.2, 0.3)]


def test_each_channel_has_its_pedal():
    """A pedal on channel 2 keeps nothing of channel 1."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127, channel=1)
    key(made, 60, 1.0)
    key(made, 64, 1.3, channel=1)
    pedal(made, 2.0, 0, channel=1)
    made.run_until(2.5)
    assert lengths(heard(made)) == [(60, 0.2, 0.0), (64, 0.2, 0.5)]


def test_what_still_sounds_is_heard_to_go_on_under_the_answer():
    """A note rung on for `HOLD` seconds, and a key held as long: neither has ended."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.feed(NoteOn(1.5, 64, 70), 1.5)
    made.run_until(1.5 + HOLD)
    asked_at = next(now for now, effect in made.effects if isinstance(effect, Ask))
    ends = [round(n.start + n.sounding, 6) for n in heard(made)]
    assert ends == [round(asked_at + HORIZON, 6)] * 2


@pytest.mark.parametrize(
    ("control", "rings"), [(121, 0.3), (120, 0.3), (123, 1.3)], ids=["reset", "sound", "notes"]
)
def test_what_a_keyboard_says_to_a_whole_channel_is_understood(control, rings):
    """Resetting controllers and all sound off end what rings; all notes off leaves it ringing."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.feed(Other(1.5, bytes((0xB0, control, 0))), 1.5)
    pedal(made, 2.5, 0)
    key(made, 62, 3.0)
    made.run_until(4.0)
    assert lengths(heard(made))[0] == (60, 0.2, rings)


def test_all_notes_off_lets_your_keys_go():
    """Some keyboards say it when the last key comes up, in place of its release."""
    made = stage(idle_start=None, pause=0.5)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    made.feed(NoteOn(1.0, 64, 70, 1), 1.0)
    made.feed(Other(1.4, bytes((0xB0, 123, 0))), 1.4)
    assert sent(made.effects)[-2:] == [(1.4, 0x80, (60, 0)), (1.4, 0xB0, (123, 0))]
    assert made.engine.sounding == 1


def test_improvs_own_notes_ring_under_your_pedal_and_it_hears_so():
    """One piano, one pedal: its note-off leaves when it is due, and the note sounds on."""
    made = stage(Metronome(step=0.5, duration=0.2), idle_start=None, notes=2, low=60, high=90)
    pedal(made, 0.0, 127)
    made.feed(Transport(Action.PLAY), 0.1)
    made.run_until(1.5)
    pedal(made, 2.0, 0)
    made.feed(Transport(Action.PLAY), 2.0)
    own = its_own(made)
    assert [(round(n.duration, 6), round(n.start + n.sounding, 6)) for n in own] == [(0.2, 2.0)] * 2
    offs = [now for now, status, _ in sent(made.effects, Source.IMPROV) if status == 0x80]
    ons = [now for now, _ in onsets(made.effects, Source.IMPROV)]
    assert [round(off - on, 6) for on, off in zip(ons[:2], offs, strict=True)] == [0.2, 0.2]


@pytest.mark.parametrize("how", ["a channel of its own", "thru off"])
def test_improvs_notes_can_be_kept_out_of_your_pedal(how):
    """On another channel, or where your pedal is not passed on, they end as they were meant."""
    settings = {"channel": 1} if how.startswith("a") else {"thru": False}
    made = stage(Metronome(step=0.5), idle_start=None, notes=2, **settings)
    pedal(made, 0.0, 127)
    made.feed(Transport(Action.PLAY), 0.1)
    made.run_until(1.5)
    made.feed(Transport(Action.PLAY), 2.0)
    own = its_own(made)
    assert [n.rings for n in own] == [0.0, 0.0]


# --- what is on the wire


def test_every_value_of_a_continuous_pedal_is_passed_on():
    """Half pedals too: a piano makes something of them."""
    made = stage(idle_start=None)
    for i, value in enumerate((10, 63, 64, 127, 40, 0)):
        pedal(made, float(i), value)
    assert [data for _, _, data in sent(made.effects)] == [
        (64, value) for value in (10, 63, 64, 127, 40, 0)
    ]


def test_an_output_that_opens_is_told_of_the_pedal_that_is_down():
    """As it stands; not with thru off, but for a take."""
    made = stage(idle_start=None)
    pedal(made, 1.0, 90)
    down = bytes((0xB0, 64, 90))
    assert made.engine.greeting(2.0) == [Send(down, 2.0, Source.YOU)]
    made.feed(SetParam(1, "thru", value=False), 3.0)
    assert made.engine.greeting(4.0) == [Send(down, 4.0, Source.YOU, audible=False)]


def test_turning_thru_on_passes_on_the_pedal_that_is_down():
    """And improv's notes ring under it from then on."""
    made = stage(idle_start=None, thru=False)
    pedal(made, 1.0, 127)
    assert sent(made.effects) == []
    made.feed(SetParam(1, "thru", value=True), 2.0)
    assert sent(made.effects) == [(2.0, 0xB0, (64, 127))]


def test_a_pedal_that_stays_down_while_thru_is_off_and_on_is_down_again():
    """Off lifts it out there, and your own notes ring on where you hear them; on puts it down."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 1.0, 127)
    key(made, 60, 1.1)
    made.feed(SetParam(1, "thru", value=False), 1.5)
    made.feed(SetParam(2, "thru", value=True), 1.7)
    assert [(at, data) for at, status, data in sent(made.effects) if status == 0xB0] == [
        (1.0, (64, 127)),
        (1.5, (64, 0)),
        (1.7, (64, 127)),
    ]
    pedal(made, 2.0, 0)
    made.run_until(2.5)
    assert lengths(heard(made)) == [(60, 0.2, 0.7)]


def test_panic_ends_what_rings_and_the_pedal_counts_as_up():
    """The next note rings only when the pedal is heard of again."""
    made = stage(idle_start=None, pause=0.5)
    pedal(made, 0.9, 127)
    key(made, 60, 1.0)
    made.feed(Transport(Action.PANIC), 1.5)
    key(made, 62, 2.0)
    made.run_until(3.0)
    assert lengths(heard(made)) == [(60, 0.2, 0.3), (62, 0.2, 0.0)]


def test_an_output_that_closes_is_told_whose_each_note_is():
    """A take hears your key let go on your track, thru on or off."""
    made = stage(idle_start=None, thru=False)
    made.feed(NoteOn(1.0, 60, 70), 1.0)
    first, *resets = made.engine.farewell(2.0)
    assert first == Send(bytes((0x80, 60, 0)), 2.0, Source.YOU, audible=False)
    assert {send.source for send in resets} == {Source.IMPROV}
