"""A Link session without Link."""

from __future__ import annotations

import subprocess
import sys

import pytest

from improv.errors import DeviceError
from improv.ports.linked import Peer


def test_where_link_is_missing_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what licence that is under."""
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(DeviceError, match=r"pip install 'improv-midi\[link\]' adds it \(GPL\)"):
        Peer(120.0, 4)


def test_nothing_of_link_is_loaded_before_it_is_asked_for() -> None:
    """Not even what it needs of Python."""
    code = "import sys, improv.session.conductor; print({'aalink', 'asyncio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
