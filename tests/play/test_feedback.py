"""A DAW that sends improv's output back to its input."""

from __future__ import annotations

import pytest

from improv.music.event import Event, NoteOff, NoteOn, Other, Source
from improv.play.effects import Send, Tell
from improv.play.hands import LOOP
from improv.play.messages import Notice, Phase
from improv.session.render import Stage
from support import Metronome, stage

NEVER_BACK = 0.0


def looped(playing: Stage, keys: list[Event], seconds: float, delay: float) -> None:
    """Play keys, with all that goes out come back after `delay` s."""
    coming, seen = list(keys), 0
    while playing.now < seconds:
        sent = [effect for _, effect in playing.effects[seen:] if isinstance(effect, Send)]
        seen = len(playing.effects)
        if delay != NEVER_BACK:
            coming += [back(send, delay) for send in sent if send.audible]
        coming.sort(key=lambda event: event.at)
        until = min([playing.now + 0.005, *(event.at for event in coming)])
        playing.run_until(max(playing.now, until))
        while coming and coming[0].at <= playing.now:
            playing.feed(coming.pop(0), playing.now)


def back(send: Send, delay: float) -> Event:
    at, (status, *data) = max(send.due, 0.0) + delay, send.message
    match status & 0xF0:
        case 0x90:
            return NoteOn(at, data[0], data[1], status & 0x0F)
        case 0x80:
            return NoteOff(at, data[0], status & 0x0F)
    return Other(at, send.message)


def phrase_of(notes: int, begin: float, length: float) -> list[Event]:
    ons = [NoteOn(begin + n * 0.3, 60 + 3 * n, 90 + n, 0) for n in range(notes)]
    return [*ons, *(NoteOff(on.at + length, on.pitch, 0) for on in ons)]


@pytest.mark.parametrize("mode", ["continue", "duet", "harmonise"])
@pytest.mark.parametrize("delay", [0.006, 0.03, 0.12])
def test_it_never_answers_its_own_echo(mode: str, delay: float) -> None:
    """It hears your notes and no others, sends each once, and lets every one go."""
    playing = stage(Metronome(step=0.21, duration=0.17), mode=mode, velocity_spread=0)
    keys = phrase_of(6, 2.0, 0.2)
    looped(playing, keys, 9.0, delay)
    assert playing.engine.heard == 6
    thru = [
        send
        for _, send in playing.effects
        if isinstance(send, Send) and send.is_onset and send.source is Source.YOU
    ]
    assert len(thru) == 6
    if mode != "harmonise":
        assert playing.engine.phase is Phase.PLAYING
        said = [e.report for _, e in playing.effects if isinstance(e, Tell)]
        assert [r.text for r in said if isinstance(r, Notice)] == [LOOP]
    playing.do(playing.engine.finish(9.0))
    assert playing.engine.sounding == 0


def test_without_a_loop_nothing_is_left_out() -> None:
    """The same playing, and it is all heard."""
    playing = stage(Metronome(step=0.21, duration=0.17), mode="duet")
    looped(playing, phrase_of(6, 2.0, 0.2), 9.0, NEVER_BACK)
    assert playing.engine.heard == 6
