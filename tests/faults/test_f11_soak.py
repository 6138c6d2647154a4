"""F11: a soak with faults at random. Ons are offs at the end, memory and file handles stay.

The model is killed, a port dropped, the input flooded, and twenty knobs a second are turned while
music plays and keys are pressed. How long: IMPROV_SOAK_SECONDS, else 3 minutes in CI and half a
minute elsewhere.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.instrument import Playing, down, memory_mb
from rig.playing import IN, OUT, setup
from rig.support import FarEnd, JackServer, wait_for, wait_until

from improv.play.clock import monotonic
from improv.session.messages import Action, ModelState, SetParam, Transport

IS_CI = os.environ.get("CI", "").lower() == "true"
SECONDS = float(os.environ.get("IMPROV_SOAK_SECONDS") or (180 if IS_CI else 30))
EVERY = 5.0  # seconds between faults
TURN = 0.05  # between turned knobs
WARM = 8.0  # after which memory is compared
SECOND = "port:keys:in"  # the port that is dropped
FLOOD = (b"\xf8", b"\xfe", b"\xf0\x7e\x7f\x09\x01\xf7")


class Soak:
    """What is done to a player, and what of it was counted."""

    def __init__(self, far: FarEnd, rig: JackServer) -> None:
        self._far = far
        self._rig = rig
        self._dice = random.Random(11)
        self._keys: FarEnd | None = None
        self._serial = 0
        self.done: dict[str, int] = {}
        self.open_second()
        self.playing = Playing(setup(outputs=("virtual:improv", SECOND)))

    def open_second(self) -> None:
        self._keys = FarEnd(self._rig.env, "keys").__enter__()

    def close_second(self) -> None:
        if self._keys is not None:
            self._keys.__exit__(None, None, None)
            self._keys = None

    def turn(self) -> None:
        name, low, high = self._dice.choice(
            (("temperature", 0.1, 2.0), ("velocity", 20, 120), ("density", -1.0, 1.0))
        )
        value = self._dice.uniform(low, high)
        self._serial += 1
        self.playing.player.send(
            SetParam(self._serial, name, round(value) if name == "velocity" else value)
        )

    def play(self) -> None:
        pitch, now = self._dice.randrange(40, 90), monotonic()
        self._far.play([(now, bytes((0x90, pitch, 80))), (now + 0.3, bytes((0x80, pitch, 0)))])

    def fault(self) -> None:
        kind = self._dice.choice(("kill the model", "drop a port", "flood", "play", "panic"))
        self.done[kind] = self.done.get(kind, 0) + 1
        match kind:
            case "kill the model" if self.playing.is_ready():
                os.kill(self.playing.model, signal.SIGKILL)
            case "drop a port" if self._keys is None:
                self.open_second()
            case "drop a port":
                self.close_second()
            case "flood":
                self._far.flood(FLOOD, 10_000, 1.0)
            case "panic":
                self.playing.player.send(Transport(Action.PANIC))

    def go_on(self) -> None:
        """As a musician would, who wants music."""
        if self.playing.status.model_state is ModelState.DOWN:
            self.playing.player.send(Transport(Action.NEW))
        else:
            self.playing.player.send(Transport(Action.PLAY))

    def handles(self) -> int:
        return len(list(Path(f"/proc/{self.playing.pid}/fd").iterdir()))

    def close(self) -> None:
        self.playing.player.stop()
        self.close_second()


@pytest.mark.slow
def test_a_soak_with_faults_leaves_no_note_no_memory_and_no_handle(
    far: FarEnd, rig: JackServer, figure: Callable[[str], None]
) -> None:
    """With two outputs, one of which comes and goes."""
    soak = Soak(far, rig)
    playing = soak.playing
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        playing.wait_ready()
        soak.go_on()
        pid, began = playing.pid, monotonic()
        next_fault = began + WARM + 1
        before: tuple[float, int] | None = None
        while monotonic() < began + SECONDS:
            soak.turn()
            if soak.done.get("turned", 0) % 20 == 0:
                soak.play()
            soak.done["turned"] = soak.done.get("turned", 0) + 1
            if before is None and monotonic() > began + WARM:
                before = memory_mb(pid), soak.handles()
            if monotonic() > next_fault:
                next_fault += EVERY
                soak.fault()
                soak.go_on()
            wait_until(monotonic() + TURN)
        if soak._keys is None:
            soak.open_second()
        wait_for(lambda: SECOND in playing.status.outputs, 10, "the port")
        playing.wait_ready()
        assert before is not None
        assert playing.pid == pid  # one player, all the time
        grown, handles = memory_mb(pid) - before[0], soak.handles() - before[1]
        goodbye = playing.end()
        wait_until(monotonic() + 0.3)
    finally:
        soak.close()
    heard = far.heard()
    ons, offs = sum(m.is_on for m in heard), sum(m.is_off for m in heard)
    timing = goodbye.status.timing
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(soak.done.items()))
    figure(
        f"{SECONDS:g} s: {ons} ons, {offs} offs; memory {grown:+.1f} MB, handles {handles:+d}; "
        f"lateness p50 {timing.lateness_ms_p50:.1f} ms, p99 {timing.lateness_ms_p99:.1f} ms, "
        f"{timing.dropped} dropped; {faults}"
    )
    assert goodbye.sounding == 0
    assert ons == offs > 0
    assert down(heard) == set()
    assert grown < 20
    assert handles <= 2


WITHOUT = """
import improv.session.rack as rack
rack.MidiOutput.close = lambda self: None
"""


@pytest.mark.slow
def test_without_closing_what_is_lost_handles_leak(
    far: FarEnd, rig: JackServer, mutant: Callable[[str], None], figure: Callable[[str], None]
) -> None:
    """A port that is dropped three times and never given back."""
    mutant(WITHOUT)
    soak = Soak(far, rig)
    try:
        wait_for(lambda: SECOND in soak.playing.status.outputs, 20, "the port")
        before = soak.handles()
        for _ in range(3):
            soak.close_second()
            wait_for(lambda: SECOND not in soak.playing.status.outputs, 10, "the loss")
            soak.open_second()
            wait_for(lambda: SECOND in soak.playing.status.outputs, 20, "the port")
        leaked = soak.handles() - before
    finally:
        soak.close()
    figure(f"{leaked} handles more after a port came back 3 times")
    assert leaked > 2
