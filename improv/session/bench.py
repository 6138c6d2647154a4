"""`improv bench`: improv timed on this machine, through its own screen and the keys of a player.

It runs the real program in a terminal of its own (a pty), presses keys as a musician would (a
knob ten times a second, a phrase on the typed piano every five), lets improv log how late every
note left, and says what came of it. A soak is the same for minutes, beside a busy process on each
core. It gates nothing: the figures belong to the machine.
"""

from __future__ import annotations

import json
import os
import platform
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from improv.errors import DeviceError
from improv.session.resident import family, together_mb

STARTS = 5  # cold starts, of which the median counts
KNOB_EVERY, PHRASE_EVERY = 0.1, 5.0
RIGHT, LEFT = b"\x1b[C", b"\x1b[D"
PHRASE = (b"a", b"d", b"g")  # C, E, G of the typed piano
READY = b"temperature"  # a word that is on the screen once it is drawn
PATIENCE = 30.0  # seconds that it may take to end by itself

Progress = Callable[[int, int], None]
"""Called with (seconds played, seconds in all)."""


def silent(done: int, total: int) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Run:
    """One run of the program; times are seconds since it was started."""

    report: dict[str, Any] = field(default_factory=dict)
    screen_s: float | None = None
    first_note_s: float | None = None
    rss_mb: float = 0.0  # terminal, player and model together, the most that was seen
    rss_summed_mb: float = 0.0  # the same as `ps` has it: what they share counted for each
    draws: int = 0  # times that something of the screen was drawn
    turns: int = 0  # keys pressed that turn a knob


def bench(
    *,
    seconds: float,
    output: str,
    model: str,
    load: bool,
    starts: int = STARTS,
    progress: Progress = silent,
) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    """Time improv; the report, and (seconds since the start, seconds late) of every note.

    `starts` cold starts come first, of which the median counts; one more before them, that does
    not count, leaves the files in the system's cache. Raises DeviceError where there is no pty
    (Windows), or improv cannot play here.
    """
    if sys.platform == "win32":
        raise DeviceError("the benchmark needs a terminal it can play in; Windows has none")
    other = os.getloadavg()[0]  # what else this machine does, which the figures are of too
    with _compiled_once() as environment:
        cold = [_play(2.5, output, model, environment) for _ in range(1 + starts)][1:]
        with _busy(os.cpu_count() or 1 if load else 0):
            run = _play(seconds, output, model, environment, keys=True, progress=progress)
    timing = run.report["timing"]
    played = max(1.0, seconds - (run.screen_s or 0.0))
    log = [(due, late) for due, late in run.report["lateness"]]
    first = log[0][0] if log else 0.0
    late = sorted(1000 * lateness for _, lateness in log) or [0.0]
    report = {
        "seconds": seconds,
        "load": load,
        "notes": len(log),
        "lateness_ms": {
            "p50": _rank(late, 0.50), "p99": _rank(late, 0.99), "max": round(late[-1], 3),
        },
        "inference_us": _pair(timing, "inference_us"),
        "knob_ms": {
            "decided": _pair(timing, "knob_decided_ms"),
            "heard": {"p99": round(timing["knob_heard_ms_p99"], 2)},
        },
        "answer_ms": _pair(timing, "answer_ms"),
        "first_note_s": _median([start.first_note_s for start in cold]),
        "screen_s": _median([start.screen_s for start in cold]),
        "rss_mb": round(run.rss_mb, 1),
        "rss_summed_mb": round(run.rss_summed_mb, 1),
        "drift_ms": round(timing["drift_ms"], 4),
        "cpu_percent": round(timing["cpu_percent"], 2),
        "sent": timing["sent"],
        "late": timing["late"],
        "dropped": timing["dropped"],
        "hung": run.report["hung"],
        "released": timing["released"],
        "priority": timing["priority"],
        "memory": timing["memory"],
        "spin_percent": round(timing["spin_percent"], 3),
        "screen_hz": round(run.draws / played, 1),
        "knob_hz": round(run.turns / played, 1),
        "load_average": round(other, 2),
        "output": output,
        "model": run.report["model"],
        "backend": run.report["backend"],
        "device_why": run.report["device_why"],
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }  # fmt: skip
    return report, [(due - first, lateness) for due, lateness in log]


