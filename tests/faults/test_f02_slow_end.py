"""F2, slowly: a player that needs longer to finish than the screen stays is waited for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.instrument import AtTheTerminal

LINE = ("--input", "none", "--output", "none", "--model", "seed")
SLOWLY = """
import time
from improv.session.player import Player
finish = Player._finish
Player._finish = lambda self: (time.sleep(4.0), finish(self))[1]  # a disk that is slow to take
"""
WITHOUT = """
from improv.session.watched import WatchedPlayer
stop = WatchedPlayer.stop
def deaf(self):
    stop(self)
    self.receive()
WatchedPlayer.stop = deaf
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


@pytest.fixture
def quit_slowly(
    report: Path, mutant: Callable[[str], None]
) -> Iterator[Callable[[str], tuple[int, bytes]]]:
    """Play, then quit by its key; the exit code and all that the terminal was shown."""
    screens = []

    def leave(also: str = "") -> tuple[int, bytes]:
        mutant(SLOWLY + also)
        screen = AtTheTerminal("--report", str(report), line=LINE)
        screens.append(screen)
        screen.wait_drawn(b"temperature")
        os.write(screen.master, b" q")
        return screen.wait_end(30), screen.read()

    yield leave
    for screen in screens:
        screen.close()


def test_its_last_word_is_heard(
    quit_slowly: Callable[..., tuple[int, bytes]], report: Path, figure: Callable[[str], None]
) -> None:
    """Where its take is, and the whole report: the screen stays for two seconds, it needs four."""
    code, seen = quit_slowly()
    said = json.loads(report.read_text())
    assert code == 0
    assert said["reason"] == "quit"
    assert said["hung"] == 0
    assert "timing" in said
    assert (b"the take: " in seen) == bool(said["take"])
    figure("a player that takes 4 s to end: its last word is heard, exit 0")


def test_without_listening_until_it_has_ended_it_is_taken_for_dead(
    quit_slowly: Callable[..., tuple[int, bytes]], report: Path, figure: Callable[[str], None]
) -> None:
    code, seen = quit_slowly(WITHOUT)
    assert "error" in json.loads(report.read_text())
    assert b"the player process died" in seen
    assert code == 3
    figure(f"its last word is lost, exit {code}")
