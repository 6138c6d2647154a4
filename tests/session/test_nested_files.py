"""Found by tests/fuzz: a file of two thousand brackets makes Python's TOML reader give up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from improv import config
from improv.errors import ImprovError
from improv.model import store
from improv.session import controls_file, latencies, presets

DEEP = "x = " + 2000 * "["


@pytest.mark.parametrize("read", [config.load, presets.read])
def test_a_deeply_nested_file_is_named_in_a_sentence(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    """A preset may come from anyone."""
    path = tmp_path / "deep.toml"
    path.write_text(DEEP)
    with pytest.raises(ImprovError, match="deep"):
        read(path)


@pytest.mark.parametrize("kept", [latencies, controls_file])
def test_so_is_one_of_improv_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: object
) -> None:
    """As if another program had written over it."""
    path = tmp_path / "mine.toml"
    path.write_text(DEEP)
    monkeypatch.setattr(kept, "path", lambda: path)
    with pytest.raises(ImprovError, match="mine"):
        kept.stored()  # type: ignore[attr-defined]


def test_so_is_a_model_s_card(tmp_path: Path) -> None:
    """One that a stranger has made."""
    good = store.find("seed").path
    for name in store.FILES:
        (tmp_path / name).write_bytes((good / name).read_bytes())
    (tmp_path / store.CARD).write_text(DEEP)
    with pytest.raises(ImprovError, match=store.CARD):
        store.verify(tmp_path)
