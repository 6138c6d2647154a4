"""`improv doctor`: what this machine has, what it lacks, and what to do about each.

Every check is one function that returns one finding; whatever goes wrong inside one becomes its
finding, so that nothing missing is ever a traceback. TensorFlow is looked for, never imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from improv.errors import DeviceError, ImprovError
from improv.play.timing import Percentiles
from improv.ports import fluid, midi, soundfont, synth
from improv.ports.atomic import check_writable
from improv.ports.backend import NO_VIRTUAL_PORTS, Backend, available, order, working
from improv.ports.spec import parse_spec
from improv.session import child, latencies, takes
from improv.session.realtime import Footing

LATE_MS = 5.0  # what a p99 above it is worth a warning
SLEEPS, STEP = 100, 0.005
LITTLE_ROOM = 50_000_000  # bytes: an hour takes 7 MB while it is recorded, then 2
PRIORITIES = {
    "fifo": "SCHED_FIFO", "time-constraint": "a time-constraint thread", "mmcss": "MMCSS Pro Audio"
}  # fmt: skip
LIMITS = (
    "put yourself into the group audio (sudo usermod -aG audio $USER), let it in"
    " /etc/security/limits.d/audio.conf"
)


class State(Enum):
    """How a finding is meant."""

    OK = "ok"
    WARNING = "warning"  # it plays, but less well
    MISSING = "missing"  # something does not work without it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fix` is empty where there is nothing to do."""

    name: str
    state: State
    detail: str
    fix: str = ""


def examine(soundfont_path: str | None = None) -> list[Finding]:
    """Look at everything; takes about a second, and makes no sound."""
    checks: dict[str, Callable[[], Finding]] = {
        "Python": python,
        "MIDI system": midi_system,
        "MIDI ports": midi_ports,
        "virtual ports": virtual_ports,
        "FluidSynth": fluidsynth,
        "SoundFont": lambda: find_soundfont(soundfont_path),
        "sound device": lambda: sound_device(soundfont_path),
        "latency": latency,
        "models": models,
        "LiteRT": litert,
        "TensorFlow": tensorflow,
        "GPU": gpu,
        "timing": timing,
        "priority": priority,
        "memory": memory,
        "takes": recording,
        "logs": logs,
    }
    return [_safely(name, check) for name, check in checks.items()]


def show(findings: Iterable[Finding], console: Console) -> None:
    """Print findings as a table; the state is a word, so that colour is not needed."""
    styles = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "red"}
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        detail = Text(finding.detail)
        if finding.fix:
            detail.append(f"\n-> {finding.fix}", style="bold")
        state = Text(finding.state.value, style=styles[finding.state])
        table.add_row(Text(finding.name), state, detail)
    console.print(table)


