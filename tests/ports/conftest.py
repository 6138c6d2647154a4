"""Fixtures for tests of ports that need what only the system can give."""

from __future__ import annotations

import os

import pytest

from improv.errors import DeviceError
from improv.ports.fluid import library


@pytest.fixture
def fluidsynth() -> None:
    """Skip with the reason where libfluidsynth is missing; in CI that fails."""
    try:
        library()
    except DeviceError as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"CI must have FluidSynth: {error}")
        pytest.skip(str(error))
