"""A small network in a folder of its own, made once for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from improv.model import store
from improv.model.spec import NetworkSpec, shapes
from improv.model.store import ModelFolder
from improv.model.weights import Weights

SMALL = NetworkSpec(units=16)
RELATIVE = NetworkSpec(architecture="relative", units=16)


def random_weights(spec: NetworkSpec) -> Weights:
    rng = np.random.default_rng(4)
    return {
        name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes(spec).items()
    }


@pytest.fixture(scope="session")
def exported() -> bytes:
    from improv.model import export

    return export.litert_model(SMALL, random_weights(SMALL))


@pytest.fixture
def folder(tmp_path: Path, exported: bytes) -> ModelFolder:
    path = tmp_path / "small"
    card = 'title = "A small one"\nlicence = "CC0-1.0"\n'
    store.write(path, SMALL, random_weights(SMALL), exported, card)
    return store.find(path)


@pytest.fixture(scope="session")
def relative_graph() -> bytes:
    from improv.model import export, relative

    return export.litert_model(RELATIVE, relative.initial(RELATIVE, 0))


@pytest.fixture
def relative_folder(tmp_path: Path, relative_graph: bytes) -> ModelFolder:
    from improv.model import relative

    path = tmp_path / "related"
    store.write(
        path, RELATIVE, relative.initial(RELATIVE, 0), relative_graph, 'title = "Related"\n'
    )
    return store.find(path)
