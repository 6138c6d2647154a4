"""Two processes that learn as one, told of each other by TF_CONFIG."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from improv.cli import main
from improv.errors import UsageError
from improv.model import store
from improv.ports.midiwrite import midi_file
from improv.train import distribute

CONFIG = """
name = "made"
units = 8
batch = 16
epochs = 2
average = 0.9
report_steps = 5
tensorboard = false
transpose = 2
"""


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("localhost", 0))
        return [one.getsockname()[1] for one in found]


def _music(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(4):
        messages = []
        for k, pitch in enumerate(rng.integers(48, 72, 80).tolist()):
            messages += [(0.2 * k, (0x90, pitch, 80)), (0.2 * k + 0.15, (0x80, pitch, 0))]
        (folder / f"piece{n}.mid").write_bytes(midi_file("piece", {"you": messages}))
    return folder


def _losses(run: Path) -> list[tuple[str, int, float]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(x["event"], x["step"], x["loss"]) for x in lines if "loss" in x]


@pytest.mark.slow
def test_two_workers_come_to_what_one_comes_to(tmp_path: Path) -> None:
    """The same losses all along and the same model, which only the chief keeps."""
    music, config = _music(tmp_path / "music"), tmp_path / "c.toml"
    config.write_text(CONFIG)
    options = ["train", "--config", str(config), "--data", str(music), "--out"]
    addresses = [f"localhost:{port}" for port in _free_ports(2)]
    told = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "improv.cli", *options, str(tmp_path / "two"), "--json"],
            env={**os.environ, "TF_CONFIG": json.dumps(one)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for one in told
    ]
    try:
        assert main([*options, str(tmp_path / "one")]) == 0
        ends = [worker.communicate(timeout=240) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0], [words for _, words in ends]
    chief, other = (json.loads(said) for said, _ in ends)
    assert (chief["chief"], other["chief"]) == (True, False)
    assert other["model"] is None
    assert "the chief keeps the model" in ends[1][1]
    assert chief["validation_loss"] == other["validation_loss"]
    one, two = _losses(tmp_path / "one"), _losses(tmp_path / "two")
    assert [x[:2] for x in two] == [x[:2] for x in one]
    np.testing.assert_allclose([x[2] for x in two], [x[2] for x in one], rtol=1e-3)
    made = [store.read_weights(store.find(tmp_path / run / "made")) for run in ("one", "two")]
    for name, array in made[0].items():
        np.testing.assert_allclose(made[1][name], array, atol=5e-3)


def test_a_wrong_tf_config_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a sentence; one worker alone needs no strategy."""
    monkeypatch.setenv("TF_CONFIG", "{not json")
    with pytest.raises(UsageError, match="TF_CONFIG is not as TensorFlow describes it"):
        distribute.strategy()
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["localhost:1"]}}')
    assert distribute.strategy() is None
