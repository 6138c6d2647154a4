"""Fixtures for tests on real ports and real sound: a JACK server with a dummy sound card.

Where JACK is missing these tests are skipped with the reason, but in CI (CI=true) they fail.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# `--import-mode=importlib` puts no folder on the path; so that `from rig.support import ...` works
sys.path.insert(0, str(HERE.parent))

from rig.fixtures import far, jack_server, missing, mortal, rig  # noqa: E402  # after the path is set
from rig.support import (  # noqa: E402
    FarEnd,
    JackServer,
    RigMissing,
    Synth,
    end,
    start_synth,
    wait_for,
)

__all__ = ["far", "jack_server", "mortal", "rig"]  # fixtures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.rig)


@pytest.fixture(autouse=True)
def _on_the_rig(rig: JackServer) -> JackServer:
    """Every test of this folder is pointed at the server."""
    return rig


@pytest.fixture
def synth(rig: JackServer, far: FarEnd, tmp_path: Path) -> Iterator[Synth]:
    """A fluidsynth process whose left channel the far end can record."""
    from improv.ports.soundfont import find_soundfont

    try:
        process = start_synth(rig.env, find_soundfont(), tmp_path / "synth.log")
    except RigMissing as reason:
        missing(reason)
    ports = Synth()
    try:
        wait_for(lambda: {ports.midi_in, ports.left} <= set(far.ports()), 10, "fluidsynth's ports")
        yield ports
    finally:
        end(process)
