"""The instrument through its screen: a terminal (tmux), keys pressed as a musician would."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig.performance import as_messages, performance
from rig.support import FarEnd, Heard, JackServer, soon, wait_for, wait_until

from improv.play.clock import monotonic

SOCKET = "improv-test"


class Terminal:
    """improv in a terminal of 80 by 24."""

    def __init__(self, folder: Path, *options: str) -> None:
        """`folder`: of the musician's configuration."""
        self._folder = folder
        command = " ".join([sys.executable, "-m", "improv.cli", *options])
        self._tmux(
            "new-session", "-d", "-x", "80", "-y", "24", f"{command}; echo exit $?; sleep 60"
        )

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def shows(self, pattern: str, seconds: float = 15.0) -> re.Match[str]:
        """Waits until the screen shows it."""
        try:
            return wait_for(lambda: re.search(pattern, self.text()), seconds, word=pattern)
        except AssertionError:
            raise AssertionError(f"{pattern!r} is not on the screen:\n{self.text()}") from None

    def close(self) -> None:
        subprocess.run(["tmux", "-L", SOCKET, "kill-server"], check=False)

    def _tmux(self, *words: str) -> str:
        env = os.environ | {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(self._folder)}
        return subprocess.run(
            ["tmux", "-L", SOCKET, "-f", "/dev/null", *words],
            check=True, capture_output=True, text=True, env=env,
        ).stdout  # fmt: skip


@pytest.fixture
def terminal(rig: object, tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must run the screen's test: tmux is missing")
        pytest.skip("tmux is not installed (apt: tmux)")
    terminal = Terminal(
        tmp_path, "--input virtual:improv --output virtual:improv --seed 3 --temperature 0.2"
    )
    yield terminal
    terminal.close()


def spread(heard: list[Heard]) -> float:
    """How far pitches lie apart, in semitones: their standard deviation."""
    return statistics.stdev(m.data[1] for m in heard)


def test_ports_chosen_last_are_opened_and_one_that_is_gone_is_waited_for(
    rig: JackServer, tmp_path: Path
) -> None:
    """Without options: no keyboard or synth of the house is opened in their place."""
    memory = tmp_path / "improv" / "screen.toml"
    memory.parent.mkdir()
    memory.write_text(
        'toured = true\noutputs = ["virtual:kept", "port:Gone"]\ninputs = ["virtual:kept"]\n'
    )
    terminal = Terminal(tmp_path)
    try:
        terminal.shows(r"out virtual:kept +in virtual:kept ")
        with FarEnd(rig.env, "Gone"):
            terminal.shows(r"out virtual:kept, port:Gone +in virtual:kept ")
        terminal.press("q")
        terminal.shows("exit 0")
    finally:
        terminal.close()


def test_plays_and_turns_through_the_screen(
    far: FarEnd, terminal: Terminal, tmp_path: Path
) -> None:
    """A phrase played in is answered, a typed temperature is heard, panic and quit are clean."""
    terminal.shows("waiting|playing|loading")
    far.connect(far.midi_out, "improv-in:in")
    far.connect("improv:out", far.midi_in)
    terminal.shows(r"default\s+litert")
    notes = performance(30, tmp_path)
    start = soon()
    far.play(as_messages(notes, start))
    terminal.shows("listening")
    terminal.shows(r"you 30\b", 20)
    terminal.shows("playing")
    cold_from = len([m for m in far.heard() if m.is_on])
    wait_until(monotonic() + 10)
    terminal.press("5", "Enter")  # the temperature's slider has the focus
    terminal.shows(r"temperature\s+\S+ 5\.00")
    turned = monotonic()
    wait_until(turned + 10)
    terminal.press(".")
    terminal.shows("stopped")

    # The screen counts what the observer has heard, and nothing sounds.
    wait_until(monotonic() + 0.3)
    said = terminal.shows(r"you (\d+)\s+it (\d+)")
    heard = far.heard()
    ons = [m for m in heard if m.is_on]
    assert len(ons) == int(said[1]) + int(said[2])
    assert len(ons) == sum(m.is_off for m in heard)

    cold = [m for m in ons[cold_from:] if m.at < turned]
    hot = [m for m in ons if m.at > turned + 0.05]
    # Of thirty notes the entropy is near its most at any temperature; how far they leap is not.
    print(
        f"spread {spread(cold):.1f} -> {spread(hot):.1f} semitones, {len(cold)} -> {len(hot)} notes"
    )
    assert spread(hot) > 1.3 * spread(cold)

    terminal.press("Space")
    wait_for(lambda: len([m for m in far.heard() if m.is_on]) > len(ons), word="music again")
    terminal.press("!")
    terminal.shows("stopped")
    wait_for(lambda: bytes((0xB0, 123, 0)) in [m.data for m in far.heard()], word="panic")
    terminal.press("q")
    terminal.shows("exit 0")
    heard = far.heard()
    assert sum(m.is_on for m in heard) == sum(m.is_off for m in heard)
