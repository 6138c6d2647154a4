"""What tests on real ports and real sound need: a JACK server, a far end, a synth, an ear.

Tests in tests/rig/ get a running server from `rig` (used by all of them) and import the rest::

    from rig.support import FarEnd, wait_for        # tests/rig/conftest.py makes `rig` importable

    def test_...(far: FarEnd, synth: Synth): ...     # fixtures of conftest.py

All times are seconds of time.monotonic, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE = 48_000
PR_SET_PDEATHSIG = 1  # linux/prctl.h
NAMES = string.ascii_lowercase[:16]  # of JACK servers: a test process has one for all, and others
PERIOD = 64  # frames; 1.33 ms, the floor of what rtmidi's output can keep on JACK

T = TypeVar("T")


class RigMissing(Exception):  # noqa: N818  # a reason, not a fault of the test
    """Why there is no rig on this machine."""


def wait_for(what: Callable[[], T], seconds: float = 5.0, word: str = "it") -> T:
    """The first true value of `what()`, asked every 10 ms; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {word} in vain; last: {value!r}")
        _pause(0.01)
    return value


def allowed(seconds: float) -> float:
    """How long something may take that takes so long at most where nobody else is at work.

    With three programs waiting for each processor everything takes three times as long.
    """
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def soon() -> float:
    """A moment until which a far end has taken in what it is to play from then on.

    What it hears of too late it plays at once: pulses of a clock, for one, all in one period.
    """
    return time.monotonic() + allowed(0.5)


def wait_until(moment: float) -> None:
    """Let real time pass: these tests are about real clocks."""
    while (left := moment - time.monotonic()) > 0:
        _pause(left)


def _pause(seconds: float) -> None:
    time.sleep(seconds)  # the one place; what happens meanwhile is in other processes


class JackServer:
    """A JACK server of our own name on the dummy driver, so that no other program is disturbed.

    JACK has room for eight names, and that of a killed server stays taken for all but a server
    of the same name: so there are only six, and a lock on a file says which are in use.
    """

    def __init__(self, log: Path) -> None:
        self.name, self._lock = _free_name()
        self.env = {
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_START_SERVER": "1",
            "JACK_NO_AUDIO_RESERVATION": "1",
        }
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises RigMissing with the reason."""
        if shutil.which("jackd") is None:
            raise RigMissing("jackd is not installed (apt: jackd2)")
        try:
            import jack  # noqa: F401  # loads the system's libjack
        except (ImportError, OSError) as error:
            raise RigMissing(f"JACK-Client does not load: {error}") from error
        # asynchronous or without priority, JACK itself loses up to 336 of 2,000 notes: -S and -R
        command = f"jackd -n {self.name} -R -P70 -S -d dummy -r {RATE} -p {PERIOD}".split()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=os.environ | self.env,
                preexec_fn=_end_with_us,  # noqa: PLW1509  # one system call
            )
        try:
            wait_for(lambda: b"realtime" in self._log.read_bytes() or self._died())
            wait_for(self._answers, word="jackd to answer")
        except AssertionError as error:
            self.stop()
            raise RigMissing(f"jackd does not start: {self._log.read_text()[-500:]}") from error

    def _died(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _answers(self) -> bool:
        command = [sys.executable, "-c", "import jack; jack.Client('knock', no_start_server=True)"]
        return self._died() is False and (
            subprocess.run(
                command, env=os.environ | self.env, capture_output=True, check=False
            ).returncode
            == 0
        )

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def close(self) -> None:
        """Stop, and give the name up."""
        self.stop()
        self._lock.close()


def _free_name() -> tuple[str, IO[bytes]]:
    """A name no other test run uses, as long as the lock file that comes with it is open."""
    try:
        import fcntl
    except ImportError as error:
        raise RigMissing("the rig is for Linux and macOS") from error
    for name in (f"improv-test-{letter}" for letter in NAMES):
        lock = (Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return name, lock
    raise RigMissing(f"all of {len(NAMES)} JACK servers' names are taken by other test runs")


def _end_with_us() -> None:
    """A test run that crashes must not leave its server behind."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Heard:
    """A MIDI message that arrived at the far end."""

    at: float
    data: bytes

    @property
    def is_on(self) -> bool:
        return self.data[0] & 0xF0 == 0x90 and self.data[2] > 0

    @property
    def is_off(self) -> bool:
        return self.data[0] & 0xF0 == 0x80 or (self.data[0] & 0xF0 == 0x90 and not self.data[2])


