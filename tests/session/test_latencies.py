"""The file of measured latencies, and what goes before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from improv.errors import UsageError
from improv.session import latencies


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test's own, wherever the system has it."""
    for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_what_is_stored_is_read_again() -> None:
    """By device, beside those that were there; names may hold anything."""
    names = {'port:Micro "Freak" \\ ü♪ 1': 12.346, "fluidsynth:jack": 23.0}
    for name, ms in names.items():
        where = latencies.store(name, ms)
    assert latencies.stored() == {name: round(ms, 2) for name, ms in names.items()}
    latencies.store("fluidsynth:jack", 24.0)
    assert latencies.stored()["fluidsynth:jack"] == 24.0
    assert len(latencies.stored()) == 2
    assert [path.name for path in where.parent.iterdir()] == ["latency.toml"]


def test_nothing_was_measured_yet() -> None:
    """No file is no latency."""
    assert latencies.stored() == {}
    assert latencies.wanted({}) == ()


def test_an_option_goes_before_the_configuration_and_that_before_what_was_measured() -> None:
    """The nearest word counts."""
    for name, ms in (("virtual:a", 1.0), ("virtual:b", 1.0), ("virtual:c", 1.0)):
        latencies.store(name, ms)
    merged = latencies.wanted({"virtual:b": 2.0, "virtual:c": 2.0}, ["virtual:c=3.5"])
    assert dict(merged) == {"virtual:a": 1.0, "virtual:b": 2.0, "virtual:c": 3.5}


@pytest.mark.parametrize("text", ["fluidsynth", "fluidsynth=fast", "=", "12"])
def test_an_option_that_is_none_is_refused(text: str) -> None:
    """It says how it is written."""
    with pytest.raises(UsageError, match=r"a latency is SPEC=MS|not a port"):
        latencies.wanted({}, [text])


def test_a_damaged_file_is_named() -> None:
    """Nothing is guessed from it."""
    where = latencies.store("virtual:a", 1.0)
    where.write_text("virtual = [")
    with pytest.raises(UsageError, match=r"cannot read '.*latency\.toml'"):
        latencies.stored()
    where.write_text('"virtual:a" = "slow"')
    with pytest.raises(UsageError, match=r"latency\.toml: 'virtual:a' must be a number of ms"):
        latencies.stored()
