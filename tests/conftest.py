"""What holds for every test: its takes are its own, and the longest are begun first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# What XLA compiles here is run for a few steps: made without its optimizer it is made in two thirds
# of the time (the relative network's fit: 66 s of processor time instead of 99).
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)


@pytest.fixture(autouse=True)
def own_takes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of takes, for this process and those it starts."""
    folder = tmp_path_factory.mktemp("takes")
    monkeypatch.setenv("IMPROV_TAKES", str(folder))
    return folder


@pytest.hookimpl(trylast=True)  # when every folder has marked its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that none is left over when all but one process are done.

    What measures times through JACK (tests/rig) does so one after the other, whatever runs beside
    it; pyproject.toml has pytest-xdist keep this order.
    """
    for item in items:
        if item.get_closest_marker("rig") is not None and "rig" in item.path.parent.name:
            item.add_marker(pytest.mark.xdist_group("rig"))
    items.sort(key=_later)


def _later(item: pytest.Item) -> int:
    """0 for the soak, which takes minutes whatever is done, 1 for the rig, 2 for what is slow."""
    if item.path.name == "test_f11_soak.py":
        return 0
    if item.get_closest_marker("xdist_group") is not None:
        return 1
    return 2 if item.get_closest_marker("slow") is not None else 3