def _safely(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ImprovError as error:
        said, _, fix = str(error).partition("; ")
        return Finding(name, State.MISSING, said, fix)
    except Exception as error:  # noqa: BLE001  # a surprise here is a finding too
        return Finding(name, State.WARNING, f"could not be checked: {error!r}")


# --- ports and sound -----------------------------------------------------------------------


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if (3, 11) <= version < (3, 13):
        return Finding("Python", State.OK, found)
    return Finding(
        "Python",
        State.WARNING,
        f"{found}; MIDI ports come ready-made for 3.11 and 3.12 only",
        "run it with: uv run --python 3.12 improv",
    )


def midi_system() -> Finding:
    answers = [backend.value for backend in order() if _answers(backend)]
    if not answers:
        working()  # says what is missing and what to do
    return Finding("MIDI system", State.OK, " and ".join(answers))


def _answers(backend: Backend) -> bool:
    try:
        working(backend)
    except DeviceError:
        return False
    return True


def midi_ports() -> Finding:
    ports = available()
    detail = f"inputs: {_listed(ports.inputs)}; outputs: {_listed(ports.outputs)}"
    if ports.inputs or ports.outputs:
        return Finding("MIDI ports", State.OK, detail)
    return Finding(
        "MIDI ports",
        State.WARNING,
        detail,
        "plug in a keyboard, or connect a program to improv's virtual ports",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def virtual_ports() -> Finding:
    if order() == (Backend.WINMM,):
        said, _, fix = NO_VIRTUAL_PORTS.partition("; ")
        return Finding("virtual ports", State.MISSING, said, fix)
    spec = parse_spec("virtual:improv-doctor")
    source = midi.open_input(spec, lambda _: None)
    try:
        output = midi.open_output(spec)
        output.close()
    finally:
        source.close()
    return Finding("virtual ports", State.OK, "an input and an output were made and taken away")


def fluidsynth() -> Finding:
    fluid.library()
    return Finding("FluidSynth", State.OK, "its library loads")


def find_soundfont(path: str | None) -> Finding:
    found = soundfont.find_soundfont(Path(path) if path else None)
    return Finding("SoundFont", State.OK, f"{found} ({found.stat().st_size / 1e6:.0f} MB)")


def sound_device(soundfont_path: str | None) -> Finding:
    output = synth.open_output(soundfont_path)
    output.close()
    return Finding("sound device", State.OK, f"FluidSynth sounds through {output.driver}")


def latency() -> Finding:
    measured = [f"{device} {ms:g} ms" for device, ms in latencies.stored().items()]
    if measured:
        return Finding("latency", State.OK, f"{', '.join(measured)} ({latencies.path()})")
    words = "none measured; improv calibrate does it, so that several outputs sound together"
    return Finding("latency", State.OK, words)


# --- models --------------------------------------------------------------------------------


def models() -> Finding:
    from improv.model.store import list_models

    found = list_models()
    good = [model.name for model in found if not model.problem]
    bad = [f"{model.name} ({model.problem})" for model in found if model.problem]
    if not good:
        return Finding(
            "models",
            State.MISSING,
            "none that can be played" + (f": {', '.join(bad)}" if bad else ""),
            "install improv again, or train one with: improv train",
        )
    if bad:
        return Finding(
            "models",
            State.WARNING,
            f"{', '.join(good)}; refused: {', '.join(bad)}",
            "take the refused folders away, or train them again",
        )
    return Finding("models", State.OK, ", ".join(good))


def litert() -> Finding:
    if importlib.util.find_spec("ai_edge_litert") is None:
        return Finding(
            "LiteRT", State.MISSING, "not installed; models play through it", "install improv again"
        )
    return Finding("LiteRT", State.OK, _version("ai-edge-litert"))


def tensorflow() -> Finding:
    if importlib.util.find_spec("tensorflow") is None:
        return Finding(
            "TensorFlow",
            State.OK,
            "not installed; only training and --device gpu need it",
            "to train: uv sync --extra train, or pip install 'improv-midi[train]'",
        )
    return Finding("TensorFlow", State.OK, f"{_version('tensorflow')}, used for training")


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "installed"


def gpu() -> Finding:
    cards = _nvidia_cards()
    if not cards:
        return Finding("GPU", State.OK, "none found; playing needs none, training is slower")
    if importlib.util.find_spec("tensorflow") is None:
        return Finding(
            "GPU",
            State.WARNING,
            f"{', '.join(cards)}, but TensorFlow is not installed",
            "uv sync --extra gpu, or pip install 'improv-midi[gpu]'",
        )
    return Finding("GPU", State.OK, f"{', '.join(cards)}; use it with --device gpu")


def _nvidia_cards() -> list[str]:
    command = shutil.which("nvidia-smi")
    if command is not None:
        ask = [command, "--query-gpu=name,memory.total", "--format=csv,noheader"]
        try:
            said = subprocess.run(ask, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            said = None
        if said is not None and said.returncode == 0:
            return [line.strip() for line in said.stdout.splitlines() if line.strip()]
    return sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))


# --- time ----------------------------------------------------------------------------------


def timing() -> Finding:
    return judge_timing(measure_lateness())


def measure_lateness() -> list[float]:
    """How many seconds late each of 100 waits on absolute moments 5 ms apart ends."""
    start, late = time.monotonic(), []
    for count in range(1, SLEEPS + 1):
        due = start + count * STEP
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        late.append(time.monotonic() - due)
    return late


def judge_timing(lateness: Iterable[float]) -> Finding:
    """What seconds of lateness mean for playing."""
    seen = Percentiles()
    for value in lateness:
        seen.add(value * 1000)
    middle, rare = seen.at(0.5, 0.99)
    detail = (
        f"this machine wakes {middle:.2f} ms late (p50), {rare:.2f} ms (p99),"
        f" {seen.largest:.2f} ms (worst)"
    )
    if rare <= LATE_MS:
        return Finding("timing", State.OK, detail)
    return Finding("timing", State.WARNING, detail, "close busy programs, and see `priority` here")


def priority() -> Finding:
    return judge_priority(_granted().priority)


def judge_priority(granted: str, platform: str = sys.platform) -> Finding:
    """What the system's answer means, and how to get a better one."""
    if granted in PRIORITIES:
        words = f"improv may play before other programs ({PRIORITIES[granted]})"
        return Finding("priority", State.OK, words)
    fixes = {
        "darwin": "start improv from Terminal, outside any sandbox",
        "win32": "start the service `Multimedia Class Scheduler` (services.msc)",
    }
    return Finding(
        "priority",
        State.WARNING,
        f"{granted}: the system does not let improv play before other programs",
        fixes.get(platform, f"{LIMITS} have '@audio - rtprio 70', and log in again"),
    )


def memory() -> Finding:
    return judge_memory(_granted().memory)


def judge_memory(granted: str, platform: str = sys.platform) -> Finding:
    """Whether the player's memory stays where it is."""
    if granted == "locked":
        return Finding("memory", State.OK, "locked: nothing the player has used is swapped out")
    if not platform.startswith("linux"):
        return Finding("memory", State.OK, "not locked; only on Linux improv asks for that")
    return Finding(
        "memory",
        State.WARNING,
        "not locked: where memory is short, a note may wait for the disk",
        f"{LIMITS} have '@audio - memlock unlimited', and log in again",
    )


def _granted() -> Footing:
    """What a process of its own is granted: here nothing is to change."""
    say = "print(*(lambda f: (f.priority, f.memory))(realtime.ask()), sep='\\n')"
    command = [sys.executable, "-c", f"from improv.session import realtime; {say}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    priority, memory = said.stdout.splitlines()
    return Footing(priority, memory)


def recording() -> Finding:
    """Whether what is played can be recorded, and for how long."""
    folder = takes.folder()
    fix = "set IMPROV_TAKES to a folder with room"
    try:
        takes.recent(folder).mkdir(parents=True, exist_ok=True)
        check_writable(takes.recent(folder) / "take.mid")
    except OSError as error:
        return Finding("takes", State.WARNING, f"{folder}: {error.strerror or error}", fix)
    room = shutil.disk_usage(folder).free
    if room < LITTLE_ROOM:
        return Finding("takes", State.WARNING, f"{folder} has {room / 1e6:.0f} MB of room", fix)
    return Finding("takes", State.OK, f"{len(takes.listing(folder))} in {folder}")


def logs() -> Finding:
    return Finding("logs", State.OK, f"{child.log_path('player')} and {child.log_path('model')}")