@dataclass(frozen=True, slots=True)
class Audio:
    """What the far end recorded; `starts` (n,) seconds and `samples` (n, PERIOD) float32."""

    starts: NDArray[np.float64]
    samples: NDArray[np.float32]
    rate: int

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """All samples of the blocks that begin in a span of time."""
        return self.samples[(self.starts >= start) & (self.starts < end)].ravel()

    def onset(self, near: float, before: float = 0.010, within: float = 0.040) -> float | None:
        """When something new sounds, from `before` seconds ahead of `near` to `within` after.

        The 30 ms before that span, ringing notes and all, train a linear predictor; the first
        sample it misses by three times its worst miss there is the onset (and by -80 dB). Take
        an instrument with a hard attack: medians after the note-on, through fluidsynth and with
        the note before still ringing: xylophone, marimba, vibraphone 1.2 ms, piano 9 ms.
        """
        order = 32
        span = (self.starts >= near - before - 0.030) & (self.starts < near + within)
        inside = np.arange(self.samples.shape[1]) / self.rate
        times = (self.starts[span][:, None] + inside).ravel()  # (samples,)
        signal = self.samples[span].astype(np.float64).ravel()
        known = int(np.searchsorted(times, near - before)) - order
        if known < 4 * order or known + order >= signal.size:
            return None  # nothing was recorded then
        past = np.lib.stride_tricks.sliding_window_view(signal, order)[:-1]  # (samples - 32, 32)
        heard, power = past[:known], float(np.mean(signal**2)) + 1e-6
        ridge = 1e-6 * power * known * np.eye(order)
        weights = np.linalg.solve(heard.T @ heard + ridge, heard.T @ signal[order : order + known])
        miss = np.abs(signal[order:] - past @ weights)
        new = np.flatnonzero(miss[known:] > max(3 * miss[:known].max(), 1e-4))
        return float(times[order + known + new[0]]) if new.size else None


class FarEnd:
    """A JACK client in its own process: plays MIDI, hears MIDI, records audio (far_end.py).

    Its ports are `midi_in`, `midi_out` and `audio_in`; `connect` patches any two ports.
    """

    def __init__(self, env: dict[str, str], name: str = "far") -> None:
        self._env = os.environ | env
        self._asked = name

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "far_end.py"), self._asked],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._env,
        )
        self.name = self._read()["name"]
        self.midi_in, self.midi_out = f"{self.name}:in", f"{self.name}:out"
        self.audio_in = f"{self.name}:audio"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(5)
        self._process.stdout.close()

    def ports(self) -> list[str]:
        """Every port in the graph, of all clients."""
        return list(self._do("ports"))

    def connect(self, source: str, sink: str) -> None:
        """Patch a cable, waiting up to 20 s for both ports to be there and to take one."""
        words = f"a cable from {source!r} to {sink!r}"
        wait_for(lambda: self._connected(source, sink), 20, words)

    def _connected(self, source: str, sink: str) -> bool:
        if not {source, sink} <= set(self.ports()):
            return False
        try:
            self._do("connect", source=source, sink=sink)
        except RuntimeError:
            return False  # a program makes its ports before it is active; till then they take none
        return True

    def disconnect(self, source: str, sink: str) -> None:
        self._do("disconnect", source=source, sink=sink)

    def rest(self) -> None:
        """Be there, ports and all, and at work no more: JACK takes all cables off."""
        self._do("deactivate")

    def work(self) -> None:
        """Be at work again, with no cable."""
        self._do("activate")

    def play(self, events: Iterable[tuple[float, bytes]]) -> None:
        """Send messages from `midi_out` at these moments (past ones at once); returns at once."""
        self._do("play", events=[(at, data.hex()) for at, data in events])

    def flood(self, messages: Iterable[bytes], rate: float, seconds: float) -> None:
        """Send so many messages a second, one after another of these; returns at once."""
        self._do("flood", messages=[m.hex() for m in messages], rate=rate, seconds=seconds)

    def flooded(self) -> int:
        """How many messages of floods have left."""
        return int(self._do("flooded"))

    def heard(self) -> list[Heard]:
        """Every message that has arrived at `midi_in`, in order."""
        return [Heard(at, bytes.fromhex(data)) for at, data in self._do("heard")]

    def sent(self) -> list[Heard]:
        """Every message that has left from `midi_out`, with the start of the period it left in."""
        return [Heard(at, bytes.fromhex(data)) for at, data in self._do("sent")]

    def record(self, *, on: bool = True) -> None:
        """Begin or stop keeping what comes in at `audio_in`."""
        self._do("record", on=on)

    def audio(self) -> Audio:
        """All that was recorded."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "audio.npz"
            self._do("audio", path=str(path))
            with np.load(path) as kept:
                return Audio(kept["starts"], kept["samples"], int(kept["rate"]))

    def _do(self, order: str, **details: Any) -> Any:
        assert self._process.stdin is not None
        print(json.dumps({"do": order, **details}), file=self._process.stdin, flush=True)
        reply = self._read()
        if "error" in reply:
            raise RuntimeError(f"{order}: {reply['error']}")
        return reply["value"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the far end died with exit code {self._process.wait(5)}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True, slots=True)
class Synth:
    """The `fluidsynth` program in a process of its own, in place of the hardware synth."""

    midi_in: str = "synth:midi_00"
    left: str = "synth:left"
    right: str = "synth:right"


def start_synth(env: dict[str, str], soundfont: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start it; its ports appear within some seconds. Raises RigMissing. End it with `end`."""
    if shutil.which("fluidsynth") is None:
        raise RigMissing("fluidsynth is not installed (apt: fluidsynth)")
    # no effects (-R, -C): what sounds is the notes alone, at once
    # its shell reads a pipe that ends with us (-s instead would take TCP port 9800 for itself)
    command = f"fluidsynth -q -a jack -m jack -r {RATE} -g 0.8 -R 0 -C 0 -o audio.jack.id=synth"
    command += " -o midi.jack.id=synth -o audio.jack.autoconnect=0"
    with log.open("wb") as out:
        return subprocess.Popen(
            [*command.split(), str(soundfont)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            env=os.environ | env,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process of ours to go, and see that it does."""
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
