"""F1: the model's process is killed again and again. Notes end on time, and it comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from faults.conftest import LONG
from faults.instrument import Playing, down
from rig.playing import OUT, setup
from rig.support import FarEnd, Heard, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session import keeper
from improv.session.messages import Action, ModelState, Transport

KILLS = 20 if LONG else 5
LONGEST = 10.0
"""Seconds; the longest note improv plays (improv/play/placing.py)."""
Say = Callable[[str], None]


@pytest.fixture
def playing(far: FarEnd) -> Iterator[Playing]:
    made = Playing(setup())
    far.connect(OUT, far.midi_in)
    made.wait_ready()
    made.player.send(Transport(Action.PLAY))
    yield made
    made.player.stop()


def lengths(heard: list[Heard]) -> list[float]:
    """Of all notes; each on has one off."""
    began: dict[int, float] = {}
    taken = []
    for message in heard:
        pitch = message.data[1]
        if message.is_on:
            assert pitch not in began
            began[pitch] = message.at
        elif message.is_off:
            taken.append(message.at - began.pop(pitch))
    assert not began
    return taken


def kill(playing: Playing) -> ModelState:
    """Kill the model in the middle of a phrase; what became of it."""
    count = len(playing.sounded())
    wait_for(lambda: len(playing.sounded()) > count + 2, 30, "a phrase")
    os.kill(playing.model, signal.SIGKILL)
    wait_for(lambda: not playing.is_ready(), 10, "the model to be missed")
    return playing.status.model_state


@pytest.mark.parametrize("kills", [KILLS], ids=[f"{KILLS} times"])  # a row for each length
def test_a_model_killed_again_and_again_leaves_no_note_and_comes_back(
    far: FarEnd, playing: Playing, figure: Say, kills: int
) -> None:
    """By itself twice in 30 s; the third death is told and it stays down until `r` is pressed."""
    back, downs = [], 0
    for _ in range(kills):
        if kill(playing) is ModelState.DOWN:
            downs += 1
            assert "died too often and stays down" in playing.words
            wait_for(lambda: not down(far.heard()), LONGEST + 1, "what sounds to end")
            wait_until(monotonic() + 2.0)
            assert playing.status.model_state is ModelState.DOWN
            count = len(playing.sounded())
            began = monotonic()
            playing.player.send(Transport(Action.NEW))
        else:
            count, began = len(playing.sounded()), monotonic()
        playing.wait_ready()
        wait_for(lambda n=count: len(playing.sounded()) > n, 20, "music again")
        back.append(monotonic() - began)
    assert playing.end().sounding == 0
    wait_until(monotonic() + 0.2)
    taken = lengths(far.heard())
    figure(
        f"killed {kills} times: music again after {sorted(back)[kills // 2]:.1f} s (median), "
        f"{max(back):.1f} s at most; {len(taken)} notes, each ended, the longest "
        f"{max(taken):.1f} s; it stayed down {downs} times and came back when asked"
    )
    assert downs >= 1
    assert max(back) < allowed(15.0)
    assert max(taken) < LONGEST + 0.5


WITHOUT = """
import improv.session.keeper
improv.session.keeper.ModelKeeper._live_once, lived = (
    lambda self: lived(self) or True, improv.session.keeper.ModelKeeper._live_once)
"""


def test_without_the_keeper_there_is_no_more_music(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """A keeper that takes every death for the last."""
    mutant(WITHOUT)
    playing = Playing(setup())
    try:
        far.connect(OUT, far.midi_in)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        assert kill(playing) is ModelState.DOWN
        wait_for(lambda: not down(far.heard()), LONGEST + 1, "what sounds to end")
        count = len(playing.sounded())
        wait_until(monotonic() + 3.0)
        assert len(playing.sounded()) == count
        figure(f"silence from the first death on; {keeper.DEATHS - 1} restarts were due")
    finally:
        playing.player.stop()
