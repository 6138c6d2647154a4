"""The benchmark plays improv through its own screen, and says what came of it."""

import sys

import pytest

from improv.session import bench, bench_picture

KEYS = {
    "lateness_ms", "inference_us", "knob_ms", "answer_ms", "first_note_s", "screen_s", "rss_mb",
    "rss_summed_mb", "drift_ms", "sent", "late", "dropped", "released", "hung", "priority",
    "memory", "cpu_percent",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal to play in")
def test_plays_turns_and_reports(tmp_path):
    """Every figure is there and was measured; nothing hangs; the picture is drawn."""
    report, lateness = bench.bench(seconds=9.0, output="none", model="seed", load=False, starts=1)
    assert report["notes"] == len(lateness) > 5
    assert report["hung"] == 0
    assert 0 <= report["lateness_ms"]["p50"] <= report["lateness_ms"]["p99"]
    assert report["knob_ms"]["decided"]["p50"] > 0  # keys were pressed and acted on
    assert report["knob_ms"]["heard"]["p99"] > 0
    assert report["inference_us"]["p50"] > 0
    assert 0 < report["screen_s"] < report["first_note_s"] + 5
    assert 50 < report["rss_mb"] <= report["rss_summed_mb"]
    assert report["screen_hz"] > 5  # the screen was drawing all the while
    assert report["knob_hz"] > 5
    assert report["spin_percent"] >= 0
    assert set(report) >= KEYS
    bench_picture.draw(report, lateness, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
