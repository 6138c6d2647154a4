"""F11 on ALSA: faults at random, and whoever listened to the end holds no note.

How long: IMPROV_SOAK_SECONDS, else 3 minutes. In a machine that is slow: nothing is timed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest
from alsa.far_end import FarEnd
from alsa.fixtures import SLOW, Hanging, Programs, Start, cable
from faults.instrument import Playing, down, model_of
from rig.support import wait_for, wait_until

from improv.play.clock import monotonic
from improv.session import watched
from improv.session.messages import Action, Transport

SECONDS = float(os.environ.get("IMPROV_SOAK_SECONDS") or 180)
EVERY = 4.0  # seconds between faults
SPECS = ("virtual:improv", "port:keys:in")


class Soak:
    """A player with a synth that always listens, a DAW that hangs, and keys that come and go."""

    def __init__(
        self, playing: Playing, synth: FarEnd, keys: FarEnd, daw: subprocess.Popen[bytes]
    ) -> None:
        self._playing, self._synth, self._keys, self._daw = playing, synth, keys, daw
        self._dice = random.Random(11)
        self._killed = monotonic()
        self._is_away = self._hangs = False
        self.done = Counter[str]()

    def run(self, seconds: float) -> None:
        end, next_fault = monotonic() + seconds, 0.0
        while monotonic() < end:
            pitch = self._dice.randrange(40, 90)
            self._synth.play(bytes((0x90, pitch, 80)))
            wait_until(monotonic() + 0.2)
            self._synth.play(bytes((0x80, pitch, 0)))
            assert self._playing.reports  # as a screen does, all the time: so a death is noticed
            if monotonic() > next_fault:
                next_fault = monotonic() + EVERY
                self._fault()
        if self._is_away:
            self._keys.come()
        os.kill(self._daw.pid, signal.SIGCONT)

    def _fault(self) -> None:
        kind = self._dice.choice(
            ("kill the player", "kill the model", "drop a port", "hang", "flood", "panic")
        )
        player = self._playing.player
        match kind:
            case "kill the player":
                # As often as it is started again, in a machine where that takes its time.
                if monotonic() < self._killed + 2 * watched.WINDOW or player.pid is None:
                    return
                self._killed = monotonic()
                os.kill(player.pid, signal.SIGKILL)
            case "kill the model":
                if player.pid is None or not (model := model_of(player.pid)):
                    return
                os.kill(model, signal.SIGKILL)
            case "drop a port":
                (self._keys.come if self._is_away else self._keys.leave)()
                self._is_away = not self._is_away
            case "hang":
                os.kill(self._daw.pid, signal.SIGCONT if self._hangs else signal.SIGSTOP)
                self._hangs = not self._hangs
            case "flood":
                for _ in range(10):
                    self._synth.play(*(bytes((0xF8,)) for _ in range(15)))
                    wait_until(monotonic() + 0.05)
            case "panic":
                player.send(Transport(Action.PANIC))
        player.send(Transport(Action.PLAY))
        self.done[kind] += 1


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [SECONDS], ids=[f"{SECONDS:g} s"])
def test_a_soak_leaves_no_note_with_whoever_listens(
    program: Programs,
    on_alsa: Start,
    hanging: Hanging,
    figure: Callable[[str], None],
    seconds: float,
) -> None:
    synth, keys, daw = program("synth"), program("keys"), hanging("daw")
    playing = on_alsa(outputs=SPECS)
    cable("improv:out", "daw:in")
    cable("improv:out", synth.midi_in)
    cable(synth.midi_out, "improv:in")
    wait_for(lambda: len(playing.status.plugged) == 2, SLOW, "the cables to be known")
    soak = Soak(playing, synth, keys, daw)
    soak.run(seconds)
    wait_for(lambda: set(playing.status.outputs) == set(SPECS), SLOW, "both outputs")
    playing.player.send(Transport(Action.PLAY))
    assert playing.end().sounding == 0
    wait_for(lambda: not down(synth.heard()) and not down(keys.heard()), 10, "the last offs")
    ons = sum(message.is_on for message in synth.heard())
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(soak.done.items()))
    figure(f"on ALSA, {seconds:g} s: of {ons} ons none hangs; {faults}")
    assert ons > seconds
