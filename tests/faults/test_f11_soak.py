"""F11: a soak with faults at random. Ons are offs at the end, memory and file handles stay.

The whole of improv, its screen drawn in a terminal: the model is killed, a port dropped, the input
flooded, and twenty knobs a second are turned over OSC while music plays and keys are pressed. How
long: IMPROV_SOAK_SECONDS, else 3 minutes in CI and half a minute elsewhere.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.instrument import (
    LINE,
    AtTheTerminal,
    children_of,
    command_of,
    down,
    memory_mb,
    model_of,
)
from rig.playing import IN, OUT
from rig.support import FarEnd, JackServer, allowed, wait_for, wait_until

from improv.play.clock import monotonic
from improv.ports import osc

pytest.importorskip("pythonosc", reason='needs the extra: pip install "improv-midi[osc]"')

IS_CI = os.environ.get("CI", "").lower() == "true"
SECONDS = float(os.environ.get("IMPROV_SOAK_SECONDS") or (180 if IS_CI else 30))
EVERY = 5.0  # seconds between faults
TURN = 0.05  # between turned knobs
WARM = 10.0  # after which memory is compared
SECOND = "port:keys:in"  # the port that is dropped
FLOOD = (b"\xf8", b"\xfe", b"\xf0\x7e\x7f\x09\x01\xf7")


class Soak:
    """What is done to improv, and what of it was counted."""

    def __init__(self, far: FarEnd, rig: JackServer, folder: Path) -> None:
        self._far = far
        self._rig = rig
        self._report = folder / "report.json"
        self._dice = random.Random(11)
        self._knobs = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._keys: FarEnd | None = None
        self.done: dict[str, int] = {}
        self.drawn = 0  # moments of `TURN` seconds in which something was drawn
        self.open_second()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((osc.LOOPBACK, 0))
            self._address = free.getsockname()
        listening = ("--osc", str(self._address[1]), "--report", str(self._report))
        self.screen = AtTheTerminal("--output", SECOND, *listening, line=LINE)
        self.screen.wait_drawn(b"seed")
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        wait_for(lambda: self._play_on() or far.heard(), 30, "music")
        (self.player,) = self._players()

    def _players(self) -> list[int]:
        every = children_of(self.screen.process.pid)
        return [pid for pid in every if b"player_process" in command_of(pid)]

    def _say(self, address: str, *arguments: float | str) -> None:
        self._knobs.sendto(osc.encode(f"/improv/{address}", arguments), self._address)

    def open_second(self) -> None:
        self._keys = FarEnd(self._rig.env, "keys").__enter__()

    def close_second(self) -> None:
        if self._keys is not None:
            self._keys.__exit__(None, None, None)
            self._keys = None

    def wait_second(self) -> None:
        """Until there is music at the second port, which takes a model too."""
        keys = self._keys
        assert keys is not None
        count = len(keys.heard())
        try:
            wait_for(
                lambda: self._play_on() or keys.heard()[count:], 30, "music at the second port"
            )
        except AssertionError as silence:  # which of many reasons: what the screen says meanwhile
            there, drawn = self._far.ports(), self.screen.read()[-3000:]
            raise AssertionError(f"{silence}; ports: {there}; drawn: {drawn!r}") from silence

    def wait_told(self, words: bytes) -> None:
        self.screen.wait_drawn(words, 10)
        self.screen.seen = b""

    def turn(self) -> None:
        name, low, high = self._dice.choice(
            (("temperature", 0.1, 2.0), ("velocity", 20, 120), ("density", -1.0, 1.0))
        )
        self._say(f"param/{name}", self._dice.uniform(low, high))
        self.done["turned"] = self.done.get("turned", 0) + 1

    def look(self) -> None:
        """Take in what was drawn since the last look."""
        self.drawn += bool(self.screen.read())
        self.screen.seen = b""

    def play(self) -> None:
        pitch, now = self._dice.randrange(40, 90), monotonic()
        self._far.play([(now, bytes((0x90, pitch, 80))), (now + 0.3, bytes((0x80, pitch, 0)))])

    def fault(self) -> None:
        kind = self._dice.choice(("kill the model", "drop a port", "flood", "play", "panic"))
        self.done[kind] = self.done.get(kind, 0) + 1
        match kind:
            case "kill the model" if model := model_of(self.player):
                os.kill(model, signal.SIGKILL)
            case "drop a port" if self._keys is None:
                self.open_second()
            case "drop a port":
                self.close_second()
            case "flood":
                self._far.flood(FLOOD, 10_000, 1.0)
            case "panic":
                self._say("panic")
        self._play_on()

    def _play_on(self) -> None:
        """As a musician would, who wants music; a model that stays down is started again by it."""
        self._say("play")

    def memory(self) -> float:
        """Of the screen and the player, in MB; the model's process is a new one time and again."""
        return memory_mb(self.screen.process.pid) + memory_mb(self.player)

    def handles(self) -> int:
        return len(list(Path(f"/proc/{self.player}/fd").iterdir()))

    def run(self, seconds: float) -> tuple[float, int]:
        """Do all that for so long; MB and handles at its beginning, once all is warm."""
        began = next_turn = monotonic()
        next_fault, before = began + WARM + 1, None
        while monotonic() < began + seconds:
            self.turn()
            if self.done["turned"] % 20 == 0:
                self.play()
            if before is None and monotonic() > began + WARM:
                before = self.memory(), self.handles()
            if monotonic() > next_fault:
                next_fault += EVERY
                self.fault()
            self.look()
            next_turn += TURN
            wait_until(next_turn)
        assert before is not None
        return before

    def end(self) -> dict[str, Any]:
        """Quit by its key; what improv says of the session."""
        assert self._players() == [self.player]  # one player, all the time
        os.write(self.screen.master, b"q")
        assert self.screen.wait_end(20) == 0
        report: dict[str, Any] = json.loads(self._report.read_text())
        return report

    def close(self) -> None:
        self.screen.close()
        self.close_second()
        self._knobs.close()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [SECONDS], ids=[f"{SECONDS:g} s"])  # a row for each length
