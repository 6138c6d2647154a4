"""F5: the player is killed, or stands still. Shown, reopened by name, and all that rang let go."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from faults.instrument import (
    AtTheTerminal,
    Playing,
    children_of,
    command_of,
    down,
    hold_chord,
    lives,
)
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session import watched
from improv.session.messages import Action, Phase, Transport

Say = Callable[[str], None]


@pytest.fixture
def playing(far: FarEnd) -> Iterator[Playing]:
    made = Playing(setup())
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    made.wait_ready()
    made.wait_cabled()
    yield made
    made.player.stop()


def shown(playing: Playing, words: str, since: float) -> float:
    """Seconds until the musician is told."""
    wait_for(lambda: words in playing.words, 10, words)
    return monotonic() - since


def test_a_killed_player_is_shown_and_started_again_and_every_note_is_let_go(
    far: FarEnd, playing: Playing, figure: Say
) -> None:
    """A held chord and a phrase under way; then the music goes on, with the knobs as they stood."""
    playing.player.send(Transport(Action.PLAY))
    wait_for(lambda: len(playing.sounded()) > 5, 20, "music")
    hold_chord(far)
    wait_for(lambda: playing.status.phase is Phase.LISTENING, 10, "yours")  # said after the keys
    playing.player.send(Transport(Action.PLAY))
    wait_for(lambda: playing.status.phase is Phase.PLAYING, 10, "its turn")
    first = playing.pid
    killed = monotonic()
    os.kill(first, signal.SIGKILL)
    told = shown(playing, "the player died; starting it again", killed)
    released = playing.wait_released(far, killed) - killed
    after = wait_for(lambda: [n for n in playing.sounded() if n.start > killed + 0.1][3:], 30)
    again = after[0].start - killed
    assert playing.pid != first
    assert playing.status.params.temperature == 0.5
    assert len({note.serial for note in playing.sounded()}) == len(playing.sounded())
    assert playing.end().sounding == 0
    wait_until(monotonic() + 0.1)
    assert down(far.heard()) == set()
    figure(
        f"killed: shown after {1000 * told:.0f} ms, all let go after {1000 * released:.0f} ms, "
        f"music again after {again:.1f} s"
    )
    assert told < allowed(0.5)
    assert released < allowed(2.0)


def test_a_player_that_stands_still_is_killed_and_started_again(
    far: FarEnd, playing: Playing, figure: Say
) -> None:
    """Stopped, as one is that spins in a driver with Python's lock held: it says nothing."""
    hold_chord(far)
    first, stopped = playing.pid, monotonic()
    os.kill(first, signal.SIGSTOP)
    told = shown(playing, "has said nothing for", stopped)
    released = playing.wait_released(far, stopped) - stopped
    figure(f"stopped: noticed after {told:.1f} s, all let go after {released:.1f} s")
    assert not lives(first)
    assert told < watched.SILENCE + allowed(1)
    assert released < watched.SILENCE + allowed(3)


def test_the_screen_says_it_and_goes_on(far: FarEnd, figure: Say) -> None:
    """In a real terminal: the banner, a second player, and `q` leaves with 0."""
    screen = AtTheTerminal()
    try:
        screen.wait_drawn(b"seed")
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        hold_chord(far)
        (player,) = (p for p in children_of(screen.process.pid) if b"player" in command_of(p))
        killed = monotonic()
        os.kill(player, signal.SIGKILL)
        screen.wait_drawn(b"the player died", 5)
        told = monotonic() - killed
        screen.wait_drawn(b"all that rang", 20)
        os.write(screen.master, b"q")
        assert screen.wait_end() == 0
        assert screen.is_restored
    finally:
        screen.close()
    figure(f"on the screen after {1000 * told:.0f} ms")
    assert told < allowed(0.5)


def test_a_player_that_dies_too_often_stays_down(rig: object) -> None:
    """Three times it is started again within 30 s; a fourth death is told and is the end."""
    playing = Playing(setup(outputs=("none",), inputs=("none",)))
    try:
        for death in range(watched.DEATHS + 1):
            assert playing.status
            wait_for(
                lambda n=death: playing.words.count("the player is back") == n, 20, "its return"
            )
            pid = playing.pid
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda n=death: playing.words.count("the player died") == n + 1, 10, "word")
        assert playing.player.ended
        assert "died too often and stays down" in playing.words
    finally:
        playing.player.stop()


NO_RELEASE = """
import improv.session.aftermath
improv.session.aftermath.full_release = lambda pitches: []
"""
NO_CABLES = """
from improv.ports.cables import Cable
Cable.connect = lambda *_: False
"""


@pytest.mark.parametrize(
    ("defence", "mutation"),
    [("the release", NO_RELEASE), ("its cables", NO_CABLES)],
    ids=["the release", "its cables"],
)
def test_without_one_defence_the_chord_rings_on(
    far: FarEnd, mutant: Callable[[str], None], figure: Say, defence: str, mutation: str
) -> None:
    """The port comes back and says nothing, or nobody is connected to it who could hear it."""
    mutant(mutation)
    playing = Playing(setup())
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        playing.wait_cabled()
        hold_chord(far)
        os.kill(playing.pid, signal.SIGKILL)
        wait_for(lambda: "the player is back" in playing.words, 20, "its return")
        wait_until(monotonic() + 2.0)
        assert len(down(far.heard())) == 4
        figure(f"without {defence} 4 of 4 notes ring on")
    finally:
        playing.player.stop()


def test_without_its_watch_one_that_stands_still_rings_on(
    far: FarEnd, playing: Playing, figure: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody minds how long it has said nothing."""
    patience = watched.SILENCE
    monkeypatch.setattr(watched, "SILENCE", float("inf"))
    hold_chord(far)
    first, stopped = playing.pid, monotonic()
    os.kill(first, signal.SIGSTOP)
    try:
        while monotonic() < stopped + patience + 2.0:
            assert "has said nothing for" not in playing.words
            wait_until(monotonic() + 0.1)
        assert lives(first)
        assert len(down(far.heard())) == 4
    finally:
        os.kill(first, signal.SIGCONT)
    figure(f"not noticed after {patience + 2.0:g} s, 4 of 4 notes ring on")
