"""Voices on real ports, as other programs hear them: each where it belongs, none left hanging."""

from __future__ import annotations

from rig.playing import OUT, cabled, pairs, setup
from rig.support import FarEnd, Heard, JackServer, soon, wait_for, wait_until

from improv.play.messages import SetParam
from improv.play.params import Params
from improv.session.messages import ModelSetup
from improv.session.terminal import PlayerProcess

BASS = "bass:out"


def ons(heard: list[Heard]) -> list[Heard]:
    return [message for message in heard if message.is_on]


def test_voices_play_at_once_and_a_bass_to_a_port_of_its_own(rig: JackServer, far: FarEnd) -> None:
    """A phrase of yours: companions with each key, then the first and the bass answer."""
    params = Params(
        pause=0.4,
        notes=24,
        voice_2="bass, output virtual:bass",
        voice_3="harmonise, companions 2, range C5-C7",
    )
    player = PlayerProcess(setup(params=params, model=ModelSetup("default", "cpu")))
    with FarEnd(rig.env, "bass-amp") as amp:
        playing = cabled(player, far)
        wait_for(lambda: BASS in far.ports(), word="the bass's port")
        amp.connect(BASS, amp.midi_in)
        start = soon()
        keys = [(start + 0.25 * n, bytes((0x90, 60 + 2 * n, 80))) for n in range(6)]
        keys += [(at + 0.2, bytes((0x80, data[1], 0))) for at, data in keys]
        far.play(sorted(keys))
        wait_until(start + 6.0)
        player.send(SetParam(1, "voice_2", "off"))  # its port goes, and nothing hangs on it
        wait_for(lambda: BASS not in far.ports(), word="the bass's port to close")
        wait_until(start + 7.0)
        goodbye = playing.end()
        low, rest = amp.heard(), far.heard()
    assert goodbye.sounding == 0
    notes = [message for message in rest if message.data[0] & 0xE0 == 0x80]
    by_channel = {c: [m for m in ons(notes) if m.data[0] & 0x0F == c] for c in range(16)}
    assert {c for c, heard in by_channel.items() if heard} == {0, 2}  # yours with the first's
    yours = [m for m in by_channel[0] if m.at < start + 1.4]
    companions = [m for m in by_channel[2] if m.at < start + 1.5]
    assert len(companions) >= len(yours) == 6
    assert all(72 <= m.data[1] <= 96 for m in companions)
    assert [m for m in by_channel[0] if m.at > start + 1.5]  # the answer
    bass = [message for message in low if message.data[0] & 0xE0 == 0x80]
    assert ons(bass)
    assert all(m.data[0] & 0x0F == 1 and 28 <= m.data[1] <= 55 for m in bass)
    print(f"\n{pairs(notes)} notes at {OUT}, {pairs(bass)} at {BASS}, none left hanging")
