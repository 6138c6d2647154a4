"""F7, unseen: a port's name is there at each look, and its cable gone.

So it is with a program that leaves and returns between two looks, and with one that has made its
ports and does not work yet: JACK connects it to nothing until it does, and rtmidi doesn't say so.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from faults.instrument import CHORD, Playing, down, wait_released
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, JackServer, allowed, soon, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, Transport

SPEC = "port:keys:in"
Say = Callable[[str], None]


@pytest.fixture
def keys(rig: JackServer) -> Iterator[FarEnd]:
    """A program that is played to, and played by."""
    with FarEnd(rig.env, "keys") as keys:
        yield keys


@pytest.fixture
def play(keys: FarEnd) -> Iterator[Callable[[], Playing]]:
    """Have music played to that port by a player that listens to its other one."""
    players: list[Playing] = []

    def begin() -> Playing:
        playing = Playing(setup(outputs=(SPEC,), inputs=("port:keys:out",)))
        players.append(playing)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_music(keys)
        return playing

    yield begin
    for playing in players:
        playing.player.stop()


def wait_music(keys: FarEnd) -> float:
    """Seconds until more of it is heard."""
    began, before = monotonic(), len(keys.heard())
    wait_for(lambda: any(m.is_on for m in keys.heard()[before:]), 20, "music")
    return monotonic() - began


def end(playing: Playing, keys: FarEnd) -> None:
    """Both ways are open again, and nothing hangs when it is over."""
    wait_for(lambda: playing.status.inputs, 10, "the input")
    wait_for(lambda: playing.status.outputs == (SPEC,), 10, "the output")
    assert playing.end().sounding == 0
    wait_until(monotonic() + 0.2)
    assert down(keys.heard()) == set()


def test_one_that_leaves_and_returns_between_two_looks_is_connected_again(
    keys: FarEnd, play: Callable[[], Playing], figure: Say
) -> None:
    playing = play()
    keys.rest()
    keys.work()
    began = monotonic()
    wait_for(lambda: f"lost {SPEC}" in playing.words, 10, "the banner")
    wait_music(keys)
    back = monotonic() - began
    end(playing, keys)
    figure(f"gone and back between two looks: music again after {back:.1f} s")
    assert back < allowed(3.0)


def test_one_that_takes_no_cable_yet_is_tried_until_it_does(
    keys: FarEnd, play: Callable[[], Playing], figure: Say
) -> None:
    playing = play()
    keys.rest()
    wait_for(lambda: f"lost {SPEC}" in playing.words, 10, "the banner")
    wait_until(monotonic() + 2.5)
    assert playing.status.outputs == ()
    keys.work()
    back = wait_music(keys)
    end(playing, keys)
    figure(f"music again {back:.1f} s after a port takes a cable")
    assert back < allowed(3.0)


def chord_cut_off(far: FarEnd, keys: FarEnd, *, kill: bool = False) -> Playing:
    """Your chord rings at the port when it goes; you let go, and then the port is back.

    Meanwhile, if so asked, the player is killed.
    """
    playing = Playing(setup(outputs=(SPEC,)))
    playing.wait_ready()
    playing.player.send(Transport(Action.PAUSE))  # none but your notes
    far.connect(far.midi_out, IN)
    far.play([(soon(), bytes((0x90, pitch, 80))) for pitch in CHORD])
    wait_for(lambda: down(keys.heard()) == set(CHORD), 10, "the chord")
    keys.rest()
    wait_for(lambda: f"lost {SPEC}" in playing.words, 10, "the banner")
    far.play([(soon(), bytes((0x80, pitch, 0))) for pitch in CHORD])
    wait_for(lambda: not down(far.sent()), 10, "the keys to be let go")
    wait_until(monotonic() + 0.1)
    assert down(keys.heard()) == set(CHORD)
    if kill:
        wait_for(lambda: playing.status.unheard, 10, "what rings there to be known")
        os.kill(playing.pid, signal.SIGKILL)
        wait_for(lambda: "the player is back" in playing.words, 20, "its return")
    keys.work()
    return playing


def test_what_rang_there_is_let_go_when_it_is_back(far: FarEnd, keys: FarEnd, figure: Say) -> None:
    """As with a hardware synth whose cable was pulled: it holds what nobody has ended."""
    playing = chord_cut_off(far, keys)
    try:
        let_go = wait_released(keys, monotonic())
    finally:
        playing.player.stop()
    figure(f"a chord that rang when its port went is let go {let_go:.1f} s after its return")
    assert let_go < allowed(3.0)


def test_what_rang_there_is_let_go_though_the_player_died_meanwhile(
    far: FarEnd, keys: FarEnd, figure: Say
) -> None:
    """What it knew goes on to the next one."""
    playing = chord_cut_off(far, keys, kill=True)
    try:
        let_go = wait_for(lambda: not down(keys.heard()) and monotonic(), 10, "the release")
    finally:
        playing.player.stop()
    assert let_go
    figure("a chord that rang when its port went, and then the player died, is let go")


AMNESIA = """
from improv.session.outgoing import Outgoing
Outgoing.remember = lambda *_: None
"""


def test_without_what_the_dead_player_knew_it_hangs(
    far: FarEnd, keys: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(AMNESIA)
    playing = chord_cut_off(far, keys, kill=True)
    try:
        wait_for(lambda: playing.status.outputs == (SPEC,), 10, "the port")
        wait_until(monotonic() + 2.0)
        assert down(keys.heard()) == set(CHORD)
    finally:
        playing.player.stop()
    figure("a chord that rang when its port went, and then the player died, rings on")


FORGETFUL = """
import improv.session.outgoing
improv.session.outgoing.Outgoing.let_go = lambda *_: 0
"""


def test_without_remembering_what_rang_there_it_hangs(
    far: FarEnd, keys: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(FORGETFUL)
    playing = chord_cut_off(far, keys)
    try:
        wait_for(lambda: playing.status.outputs == (SPEC,), 10, "the port")
        wait_until(monotonic() + 2.0)
        assert down(keys.heard()) == set(CHORD)
    finally:
        playing.player.stop()
    figure("a chord that rang when its port went rings on 2 s after its return")


def music_again(rig: JackServer) -> float | None:
    """A synth that listens on our own port leaves and returns; seconds to music, None for never."""
    with FarEnd(rig.env, "synth") as synth:
        playing = Playing(setup(inputs=("none",)))
        synth.connect(OUT, synth.midi_in)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_music(synth)
        wait_for(lambda: playing.status.plugged, 10, "the cable to be known")
    wait_until(monotonic() + 2.5)
    try:
        with FarEnd(rig.env, "synth") as synth:
            began = monotonic()
            while monotonic() < began + 6.0:
                if any(m.is_on for m in synth.heard()):
                    return monotonic() - began
                wait_until(monotonic() + 0.01)
            return None
    finally:
        playing.player.stop()


def test_a_synth_that_listens_is_connected_again_when_it_returns(
    rig: JackServer, figure: Say
) -> None:
    back = music_again(rig)
    assert back is not None
    figure(f"who listened on our own port hears music {back:.1f} s after its return")
    assert back < allowed(3.0)


def chord_left_behind(rig: JackServer, far: FarEnd) -> set[int]:
    """A bridge to a synth leaves our own port with a chord in it, and is started again.

    The keys are let go meanwhile, but for one; those it is told of then.
    """
    playing = Playing(setup())
    try:
        far.connect(far.midi_out, IN)
        with FarEnd(rig.env, "bridge") as bridge:
            bridge.connect(OUT, bridge.midi_in)
            playing.wait_ready()
            playing.player.send(Transport(Action.PAUSE))  # none but your notes
            playing.wait_cabled()
            far.play([(soon(), bytes((0x90, pitch, 80))) for pitch in CHORD])
            wait_for(lambda: down(bridge.heard()) == set(CHORD), 10, "the chord")
        wait_for(lambda: "bridge:in has gone" in playing.words, 10, "the banner")
        far.play([(soon(), bytes((0x80, pitch, 0))) for pitch in CHORD[1:]])
        wait_until(monotonic() + 0.5)
        with FarEnd(rig.env, "bridge") as bridge:
            wait_for(lambda: "bridge:in hears virtual:improv again" in playing.words, 10, "it")
            wait_until(monotonic() + 0.5)
            return {m.data[1] for m in bridge.heard() if m.is_off}
    finally:
        playing.player.stop()


def test_what_rang_with_who_left_our_port_is_let_go_when_it_is_back(
    rig: JackServer, far: FarEnd, figure: Say
) -> None:
    """As with a hardware synth behind a bridge: it holds what nobody has ended."""
    told = chord_left_behind(rig, far)
    figure(
        f"a bridge on our own port that left with {len(CHORD)} notes is told of {len(told)} offs"
    )
    assert told == set(CHORD[1:]), "and the key that is held rings on"


UNTOLD = """
from improv.session.outgoing import Outgoing
Outgoing.move = lambda *_: None
"""


def test_without_remembering_what_rang_with_it_it_hangs(
    rig: JackServer, far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(UNTOLD)
    assert chord_left_behind(rig, far) == set()
    figure("a bridge on our own port that left with notes is told of no off")


def held_by_who_leaves(rig: JackServer, far: FarEnd, *, pull: bool) -> float | None:
    """A keyboard holds a chord at our own input and goes; seconds to its end, None for never."""
    playing = Playing(setup())
    try:
        with FarEnd(rig.env, "keyboard") as keyboard:
            keyboard.connect(keyboard.midi_out, IN)
            far.connect(OUT, far.midi_in)
            playing.wait_ready()
            playing.player.send(Transport(Action.PAUSE))  # none but your notes
            playing.wait_cabled()
            keyboard.play([(soon(), bytes((0x90, pitch, 80))) for pitch in CHORD])
            wait_for(lambda: down(far.heard()) == set(CHORD), 10, "the chord")
            gone = monotonic()
            if pull:
                keyboard.disconnect(keyboard.midi_out, IN)
                wait_until(gone + 4.0)
        wait_until(gone + 4.0)
        offs = [message.at for message in far.heard() if message.is_off]
        return offs[-1] - gone if not down(far.heard()) else None
    finally:
        playing.player.stop()


@pytest.mark.parametrize("pull", [False, True], ids=["leaves", "is unplugged"])
def test_keys_of_who_goes_from_our_input_are_let_go(
    rig: JackServer, far: FarEnd, figure: Say, *, pull: bool
) -> None:
    """No release will ever come for them."""
    let_go = held_by_who_leaves(rig, far, pull=pull)
    assert let_go is not None
    how = "is unplugged" if pull else "leaves"
    figure(f"keys of who {how} are let go after {let_go:.1f} s")
    assert let_go < allowed(2.0)


UNSEEN = """
from improv.session.rack import Rack
Rack._see = lambda *_: None
"""


def test_without_seeing_who_goes_its_keys_hang(
    rig: JackServer, far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(UNSEEN)
    assert held_by_who_leaves(rig, far, pull=False) is None
    figure("keys of who leaves ring on after 4 s")


UNPLUGGED = """
from improv.ports.cables import Cable
Cable.connect = lambda *_: False
"""


def test_without_connecting_it_again_it_hears_nothing(
    rig: JackServer, mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(UNPLUGGED)
    assert music_again(rig) is None
    figure("who listened on our own port hears nothing 6 s after its return")


WITHOUT = """
from improv.ports.cables import Cable
Cable.is_there = True
"""


def test_without_looking_at_the_cable_it_plays_to_nobody(
    keys: FarEnd, play: Callable[[], Playing], mutant: Callable[[str], None], figure: Say
) -> None:
    mutant(WITHOUT)
    playing = play()
    keys.rest()
    keys.work()
    wait_until(monotonic() + 0.2)
    before = len(keys.heard())
    wait_until(monotonic() + 5.0)
    assert playing.status.outputs == (SPEC,)
    assert len(keys.heard()) == before
    figure("gone and back between two looks: nothing heard in 5 s")