def _play(
    seconds: float,
    output: str,
    model: str,
    environment: dict[str, str],
    *,
    keys: bool = False,
    progress: Progress = silent,
) -> Run:
    """Run improv on a screen for some seconds."""
    run = Run()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        line = f"play --seconds {seconds} --input none --seed 1 --pause 0.4"
        command = [sys.executable, "-m", "improv.cli", *line.split()]
        command += ["--output", output, "--model", model, "--report", str(path)]
        began = time.monotonic()
        pid, screen = _in_terminal(command, environment)
        try:
            _drive(run, pid, screen, began, seconds, keys=keys, progress=progress)
        finally:
            os.close(screen)
            os.waitpid(pid, 0)
        if path.exists():
            run.report = json.loads(path.read_text())
    if "timing" not in run.report:
        raise DeviceError(f"improv could not play to {output} here; see `improv doctor`")
    if run.report["lateness"]:
        run.first_note_s = run.report["lateness"][0][0] - began
    return run


@contextmanager
def _compiled_once() -> Iterator[dict[str, str]]:
    """An environment in which Python keeps what it has compiled, as it does where it may.

    Where it is told not to (PYTHONDONTWRITEBYTECODE, as in many containers) and nothing was
    compiled at installation, every start compiles a thousand files anew: 0.3 s of our own making.
    """
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
            environment["PYTHONPYCACHEPREFIX"] = folder
        yield environment


def _in_terminal(command: list[str], environment: dict[str, str]) -> tuple[int, int]:
    """Start a program in a terminal of 120 by 40; its process and our end of the terminal."""
    import fcntl
    import pty
    import struct
    import termios

    pid, screen = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment | {"TERM": "xterm-256color"})  # noqa: S606  # no shell is wanted
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    return pid, screen


def _drive(
    run: Run,
    pid: int,
    screen: int,
    began: float,
    seconds: float,
    *,
    keys: bool,
    progress: Progress,
) -> None:
    """Read the screen until the program ends, pressing keys meanwhile if it is to have any.

    One that does not end (its player has died) is left: it ends with its terminal.
    """
    seen = b""
    knob_at, phrase_at, look_at = began + 2.0, began + 1.5, began + 2.0
    while time.monotonic() < began + seconds + PATIENCE:
        ready, _, _ = select.select([screen], [], [], 0.02)
        if ready:
            try:
                drawn = os.read(screen, 65536)
            except OSError:  # the program has ended and its terminal with it
                return
            if not drawn:
                return
            run.draws += 1
            if run.screen_s is None:
                seen += drawn
                if READY in seen:
                    run.screen_s = time.monotonic() - began
        now = time.monotonic()
        if now >= look_at:
            members = family(pid)
            run.rss_mb = max(run.rss_mb, together_mb(members))
            run.rss_summed_mb = max(run.rss_summed_mb, sum(members.values()))
            look_at = now + 5.0
        if not keys or run.screen_s is None or now > began + seconds - 1.0:
            continue
        progress(int(now - began), int(seconds))
        if now >= phrase_at:
            os.write(screen, b"m" + b"".join(PHRASE) + b"m")
            phrase_at = now + PHRASE_EVERY
        if now >= knob_at:
            os.write(screen, RIGHT if run.turns % 8 < 4 else LEFT)
            run.turns += 1
            knob_at += KNOB_EVERY


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """Processes that do nothing but compute."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _rank(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def _pair(timing: dict[str, Any], name: str) -> dict[str, float]:
    return {rank: round(timing[f"{name}_{rank}"], 2) for rank in ("p50", "p99")}


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if known else None
