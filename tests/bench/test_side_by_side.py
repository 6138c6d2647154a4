"""The benchmarks that are run by hand still run: each on next to nothing, as one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def report(script: str, *options: str) -> dict[str, Any]:
    command = [sys.executable, str(HERE / script), "--json", "--rounds", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_parsing_finds_the_same_notes_with_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up files, since there are others on some machines only; improv's reader is the first."""
    monkeypatch.setenv("IMPROV_DATA", str(HERE))
    found = report("parsing.py", "--files", "1")
    assert found["origin"] == "made up"
    assert set(found["notes"]) == {"improv", "mido", "pretty_midi"}
    assert found["notes"]["improv"] == found["notes"]["mido"] > 2900
    assert found["readers"][0]["times_cpu"] == 1
    assert all(row["wall_us"] > 0 for row in found["readers"])


def test_scheduling_hears_every_message_of_every_contender() -> None:
    """The same score for each; the loop that adds up its errors is among them."""
    found = report("scheduling.py", "--seconds", "0.3", "--conditions", "alone", "busy processes")
    assert set(found["conditions"]) == {"alone", "busy processes"}
    for heard in found["conditions"].values():
        assert {"improv", "time.sleep(delta)", "mido play()", "asyncio"} <= set(heard)
        assert heard["improv"]["times_p50"] == 1
        assert all(row["p50"] <= row["p99"] <= row["max"] for row in heard.values())
    assert found["messages"] > 4


def test_a_chord_on_three_outputs_is_twelve_sends() -> None:
    """From the first to the last of them takes some time, and no note leaves early."""
    found = report("together.py", "--chords", "5")
    assert 0 < found["spread_ms"]["p50"] <= found["spread_ms"]["max"]
    assert found["late_ms"]["p50"] >= 0


def test_a_live_note_is_timed_in_each_situation() -> None:
    """Its centiles are the least, the median and the most of the rounds."""
    found = report("live_note.py", "--notes", "3", "--model", "seed")
    assert set(found["cpu_us"]) == {
        "one after the other",
        "one every 25 ms",
        "primed anew, and a note",
    }
    for centiles in found["cpu_us"].values():
        assert 0 < centiles["p50"][0] <= centiles["p50"][-1]


@pytest.mark.slow
def test_inference_asks_the_seed_network_in_every_way() -> None:
    """The live route is the first and everything else is compared with it."""
    found = report("inference.py", "--notes", "1", "--models", "seed")
    routes = {row["name"]: row for row in found["models"]["seed"]}
    assert set(routes) == {"improv (LiteRT)", "tf.function", "XLA", "model(x)", "model.predict"}
    assert routes["improv (LiteRT)"]["times_wall"] == 1
    assert routes["model.predict"]["times_cpu"] > 1


@pytest.mark.slow
def test_training_is_a_share_of_the_largest_product() -> None:
    """Above nothing, and below all of it."""
    found = report("training.py", "--steps", "1", "--units", "8")
    assert 0 < found["share_of_peak"] < 1
    assert found["notes_per_second"] > 0
