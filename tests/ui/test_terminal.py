"""The screen in a real terminal that is signalled, closed or slow to come: a pty of our own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pty", allow_module_level=True)
import fcntl
import pty
import struct
import termios

# A player that says goodbye when told to quit, in the terminal's own process.
PROGRAM = """
import sys
from improv.play.params import Params
from improv.session.messages import Goodbye, ModelState, Phase, Quit, Status, Timing
from improv.ui.app import ImprovApp

STATUS = Status(0.0, Phase.WAITING, Params(), 0, (), (), (), (), "seed", ModelState.READY, "litert",
                7, 0, 0, 0, Timing())

class Link:
    ended = False
    to_say = [STATUS]
    def send(self, command):
        if isinstance(command, Quit):
            self.to_say = [Goodbye(STATUS, 0, "quit")]
    def receive(self):
        said, self.to_say = self.to_say, []
        return said

sys.exit(ImprovApp(Link()).run())
"""


class Terminal:
    """An 80 by 24 terminal with improv's screen in it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )

    def read_until(self, wanted: bytes, timeout: float = 20.0) -> bytes:
        """What was written up to and with `wanted`; fails when it does not come."""
        seen, until = b"", time.monotonic() + timeout
        while wanted not in seen:
            assert time.monotonic() < until, f"no {wanted!r} in {seen[-2000:]!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                seen += os.read(self.master, 65536)
        return seen

    def close(self) -> None:
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    made.read_until(b"temperature")
    yield made
    made.process.kill()
    made.process.wait()
    made.close()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=["SIGTERM", "SIGHUP", "SIGINT"],
)
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: int, code: int) -> None:
    """Out of the other screen, cursor and echo back, and the shell's exit code for the signal."""
    terminal.process.send_signal(number)
    terminal.read_until(b"\x1b[?1049l")
    assert terminal.process.wait(10) == code
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_ctrl_c_is_a_key_and_quits_with_0(terminal: Terminal) -> None:
    """In raw mode it is no signal; the musician just leaves."""
    os.write(terminal.master, b"\x03")
    terminal.read_until(b"\x1b[?1049l")
    assert terminal.process.wait(10) == 0


def test_a_closed_terminal_ends_the_screen(terminal: Terminal) -> None:
    """No SIGHUP comes here, as the terminal does not control the process: it must notice itself."""
    terminal.close()
    assert terminal.process.wait(10) == 129


def test_importing_the_screen_loads_nothing_heavy() -> None:
    """The screen is up in half a second because of what it does not import."""
    heavy = {"numpy", "tensorflow", "keras", "mido", "rtmidi", "fluidsynth", "matplotlib"}
    code = "import sys, improv.ui.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert heavy.isdisjoint(loaded.stdout.split())
