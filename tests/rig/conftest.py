"""Fixtures for tests on real ports and real sound: a JACK server with a dummy sound card.

Where JACK is missing these tests are skipped with the reason, but in CI (CI=true) they fail.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
# `--import-mode=importlib` puts no folder on the path; so that `from rig.support import ...` works
sys.path.insert(0, str(HERE.parent))

from rig.support import (  # noqa: E402  # after the path is set
    FarEnd,
    JackServer,
    RigMissing,
    Synth,
    end,
    start_synth,
    wait_for,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.rig)


def _missing(reason: RigMissing) -> NoReturn:
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must run the rig tests: {reason}")
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def jack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """One JACK server for the whole run, under a name of its own."""
    try:
        server = JackServer(tmp_path_factory.mktemp("jack") / "jackd.log")
    except RigMissing as reason:
        _missing(reason)
    try:
        server.start()
    except RigMissing as reason:
        server.close()
        _missing(reason)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def rig(jack_server: JackServer, monkeypatch: pytest.MonkeyPatch) -> JackServer:
    """The server, with this process and those it starts pointed at it."""
    for name, value in jack_server.env.items():
        monkeypatch.setenv(name, value)
    return jack_server


@pytest.fixture
def far(rig: JackServer) -> Iterator[FarEnd]:
    """The other end of the cables."""
    with FarEnd(rig.env) as far:
        yield far


@pytest.fixture
def synth(rig: JackServer, far: FarEnd, tmp_path: Path) -> Iterator[Synth]:
    """A fluidsynth process whose left channel the far end can record."""
    from improv.ports.soundfont import find_soundfont

    try:
        process = start_synth(rig.env, find_soundfont(), tmp_path / "synth.log")
    except RigMissing as reason:
        _missing(reason)
    ports = Synth()
    try:
        wait_for(lambda: {ports.midi_in, ports.left} <= set(far.ports()), 10, "fluidsynth's ports")
        yield ports
    finally:
        end(process)


@pytest.fixture
def mortal(
    rig: JackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[JackServer]:
    """A server that the other tests don't use, so that it can be stopped."""
    server = JackServer(tmp_path / "jackd.log")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    server.start()
    yield server
    server.close()
