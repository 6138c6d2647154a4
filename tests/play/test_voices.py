"""Voices: lines of text that say what each has otherwise, and what they play."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.music.event import NoteOff, NoteOn, Source
from improv.play import voices
from improv.play.effects import Send
from improv.play.messages import Action, Phase, SetParam, Transport
from improv.play.params import READY, Params
from improv.session.render import Stage
from support import Metronome, stage

FLUTE = "harmonise, channel 3, instrument Flute, range C5-C7, velocity 60, output port:Volca Bass"


def test_a_line_says_what_a_voice_has_otherwise() -> None:
    """All else it has from the knobs, and goes on having when they are turned."""
    params = Params(voice_3=FLUTE, temperature=0.7)
    flute = voices.of(params, 3)
    assert flute is not None
    assert (flute.mode, flute.channel, flute.program) == ("harmonise", 2, 73)
    assert (flute.low, flute.high, flute.velocity) == (72, 96, 60)
    assert flute.temperature == 0.7
    assert voices.output(params, 3) == "port:Volca Bass"
    assert voices.of(params, 2) is None
    assert voices.of(params, 1) is params


@pytest.mark.parametrize("name", READY)
def test_each_ready_made_voice_is_one(name: str) -> None:
    """What comes after its name is said over it."""
    its = voices.of(Params(voice_2=f"{name}, velocity 33"), 2)
    assert its is not None
    assert its.velocity == 33
    assert its.program != Params().program


@pytest.mark.parametrize(
    ("first", "number", "channel"), [(0, 2, 1), (0, 4, 3), (7, 3, 10), (9, 2, 10), (15, 2, 0)]
)
def test_a_voice_has_a_channel_of_its_own(first: int, number: int, channel: int) -> None:
    """The next one up, and never the drums'."""
    its = voices.of(Params(channel=first, voice_2="bass", voice_4="bass", voice_3="bass"), number)
    assert its is not None
    assert its.channel == channel


def test_half_a_range_does_not_depend_on_the_first_voice() -> None:
    """A low bass under a first voice that keeps to the treble."""
    its = voices.of(Params(low=72, high=84, voice_2="high C3"), 2)
    assert its is not None
    assert (its.low, its.high) == (21, 48)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("trumpets", "write one of bass"),
        ("channel 17", "channel must be from 1 to 16"),
        ("range C4", "written as C2-C4"),
        ("low C5, high C2", "must not be above"),
        ("bass, tempo 90", "no 'tempo 90'"),
        ("velocity 200", "velocity must be from 1 to 127"),
    ],
)
def test_what_is_no_voice_is_said(line: str, words: str) -> None:
    """By what a musician can do about it."""
    with pytest.raises(UsageError, match=words):
        Params(voice_2=line)


def sends(playing: Stage) -> list[tuple[float, Send]]:
    return [(at, effect) for at, effect in playing.effects if isinstance(effect, Send)]


def note_ons(playing: Stage) -> list[tuple[float, Send]]:
    return [(at, send) for at, send in sends(playing) if send.is_onset]


def test_voices_play_at_once_each_on_its_channel_and_in_its_range() -> None:
    """And none draws what another does, though they hear the same."""
    playing = stage(Metronome(), voice_2="bass", voice_3="lead")
    playing.run_until(20.0)
    ons = note_ons(playing)
    by_channel = {
        channel: [s.message[1] for _, s in ons if s.message[0] & 0x0F == channel]
        for channel in {send.message[0] & 0x0F for _, send in ons}
    }
    assert by_channel.keys() == {0, 1, 2}
    assert all(28 <= pitch <= 55 for pitch in by_channel[1])
    assert all(72 <= pitch <= 96 for pitch in by_channel[2])
    assert by_channel[0][:8] != by_channel[1][:8]
    assert {send.voice for _, send in ons} == {1, 2, 3}


def test_each_voice_plays_with_you_in_its_own_mode() -> None:
    """The first stops for you; the second joins with companions, and they end with your key."""
    playing = stage(Metronome(), voice_2="harmonise, companions 2")
    playing.feed(NoteOn(1.1, 60, 80, 0), 1.1)
    playing.run_until(1.2)
    struck = [send for at, send in note_ons(playing) if at >= 1.1 and send.source is Source.IMPROV]
    assert struck
    assert {send.voice for send in struck} == {2}
    playing.feed(NoteOff(1.4, 60, 0), 1.4)
    assert playing.engine.sounding == 0


def test_a_voice_that_is_turned_off_ends_what_it_plays_and_no_other() -> None:
    """At once; turned on it begins where the others are."""
    playing = stage(Metronome(step=0.25, duration=5.0), voice_2="pad")
    playing.run_until(5.0)
    playing.feed(SetParam(1, "voice_2", "off"), 5.0)
    later = [send for at, send in note_ons(playing) if at > 5.0]
    assert not [send for send in later if send.voice == 2]
    offs = [
        send
        for at, send in sends(playing)
        if at == 5.0 and send.message[0] & 0xF0 == 0x80 and send.voice == 2
    ]
    assert offs
    playing.feed(SetParam(2, "voice_2", "pad"), 6.0)
    playing.run_until(12.0)
    assert [send for at, send in note_ons(playing) if at > 6.0 and send.voice == 2]


@pytest.mark.parametrize("action", [Action.PAUSE, Action.STOP, Action.PANIC])
def test_whoever_plays_is_silenced(action: Action) -> None:
    """All voices, and nothing comes after."""
    playing = stage(Metronome(), voice_2="bass", voice_3="lead", voice_4="harmonise")
    playing.run_until(5.0)
    playing.feed(Transport(action), 5.0)
    assert playing.engine.sounding == 0
    count = len(note_ons(playing))
    playing.run_until(10.0)
    assert len(note_ons(playing)) == count
    assert playing.engine.phase in {Phase.PAUSED, Phase.STOPPED}


def test_a_turned_knob_reaches_the_voices_that_do_not_name_it() -> None:
    """The temperature is everybody's; the bass keeps its range."""
    playing = stage(Metronome(), voice_2="bass")
    playing.run_until(3.0)
    playing.feed(SetParam(1, "low", 60), 3.0)
    playing.run_until(12.0)
    late = [send for at, send in note_ons(playing) if at > 3.1]
    assert all(send.message[1] >= 60 for send in late if send.voice == 1)
    assert all(28 <= send.message[1] <= 55 for send in late if send.voice == 2)
