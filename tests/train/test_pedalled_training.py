"""Training on notes as long as they sound: what comes of it says so and is measured so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from improv.cli import main
from improv.errors import UsageError
from improv.model import store
from improv.ports.midiwrite import midi_file
from improv.train.config import TrainConfig

QUICK = """
units = 8
durations = "pedalled"
batch = 16
epochs = 1
report_steps = 5
tensorboard = false
"""


def takes(folder: Path, count: int) -> Path:
    """Keys held for 0.1 s; all the pedal keeps for two seconds at a time."""
    folder.mkdir()
    for n in range(count):
        sent = [(2.0 * bar, bytes((0xB0, 64, 127))) for bar in range(8)]
        sent += [(2.0 * bar + 1.9, bytes((0xB0, 64, 0))) for bar in range(8)]
        for k in range(64):
            pitch = 48 + (7 * k + n) % 24
            sent += [
                (0.25 * k, bytes((0x90, pitch, 80))),
                (0.25 * k + 0.1, bytes((0x80, pitch, 0))),
            ]
        sent.sort(key=lambda event: event[0])
        (folder / f"take{n}.mid").write_bytes(midi_file("take", {"you": sent}))
    return folder


def test_a_model_of_pedalled_notes_says_so_and_is_measured_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder, its card and its evaluation; what is tuned from it stays so."""
    monkeypatch.chdir(tmp_path)
    music = takes(tmp_path / "takes", 4)
    (tmp_path / "quick.toml").write_text(QUICK)
    options = ("--config", "quick.toml", "--data", str(music))
    assert main(["train", *options, "--name", "pedalled"]) == 0
    made = store.find(Path("runs/pedalled/pedalled"))
    assert made.spec.durations == "pedalled"
    assert made.card["data"]["durations"].startswith("pedalled: ")
    (tmp_path / "quick.toml").write_text(QUICK.replace("pedalled", "held"))
    assert main(["train", *options, "--name", "tuned", "--init", str(made.path)]) == 0
    assert store.find(Path("runs/tuned/tuned")).spec.durations == "pedalled"
    capsys.readouterr()
    errors = {}
    for model in (str(made.path), "seed"):
        told = ("--data", str(music), "--split", "test", "--generate", "0", "--json")
        assert main(["evaluate", "--model", model, *told]) == 0
        report = json.loads(capsys.readouterr().out)
        errors[report["durations"]] = report["baselines"]["unigram"]["duration"]["mse"]
    assert errors["held"] < 0.001
    assert errors["pedalled"] > 0.1


def test_other_durations_are_refused():
    """With those there are."""
    with pytest.raises(UsageError, match="durations must be held or pedalled, not 'long'"):
        TrainConfig(durations="long")
