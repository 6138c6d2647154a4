"""Programs on ALSA's sequencer, for the tests here and for those of faults that are ALSA's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alsa.far_end import FarEnd
from faults.instrument import Playing, with_tests
from rig.playing import setup
from rig.support import wait_for

from improv.ports import alsa_graph

SEQUENCER = Path("/dev/snd/seq")
SLOW = 300.0
"""Seconds that anything may take: the machine is ten times slower than what it runs on."""

Programs = Callable[[str], FarEnd]
Hanging = Callable[[str], "subprocess.Popen[bytes]"]
Start = Callable[..., Playing]


@pytest.fixture
def alsa(monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is a sequencer, and that nobody starts a JACK server."""
    if not SEQUENCER.exists():
        pytest.skip(f"no ALSA sequencer ({SEQUENCER}); .ci/alsa runs this in a virtual machine")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


@pytest.fixture
def program(alsa: None) -> Iterator[Programs]:
    """Make the other end of the cables, a program of this name; closed at the end."""
    ends: list[FarEnd] = []

    def make(name: str) -> FarEnd:
        ends.append(FarEnd(name))
        return ends[-1]

    yield make
    for end in ends:
        end.leave()


@pytest.fixture
def hanging(alsa: None) -> Iterator[Hanging]:
    """Start a program of this name in a process of its own, which can be stopped."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        code = f"import time; from alsa.far_end import FarEnd; FarEnd({name!r}); time.sleep(1e4)"
        started.append(subprocess.Popen([sys.executable, "-c", code], env=with_tests()))
        wait_for(lambda: number(f"{name}:in"), SLOW, f"the ports of {name}")
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def on_alsa(alsa: None) -> Iterator[Start]:
    """Start a player, its model ready."""
    players: list[Playing] = []

    def begin(**changes: object) -> Playing:
        playing = Playing(setup(**changes))
        players.append(playing)
        playing.wait_ready(SLOW)
        return playing

    yield begin
    for playing in players:
        playing.player.stop()


def music(synth: FarEnd) -> None:
    """Wait until more of it is heard."""
    before = len(synth.heard())
    wait_for(lambda: sum(m.is_on for m in synth.heard()[before:]) > 3, SLOW, "music")


def number(name: str) -> str:
    """Of the port of that name, "20:0"; empty where there is none."""
    return next((at for at, port in alsa_graph.listed().items() if port.name == name), "")


def cable(source: str, sink: str) -> None:
    """As a musician patches it in qjackctl; waits for both ports."""

    def made() -> bool:
        ends = number(source), number(sink)
        return all(ends) and alsa_graph.connect(*ends)

    wait_for(made, SLOW, f"a cable from {source} to {sink}")
