"""MIDI learn with a controller on a real port: move, done, and it is known the next time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from rig.playing import Playing, cabled, setup
from rig.support import FarEnd, wait_for

from improv.play.clock import monotonic
from improv.session.messages import Learn, Undo
from improv.session.terminal import PlayerProcess

KNOB = 74  # the control change of most filters' cutoff


def move(far: FarEnd, values: Iterable[int]) -> None:
    """Turn the controller's knob, a hundredth of a second from value to value."""
    start = monotonic() + 0.05
    far.play((start + n / 100, bytes((0xB0, KNOB, value))) for n, value in enumerate(values))


def density(playing: Playing) -> float:
    status = playing.state()
    assert status is not None
    return status.params.density


def test_a_knob_of_a_controller_is_learnt_picked_up_and_known_again(
    rig: object, far: FarEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It follows from where it passes the knob's place on, and for the next session too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    player = PlayerProcess(setup())
    playing = cabled(player, far)
    player.send(Learn("density"))
    wait_for(lambda: playing.state().learning == "density", word="learning")
    move(far, [100])
    wait_for(lambda: playing.state().controls, word="what was learnt")
    assert density(playing) == 0.0  # far from where the controller stands
    move(far, range(99, 30, -3))
    wait_for(lambda: density(playing) < -0.4, word="the knob to follow")
    player.send(Undo())
    wait_for(lambda: density(playing) == 0.0, word="undo")
    playing.end()
    assert not [m for m in far.heard() if m.data[:2] == bytes((0xB0, KNOB))][1:]  # not passed on
    again = PlayerProcess(setup())
    second = cabled(again, far)
    wait_for(lambda: second.state().controls, word="what was learnt before")
    move(far, range(20, 110, 3))
    wait_for(lambda: density(second) > 0.5, word="the knob to follow again")
    second.end()
