"""A real player with what it says, and a real `improv` in a terminal, for tests of faults."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import rig.playing
from rig.support import FarEnd, Heard, wait_for

from improv.play.clock import monotonic
from improv.ports.midifile import read_notes
from improv.session.messages import (
    Goodbye,
    ModelState,
    Notice,
    PlayerSetup,
    Status,
)
from improv.session.watched import WatchedPlayer

CHORD = (48, 55, 64, 72)
LINE = ("--input", "virtual:improv", "--output", "virtual:improv", "--model", "seed")


class Playing(rig.playing.Playing):
    """A player process that is watched, and all it has reported."""

    def __init__(self, setup: PlayerSetup) -> None:
        player = WatchedPlayer(setup)
        player.start()
        super().__init__(player)

    @property
    def status(self) -> Status:
        return wait_for(
            lambda: next((r for r in reversed(self.reports) if isinstance(r, Status)), None), 20
        )

    @property
    def words(self) -> str:
        return " | ".join(r.text for r in self.reports if isinstance(r, Notice))

    def is_ready(self) -> bool:
        return self.status.model_state is ModelState.READY

    def wait_ready(self, seconds: float = 30.0) -> None:
        wait_for(self.is_ready, seconds, "the model")

    def wait_cabled(self) -> None:
        """Until it is known what is connected to its virtual output and input."""
        wait_for(lambda: len(self.status.plugged) == 2, 20, "the cables to be known")

    def wait_released(self, far: FarEnd, after: float) -> float:
        """When all was let go after a moment, by whichever player."""

        def released() -> float | None:
            return released_at(far.heard(), after) if self.reports else None  # hearing it, too

        return wait_for(released, 10, "the release")

    @property
    def pid(self) -> int:
        assert self.player.pid is not None
        return self.player.pid

    @property
    def model(self) -> int:
        """The model's process; waits for it."""
        return wait_for(lambda: model_of(self.pid), 10, "the model's process")

    def end(self) -> Goodbye:
        code = self.player.stop()
        assert code == 0, (code, self.words)
        wait_for(lambda: [r for r in self.reports if isinstance(r, Goodbye)], 5, "its goodbye")
        (goodbye,) = (r for r in self.reports if isinstance(r, Goodbye))
        return goodbye


def children_of(pid: int) -> list[int]:
    """The processes a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    found = []
    for path in tasks:
        try:
            found += [int(word) for word in path.read_text().split()]
        except OSError:  # it ends just now
            continue
    return found


def family(pid: int) -> set[int]:
    """A process with all that descends from it."""
    every = {pid}
    for child in children_of(pid):
        every |= family(child)
    return every


def model_of(pid: int) -> int:
    """The model's process of a player; 0 while there is none."""
    for child in children_of(pid):
        if b"model_process" in command_of(child):
            return child
    return 0


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def memory_mb(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def most_memory_mb() -> float:
    """The most this process has held since it began; of what started it nothing is counted."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def with_tests() -> dict[str, str]:
    """The environment of a process that can import from tests/."""
    path = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, path))}


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def notes_in(takes: Path) -> int:
    """How many notes the one take has that there is."""
    (take,) = takes.rglob("*.mid")
    return len(read_notes(take))


def hold_chord(far: FarEnd, pitches: tuple[int, ...] = CHORD) -> None:
    """Press keys at the far end and wait until they are heard there."""
    before = len(far.heard())
    at = monotonic() + 0.1
    far.play([(at, bytes((0x90, pitch, 80))) for pitch in pitches])
    wait_for(lambda: set(pitches) <= down(far.heard()[before:]), 10, "the held chord")


def down(heard: list[Heard]) -> set[int]:
    """Pitches that sound at the end of what was heard."""
    held: set[int] = set()
    for message in heard:
        if message.is_on:
            held.add(message.data[1])
        elif message.is_off:
            held.discard(message.data[1])
    return held


def released_at(heard: list[Heard], after: float) -> float | None:
    """When, after a moment, nothing sounded any more and the pedal and all notes were off.

    None as long as that is not so: "released", as the table of faults has it.
    """
    held: set[tuple[int, int]] = set()
    let_go: set[bytes] = set()
    wanted = {bytes((0xB0, 64, 0)), bytes((0xB0, 123, 0))}
    for message in heard:
        key = (message.data[0] & 0x0F, message.data[1])
        if message.is_on:
            held.add(key)
        elif message.is_off:
            held.discard(key)
        elif message.at > after and message.data in wanted:
            let_go.add(message.data)
        if message.at > after and not held and let_go == wanted:
            return message.at
    return None


def wait_released(far: FarEnd, after: float, seconds: float = 10.0) -> float:
    """Seconds from a moment to the release."""
    return wait_for(lambda: released_at(far.heard(), after), seconds, "the release") - after


class AtTheTerminal:
    """`improv` in a terminal of 80 by 24 that controls it, as a shell's would."""

    def __init__(self, *options: str, line: tuple[str, ...] = LINE) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "improv.cli", *line, *options],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # one call
            env={**os.environ, "TERM": "xterm-256color"},
        )
        self.seen = b""

    def read(self) -> bytes:
        """Take in what was drawn."""
        while self.master >= 0 and select.select([self.master], [], [], 0)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:  # the other side is closed
                break
        return self.seen

    def wait_drawn(self, wanted: bytes, seconds: float = 30.0) -> None:
        wait_for(lambda: wanted in self.read(), seconds, repr(wanted))

    @property
    def is_restored(self) -> bool:
        """Out of the other screen, cursor and echo back."""
        left = b"\x1b[?1049l" in self.read() and b"\x1b[?25h" in self.read()
        return left and termios.tcgetattr(self.slave) == self.before

    def wait_end(self, seconds: float = 10.0) -> int:
        """The exit code; what it draws meanwhile is read, or it would wait for us."""
        wait_for(lambda: (self.read(), self.process.poll() is not None)[1], seconds, "its end")
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the terminal's window."""
        for fd in (self.slave, self.master):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1

    def close(self) -> None:
        every = family(self.process.pid) if self.process.poll() is None else set()
        self.process.kill()
        self.process.wait()
        for pid in every:
            if lives(pid):
                os.kill(pid, 9)
        self.hang_up()
