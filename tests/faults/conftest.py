"""The rig of the faults, and the table of what came of them.

Each test is of the fault in its file's name, `test_f05_...`; what it measured it hands to `figure`.
At the end of a run all that is known is written to .faults/faults.json and .faults/faults.md beside
pyproject.toml (tests/conftest.py): a run of a few tests renews their figures and leaves the others,
which begin with those kept in .github. To keep them: `cp .faults/faults.* .github/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from alsa.fixtures import alsa, hanging, on_alsa, program
from rig.fixtures import far, jack_server, mortal, rig

__all__ = [
    "alsa",
    "far",
    "hanging",
    "jack_server",
    "mortal",
    "on_alsa",
    "program",
    "rig",
]  # fixtures

HERE = Path(__file__).parent
LONG = bool(os.environ.get("IMPROV_LONG_FAULTS"))
"""Whether to run the tests as long as the table of faults wants; else as long as CI can wait."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays through JACK is a test on the rig; it mostly waits, with others beside it."""
    for item in items:
        if HERE in item.path.parents and {"rig", "alsa"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.rig)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say what was measured, in words with a unit; it stands in the table."""

    def say(words: str) -> None:
        record_property("figure", words)
        print(words)

    return say


@pytest.fixture
def mutant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Take a defence away: Python that every process started from now on runs first."""

    def run_first(code: str) -> None:
        folder = tmp_path / "mutant"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(code)
        before = os.environ.get("PYTHONPATH", "")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), before))))

    return run_first
