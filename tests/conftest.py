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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays through JACK plays one after the other, whatever runs beside it."""
    for item in items:
        if item.get_closest_marker("rig") is not None:
            item.add_marker(pytest.mark.xdist_group("rig"))
