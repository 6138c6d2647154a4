"""Tests on ALSA's sequencer, which `.ci/alsa` runs in a virtual machine where there is none here.

They are of what is ALSA's own: ports by number, names that two can have, cables that are made by
libasound. Its faults are in tests/faults/test_f*_on_alsa.py.
"""

from __future__ import annotations

import pytest
from alsa.fixtures import alsa, hanging, program

__all__ = ["alsa", "hanging", "program"]  # fixtures


@pytest.fixture(autouse=True)
def _on_alsa(alsa: None) -> None:
    """Every test of this folder needs it."""
