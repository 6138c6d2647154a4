"""The table of faults: what was measured last stands, with when, and what is no more goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faults.table import latest, markdown, still_there

MORNING, NIGHT = "2026-11-28 08:00 UTC", "2026-11-28 22:00 UTC"


def measured(date: str, figure: str) -> dict[str, Any]:
    return {"outcome": "passed", "figures": [figure], "date": date, "commit": "abc", "load": 2}


def test_the_last_figure_of_a_test_stands_whoever_kept_it() -> None:
    """And a soak of an hour stands beside a short one."""
    kept = {
        "F11": {"test_soak[3600 s]": measured(MORNING, "an hour"), "test_b": measured(NIGHT, "b")}
    }
    here = {"F11": {"test_soak[180 s]": measured(NIGHT, "three"), "test_b": measured(MORNING, "-")}}
    found = {name: test["figures"][0] for name, test in latest(kept, here)["F11"].items()}
    assert found == {"test_soak[3600 s]": "an hour", "test_soak[180 s]": "three", "test_b": "b"}


def test_a_test_that_is_no_more_is_forgotten(tmp_path: Path) -> None:
    """By its function; the numbers of a test that is left may be other ones."""
    (tmp_path / "test_f01_model.py").write_text("def test_kill(kills):\n    pass\n")
    tests = {name: measured(NIGHT, name) for name in ("test_kill[20 times]", "test_gone")}
    known = still_there({"F1": tests, "F99": tests}, tmp_path)
    assert {fault: [*found] for fault, found in known.items()} == {"F1": ["test_kill[20 times]"]}


def test_what_another_run_measured_says_when() -> None:
    """What this one did stands in the first lines."""
    tests = {
        "test_soak[3600 s]": measured(MORNING, "an hour"),
        "test_soak[180 s]": measured(NIGHT, "three minutes"),
        "test_without": measured(NIGHT, "it leaks"),
    }
    run = {"date": NIGHT, "commit": "abc", "machine": "Linux", "load": 2}
    (row,) = (x for x in markdown(run | {"faults": {"F11": tests}}).splitlines() if "F11" in x)
    assert row == (
        "| F11 | a soak with faults at random | 3 of 3 passed "
        "| an hour (2026-11-28 at abc, load 2); three minutes | it leaks |"
    )
