"""F6: the model stands still for 3 s and more. The plan plays out, then silence, then no burst."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from faults.instrument import Playing
from rig.playing import OUT, setup
from rig.support import FarEnd, wait_for, wait_until

from improv.play.clock import monotonic
from improv.play.params import Params
from improv.session.messages import Action, Transport

STILL = 4.5
"""Seconds; longer than any plan, and not so long that the model is taken for dead."""
Say = Callable[[str], None]


def after_standing_still(far: FarEnd) -> tuple[float, int]:
    """How long the music went on, and how many notes came within 50 ms of the first after it."""
    playing = Playing(setup(params=Params(temperature=0.5, density=0.6)))
    try:
        far.connect(OUT, far.midi_in)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_for(lambda: len(playing.sounded()) > 5, 20, "music")
        model = playing.model
        stopped = monotonic()
        os.kill(model, signal.SIGSTOP)
        wait_until(stopped + STILL)
        os.kill(model, signal.SIGCONT)
        resumed = monotonic()

        def starts() -> list[float]:
            return [m.at for m in far.heard() if m.is_on and m.at > resumed]

        wait_for(starts, 10, "music again")
        wait_until(starts()[0] + 0.3)
        first = starts()[0]
        burst = sum(at <= first + 0.05 for at in starts())
        before = [m.at for m in far.heard() if m.is_on and stopped < m.at <= resumed]
        assert playing.end().sounding == 0
        return max(before, default=stopped) - stopped, burst
    finally:
        playing.player.stop()


def test_a_model_that_stood_still_is_followed_by_one_note(far: FarEnd, figure: Say) -> None:
    """The plan reaches a second or two; then it rests, and goes on from now and not from then."""
    lasted, burst = after_standing_still(far)
    figure(
        f"stopped for {STILL:g} s: the plan lasted {lasted:.1f} s; {burst} note in the first 50 ms "
        "of what followed"
    )
    assert lasted < STILL - 0.3
    assert burst <= 1


WITHOUT = """
import improv.play.scheduler
improv.play.scheduler.TOO_LATE = 1e9
import improv.play.planning, improv.play.asking
placed = improv.play.planning.place
def from_then_on(proposed, *, anchor, floor, before=(), timeline=None):
    return placed(proposed, anchor=anchor, floor=float("-inf"), timeline=timeline)
improv.play.planning.place = from_then_on
improv.play.asking.begins = lambda *_: (float("-inf"), float("inf"))
"""


def test_without_its_floor_a_burst_follows(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """Notes placed after the last one, however long ago that was, and played however late."""
    mutant(WITHOUT)
    _, burst = after_standing_still(far)
    figure(f"{burst} notes in the first 50 ms")
    assert burst > 1
