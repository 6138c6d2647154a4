"""A JACK server and the far end of the cables, for all tests that play through them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from rig.support import FarEnd, JackServer, RigMissing


def missing(reason: RigMissing) -> NoReturn:
    """Skip with the reason; in CI, fail."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must run these tests: {reason}")
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def jack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JackServer]:
    """One JACK server for the whole run, under a name of its own."""
    try:
        server = JackServer(tmp_path_factory.mktemp("jack") / "jackd.log")
    except RigMissing as reason:
        missing(reason)
    try:
        server.start()
    except RigMissing as reason:
        server.close()
        missing(reason)
    yield server
    server.close()


@pytest.fixture
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
def mortal(
    rig: JackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[JackServer]:
    """A server that the other tests don't use, so that it can be stopped."""
    server = JackServer(tmp_path / "jackd.log")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    server.start()
    yield server
    server.close()
