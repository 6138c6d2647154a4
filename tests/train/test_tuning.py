"""Fine-tuning: from a model and a folder of takes to a model that plays, in one command."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from improv.cli import main
from improv.config import load_table
from improv.model import store
from improv.model.loading import load
from improv.play.lessons import Lessons
from improv.play.params import Params
from improv.ports.midiwrite import midi_file
from improv.train import tuning
from improv.train.config import TrainConfig

SEED = store.roots()[0] / "seed"
QUICK = """
batch = 16
learning_rate = 0.003
epochs = 1
report_steps = 5
tensorboard = false
data_licence = "all rights reserved"
"""


def takes(folder: Path, count: int, notes: int = 90, track: str = "you") -> Path:
    """Takes of broken chords."""
    folder.mkdir()
    for n in range(count):
        messages = []
        for k in range(notes):
            pitch = 60 + (0, 4, 7, 12)[(k + n) % 4]
            messages += [(0.2 * k, (0x90, pitch, 80)), (0.2 * k + 0.15, (0x80, pitch, 0))]
        (folder / f"take{n}.mid").write_bytes(midi_file("take", {track: messages}))
    return folder


def _train(*arguments: object) -> int:
    return main(["train", *map(str, arguments)])


def test_a_model_is_tuned_on_takes_and_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on from the model's weights, says what came of it, carries its licence on."""
    monkeypatch.chdir(tmp_path)
    music = takes(tmp_path / "my takes", 6)
    (tmp_path / "quick.toml").write_text(QUICK)
    options = ("--init", SEED, "--config", "quick.toml", "--name", "mine", "--data", music)
    assert _train(*options, "--json") == 0
    said, words = capsys.readouterr()
    result = json.loads(said)
    assert "play it with: improv play --model runs/mine/mine" in words
    assert result["model"] == "runs/mine/mine"
    assert result["validation_loss"] < result["loss_before"]
    made, base = store.find(result["model"]), store.find(SEED)
    assert made.spec == base.spec
    assert made.card["title"] == "seed, tuned on my takes"
    assert made.card["licence"] == base.card["licence"]
    assert made.card["data"]["licence"] == "all rights reserved"
    assert made.card["tuned_from"]["model"] == "seed"
    assert made.card["tuned_from"]["weights_sha256"] == store.digest(base)
    assert made.card["tuned_from"]["data"] == base.card["data"]["name"]
    old, new = store.read_weights(base), store.read_weights(made)
    moved = max(float(np.abs(new[name] - old[name]).max()) for name in old)
    assert 0 < moved < 0.2
    assert 21 <= load(made.path, "cpu").draw(Params(), (1, 0)).pitch <= 108
    known = Lessons(np.frombuffer(store.read_lessons(made), np.uint8))
    assert known.copied([67, 71, 74, 79] * 5) == 20  # as in the takes, in another key
    assert len(bytes(known)) == len(store.read_lessons(base))


def test_a_tuning_that_makes_nothing_better_leaves_the_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it began with is validated first, so the model that comes of it is never worse."""
    music = takes(tmp_path / "takes", 3)
    (tmp_path / "wild.toml").write_text(QUICK.replace("0.003", "3.0"))
    options = ("--init", SEED, "--config", tmp_path / "wild.toml", "--out", tmp_path / "run")
    assert _train(*options, "--name", "wild", "--data", music) == 0
    assert "the weights are as they were" in capsys.readouterr().err
    old, new = (store.read_weights(store.find(p)) for p in (SEED, tmp_path / "run" / "wild"))
    for name, array in old.items():
        np.testing.assert_array_equal(new[name], array)


def test_a_tuning_is_resumed_from_the_same_model_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run begun from one model can't go on as one from nothing."""
    music = takes(tmp_path / "takes", 3)
    (tmp_path / "quick.toml").write_text(QUICK)
    options = ("--config", tmp_path / "quick.toml", "--out", tmp_path / "run", "--data", music)
    assert _train("--init", SEED, *options) == 0
    assert _train("--init", SEED, *options, "--resume") == 0
    capsys.readouterr()
    assert _train(*options, "--resume") == 2
    assert "differs in init" in capsys.readouterr().err


def test_too_few_takes_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One piece to learn from, one to judge by, one to test, and at least a batch."""
    assert _train("--data", takes(tmp_path / "two", 2), "--out", tmp_path / "run") == 2
    words = capsys.readouterr().err
    assert "2 of train, 0 of validation, 0 of test; it takes three pieces at least" in words
    assert _train("--data", takes(tmp_path / "short", 3, 20), "--out", tmp_path / "run") == 2
    assert "sequences of 64 notes to learn from and" in capsys.readouterr().err
    assert _train("--data", tmp_path / "nowhere") == 2
    assert "no folder or zip" in capsys.readouterr().err


def test_takes_of_improv_alone_are_nothing_to_learn_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What improv played itself is told from your playing by its track, and is not learnt."""
    music = takes(tmp_path / "alone", 4, track="improv")
    assert _train("--data", music, "--out", tmp_path / "run") == 2
    assert "played by improv itself" in capsys.readouterr().err


def test_an_unknown_model_to_go_on_from_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the names there are."""
    assert _train("--init", "nobody", "--data", takes(tmp_path / "takes", 3)) == 2
    assert "no model named 'nobody'" in capsys.readouterr().err


def test_the_shipped_configuration_is_complete() -> None:
    """configs/fine-tune.toml is read as it stands; the model and the music decide the rest."""
    path = tuning.shipped()
    config = load_table(path, TrainConfig)
    assert config.learning_rate < 0.001
    named = set(tomllib.loads(path.read_text()))
    assert named >= {"batch", "learning_rate", "epochs", "patience"}
    assert not named & {"architecture", "units", "licence", "name"}
    base = store.find("default")
    config = tuning.tuned(config, base, Path("my-takes.zip"))
    assert config.spec == base.spec
    other = replace(base.spec, units=64, recurrence="gru", pitch="interval", length=96)
    assert tuning.tuned(config, replace(base, spec=other), Path("takes.zip")).spec == other
    assert (config.title, config.data_name) == ("default, tuned on my-takes", "my-takes")
    assert tuning.named_after(Path("late night takes")) == "late-night-takes"


@pytest.mark.slow
def test_the_default_model_is_tuned_without_any_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`improv train --data my-takes` alone: the default model, named after the music."""
    monkeypatch.chdir(tmp_path)
    assert _train("--data", takes(tmp_path / "chords", 3, 560)) == 0
    assert "going on from the model default" in capsys.readouterr().err
    made = store.find(tmp_path / "runs" / "chords" / "chords")
    assert made.card["tuned_from"]["model"] == "default"
    assert 21 <= load(made.path, "cpu").draw(Params(), (1, 0)).pitch <= 108
