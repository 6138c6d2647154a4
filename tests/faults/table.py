"""The table of the fifteen faults, with what was measured: one JSON file and one Markdown table.

What is known of a test is what was measured last, with when, at which commit and under what load; a
soak of an hour and one of three minutes are two tests. A run renews what it has run and leaves the
rest, so a table is whole if it was whole before.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FAULTS = {
    "F1": "the model's process is killed, 20 times",
    "F2": "SIGTERM, SIGINT, SIGHUP in the middle of a chord",
    "F3": "the terminal is closed",
    "F4": "the terminal's process is killed",
    "F5": "the player is killed, or stands still",
    "F6": "the model stands still for 3 s",
    "F7": "a port, its cable or a sound device vanishes and returns; or a driver takes no more",
    "F8": "10,000 messages a second of clock, sense and sysex for 10 s",
    "F9": "a callback that raises one time in ten",
    "F10": "no sound card, no SoundFont, no libfluidsynth, no MIDI system",
    "F11": "a soak with faults at random",
    "F12": "a hostile model",
    "F13": "5,000 damaged MIDI files",
    "F14": "model files from strangers",
    "F15": "a full disk, a kill while a take, a preset, a checkpoint or a model is saved",
}
WRITTEN = (
    "Last written by `uv run pytest tests/faults` on {date} at commit {commit}, on {machine} for a "
    "load of {load}; what was measured in another run says when, at which commit and for what "
    "load. The tests run against the real processes; those of the last column take the defence "
    "away and expect to see the fault win."
)
WITHOUT = "test_without"
"""How tests begin that take a defence away and expect the fault to win."""


class Table:
    """What is known of each fault: what was `kept` in the repository, and in `folder` since."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self._folder = folder
        self._kept = kept
        self._new: dict[str, dict[str, Any]] = {}

    def take(self, report: pytest.TestReport) -> None:
        """Take the report of one phase of one test."""
        found = re.search(r"test_f(\d+)\w*\.py::(.*)", report.nodeid)
        if found is None or report.skipped or (report.when != "call" and report.passed):
            return  # what is skipped here, on another machine, is known from where it ran
        fault, test = f"F{int(found[1])}", found[2]
        said = [str(value) for name, value in report.user_properties if name == "figure"]
        self._new.setdefault(fault, {})[test] = {
            "outcome": report.outcome,
            "figures": said or [line for line in report.capstdout.splitlines() if line.strip()],
            "seconds": round(report.duration, 1),
            "load": round(os.getloadavg()[0]),
        }

    def write(self) -> None:
        """Add what is new to what was known."""
        if not self._new:
            return
        self._folder.mkdir(exist_ok=True)
        path = self._folder / "faults.json"
        run = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "commit": _commit(),
            "machine": f"{platform.system()} {platform.machine()}, Python "
            f"{platform.python_version()}, {os.cpu_count()} processors",
        }
        new = {
            fault: {name: test | run for name, test in tests.items()}
            for fault, tests in self._new.items()
        }
        faults = still_there(latest(_read(self._kept), _read(path), new))
        most = max(test["load"] for tests in new.values() for test in tests.values())
        known = run | {"load": most, "faults": faults}
        path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        (self._folder / "faults.md").write_text(markdown(known))


Faults = dict[str, dict[str, dict[str, Any]]]
"""What is known of each test, by its fault and its name."""


def _read(path: Path) -> Faults:
    """What a file knows; of no use is what doesn't say when it was measured."""
    known: Faults = json.loads(path.read_text())["faults"] if path.exists() else {}
    return {
        fault: {name: test for name, test in tests.items() if "date" in test}
        for fault, tests in known.items()
    }


def latest(*known: Faults) -> Faults:
    """Of each test what was measured last; of one moment what is given last."""
    found: Faults = {}
    for faults in known:
        for fault, tests in faults.items():
            for name, test in tests.items():
                before = found.setdefault(fault, {}).get(name)
                if before is None or before["date"] <= test["date"]:
                    found[fault][name] = test
    return found


def still_there(known: Faults, folder: Path = Path(__file__).parent) -> Faults:
    """Without the tests that are no more, by the names of their functions."""
    there: dict[str, set[str]] = {}
    for path in folder.glob("test_f*.py"):
        names = re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
        number = re.match(r"test_f(\d+)", path.name)
        assert number is not None
        there.setdefault(f"F{int(number[1])}", set()).update(names)
    return {
        fault: {name: test for name, test in tests.items() if name.split("[")[0] in there[fault]}
        for fault, tests in known.items()
        if fault in there
    }


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def figures(tests: Iterable[dict[str, Any]], known: dict[str, Any]) -> str:
    """What was measured, run by run; of another run than the last with when that was."""
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for test in tests:
        if test["figures"]:
            runs.setdefault((test["date"], test["commit"]), []).append(test)
    said = []
    for (date, commit), its in runs.items():
        words = "; ".join(figure for test in its for figure in test["figures"])
        if (date, commit) != (known["date"], known["commit"]):
            words += f" ({date[:10]} at {commit}, load {max(test['load'] for test in its)})"
        said.append(words)
    return "; ".join(said)


def markdown(known: dict[str, Any]) -> str:
    """The table as it is read."""
    lines = [
        "# Fifteen faults, and what came of them",
        "",
        WRITTEN.format(**known),
        "",
        "| # | fault | tests | measured | without its defence |",
        "|---|---|---|---|---|",
    ]
    for fault, words in FAULTS.items():
        tests = known["faults"].get(fault, {})
        with_, without = (
            figures((t for name, t in tests.items() if name.startswith(WITHOUT) is gone), known)
            for gone in (False, True)
        )
        counts = [test["outcome"] for test in tests.values()]
        passed = f"{counts.count('passed')} of {len(counts)} passed"
        cells = (fault, words, passed, with_, without)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


class Keeping:
    """Takes every report of these tests, and writes the table when all are over."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._table.take(report)

    def pytest_sessionfinish(self) -> None:
        self._table.write()
