"""What holds for every test: what it plays is kept among its own takes, not the musician's."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_takes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of takes, for this process and those it starts."""
    folder = tmp_path_factory.mktemp("takes")
    monkeypatch.setenv("IMPROV_TAKES", str(folder))
    return folder
