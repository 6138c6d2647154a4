"""Pictures of learning: drawn from any run and any evaluation, or refused in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from improv.errors import InputError, UsageError
from improv.train import calibration, plots
from improv.train.evaluate import REFERENCE, Evaluation
from improv.train.score import Seen


def log_of(path: Path, *, validations: int = 3, reports: int = 40) -> Path:
    lines = []
    for i in range(reports):
        loss = 1 / (i + 1)
        row = {"event": "train", "step": i, "epoch": i / 10, "loss": loss, "pitch_loss": 4 * loss}
        lines.append(json.dumps(row))
    lines += [
        json.dumps({"event": "validation", "step": i, "epoch": i + 1, "loss": 0.1 * i})
        for i in range(validations)
    ]
    lines += [json.dumps({"event": "finished", "step": 400}), '{"event": "train", "st']
    path.write_text("\n".join(lines))
    return path


def evaluation() -> Evaluation:
    rng = np.random.default_rng(1)
    seen = Seen()
    played = rng.integers(40, 90, 500)
    seen.add_pitch(rng.normal(size=(500, 128)), played)
    times = rng.uniform(0, 2, 500)
    seen.add_time("step", times, times[::-1])
    seen.add_time("duration", times, times)
    marks = {
        "pitch": {"nats": 3.7, "top1": 0.05, "top5": 0.2},
        "step": {"mse": 0.02, "mae": 0.07},
        "duration": {"mse": 0.07, "mae": 0.1},
    }
    report = {
        "model": "seed",
        "data": "pack.zip",
        "split": "test",
        "pieces": 5,
        "notes": 505,
        "targets": 500,
        "context": 25,
        **marks,
        "style": "pop",
        "baselines": {"unigram": marks, "markov": marks},
        "reference": REFERENCE,
        "per_piece": [{"name": str(i), "notes": 101, **marks} for i in range(5)],
    }
    curves = {"pitch": calibration.curve(rng.random(500), np.zeros(500))}
    return Evaluation(report, seen, curves, {})


@pytest.mark.parametrize("validations", [0, 3])
def test_the_losses_of_a_run_are_drawn(tmp_path: Path, validations: int):
    """Also of one still going on, with a line cut short; the same log gives the same bytes."""
    log = log_of(tmp_path / "log.jsonl", validations=validations)
    plots.losses(log, tmp_path / "a.png")
    plots.losses(log, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert image.imread(tmp_path / "a.png").shape[1] == 2100


def test_a_run_of_one_report_is_drawn(tmp_path: Path):
    """A curve of one point."""
    plots.losses(log_of(tmp_path / "log.jsonl", validations=1, reports=1), tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_a_log_without_losses_is_refused(tmp_path: Path):
    """Missing, empty, or something else."""
    for name, content in (("a", b""), ("b", b'{"event": "stopped"}\n[1]\nx'), ("c", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="log"):
            plots.losses(tmp_path / name, tmp_path / "a.png")
    with pytest.raises(InputError, match="cannot read the log"):
        plots.losses(tmp_path / "none.jsonl", tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"\.png"):
        plots.losses(log_of(tmp_path / "log.jsonl"), tmp_path / "a.pdf")


def test_an_evaluation_is_drawn(tmp_path: Path):
    """Foretold against played, with the figures of the report; the same bytes each time."""
    plots.evaluation(evaluation(), tmp_path / "a.png")
    plots.evaluation(evaluation(), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert image.imread(tmp_path / "a.png").shape[1] == 2100
