"""What holds for every test: its takes are its own, and who gets the processor first."""

from __future__ import annotations

import os
from collections.abc import Generator
from operator import itemgetter
from pathlib import Path

import pytest
from faults.table import Keeping, Table

# What XLA compiles here is run for a few steps: with less of its optimizer it is made sooner.
# With none (level 0) the relative network's loss is no number after two steps.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
)


def pytest_configure(config: pytest.Config) -> None:
    """Write the table of faults, of whichever run has tests of them."""
    if not hasattr(config, "workerinput"):  # else a process of pytest-xdist: the first one writes
        root = config.rootpath
        table = Table(root / ".faults", kept=root / ".github" / "faults.json")
        config.pluginmanager.register(Keeping(table))


@pytest.fixture(autouse=True)
def own_takes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of takes, for this process and those it starts."""
    folder = tmp_path_factory.mktemp("takes")
    monkeypatch.setenv("IMPROV_TAKES", str(folder))
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What plays through JACK is to be in time: all else, and what it starts, stands back for it.

    Only root may take a thread's niceness back; for others all stay equal.
    """
    if os.name == "posix" and os.geteuid() == 0:
        waits = item.get_closest_marker("rig") is not None
        os.setpriority(os.PRIO_PROCESS, 0, 0 if waits else 10)
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait among those that work, the slow ones first, and the soak before all.

    A test through JACK waits for nine tenths of its time, which the other processes of pytest-xdist
    can work in; pyproject.toml has it keep this order.
    """
    kinds: dict[str, list[pytest.Item]] = {"soak": [], "waits": [], "works": []}
    for item in items:
        kind = "works" if item.get_closest_marker("rig") is None else "waits"
        kinds["soak" if item.path.name == "test_f11_soak.py" else kind].append(item)
    places = [(-1.0, item) for item in kinds["soak"]]
    for kind in ("waits", "works"):
        line = sorted(kinds[kind], key=lambda item: item.get_closest_marker("slow") is None)
        places += [(place / len(line), item) for place, item in enumerate(line)]
    items[:] = [item for _, item in sorted(places, key=itemgetter(0))]
