"""The networks for chords and for bars, gone on with on Keras's other backend."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from improv.music.bar import HELD, REST, STEPS
from improv.music.halves import SLOTS
from improv.train import bar_fit, chords
from improv.train.bar_config import BarConfig
from improv.train.bar_songs import Bars
from improv.train.chord_songs import Song

HERE = Path(__file__)
HALF, WHOLE = 4, 8  # steps of a run, and where it is left
# without dropout, whose chance is the backend's own
CHORDS = chords.ChordConfig(
    units=8, dropout=0.0, coming_dropout=0.0, length=16, batch=4, steps=WHOLE, every=HALF
)
BARS = BarConfig(units=16, dropout=0.0, batch=8, steps=WHOLE, every=HALF, validation_bars=16)


def songs(count: int = 2) -> list[Song]:
    """Of a melody that is drawn, and chords that are its lowest notes."""
    rng = np.random.default_rng(2)
    melody = (rng.random((count, 24, 12, SLOTS)) < 0.2).astype(np.float32)
    downbeat = np.arange(24) % 2 == 0
    return [Song(line, downbeat, line.any(axis=2).argmax(axis=1)) for line in melody]


def music(count: int = 24) -> Bars:
    """Of four notes a bar, and a silent bar now and then."""
    roots = np.arange(count) * 5 % 12
    steps = np.full((count, STEPS), HELD)
    for place, above in zip((0, 4, 8, 12), (0, 4, 7, 12), strict=True):
        steps[:, place] = 60 + roots + above
    steps[7::16] = REST
    return Bars(steps, roots, np.arange(count) > 0)


def gone_on(kind: str, folder: Path, *, left: bool = False) -> list[float]:
    """What a run says of each of its checks: the losses of the steps, and of validation.

    `left`: it begins, and is left half way; else it goes on from there.
    """
    if kind == "chords":
        chords.fit(CHORDS, songs(), songs(1), folder, resume=not left, stop=lambda: left)
    else:
        bar_fit.fit(BARS, music(), music(), folder, resume=not left, stop=lambda: left)
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    names = ("loss", "discriminator", "whole", "coming", "density")
    return [event[name] for event in events for name in names if name in event]


@pytest.mark.parametrize("kind", ["chords", "bars"])
def test_jax_goes_on_as_tensorflow_does(kind: str, tmp_path: Path) -> None:
    """Begun on TensorFlow, the same steps of the same run on either: the same losses."""
    pytest.importorskip("jax", reason="JAX is not installed; CI trains on TensorFlow alone")
    gone_on(kind, tmp_path / "here", left=True)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    wanted = gone_on(kind, tmp_path / "here")
    done = subprocess.run(
        [sys.executable, str(HERE), kind, str(tmp_path / "there")],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == len(wanted) > 4
    assert found == pytest.approx(wanted, rel=2e-3)


if __name__ == "__main__":
    print(json.dumps(gone_on(sys.argv[1], Path(sys.argv[2]))))