def test_a_soak_with_faults_leaves_no_note_no_memory_and_no_handle(
    far: FarEnd, rig: JackServer, tmp_path: Path, figure: Callable[[str], None], seconds: float
) -> None:
    """With two outputs, one of which comes and goes."""
    soak = Soak(far, rig, tmp_path)
    try:
        memory, handles = soak.run(seconds)
        if soak._keys is None:
            soak.open_second()
        soak.wait_second()
        memory, handles = soak.memory() - memory, soak.handles() - handles
        report = soak.end()
        wait_until(monotonic() + 0.3)
    finally:
        soak.close()
    heard, timing = far.heard(), report["timing"]
    ons, offs = sum(m.is_on for m in heard), sum(m.is_off for m in heard)
    screen, knobs = soak.drawn / seconds, soak.done["turned"] / seconds
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(soak.done.items()))
    figure(
        f"{seconds:g} s: {ons} ons, {offs} offs; memory {memory:+.1f} MB, handles {handles:+d}; "
        f"lateness p50 {timing['lateness_ms_p50']:.1f} ms, p99 {timing['lateness_ms_p99']:.1f} ms, "
        f"{timing['dropped']} dropped; screen {screen:.0f} Hz, knobs {knobs:.0f} Hz; {faults}"
    )
    assert report["hung"] == 0
    assert ons == offs > 0
    assert down(heard) == set()
    assert memory < (10 if seconds <= 600 else 20)  # of ten minutes, and of an hour
    assert handles <= 2
    assert screen > 10 / allowed(1.0)


WITHOUT = """
import improv.session.rack as rack
rack.MidiOutput.close = lambda self: None
"""


@pytest.mark.slow
def test_without_closing_what_is_lost_handles_leak(
    far: FarEnd,
    rig: JackServer,
    tmp_path: Path,
    mutant: Callable[[str], None],
    figure: Callable[[str], None],
) -> None:
    """A port that is dropped three times and never given back."""
    mutant(WITHOUT)
    soak = Soak(far, rig, tmp_path)
    try:
        soak.wait_second()
        before = soak.handles()
        for _ in range(3):
            soak.close_second()
            soak.wait_told(f"lost {SECOND}".encode())
            soak.open_second()
            soak.wait_second()
        leaked = soak.handles() - before
    finally:
        soak.close()
    figure(f"{leaked} handles more after a port came back 3 times")
    assert leaked > 2
