"""F15, all else that is saved: presets, controls, latencies, players, checkpoints, models.

A kill in the middle of a save, a disk that is full, a folder that can't be written to: what is
there is the old one or the new one, never half.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults.saving import HALVES, OVER_WHAT_IS_THERE, Saver

from improv.errors import ImprovError
from improv.model import store
from improv.play.controls import control_of
from improv.play.params import KNOBS
from improv.session import controls_file, latencies, players, presets
from improv.train import checkpoint

KILLS = 50
LASTS = {"model": 0.4}  # seconds within which a save is killed: about what two of them take
Say = Callable[[str], None]

SAVES = {
    "preset": """
from dataclasses import replace
from improv.play.params import Params
from improv.session import presets
def save(n):
    presets.store(3, replace(Params(), temperature=1.0 + n))
""",
    "controls": """
from improv.play.controls import control_of
from improv.session import controls_file
knobs = ("temperature", "density")
def save(n):
    at = {control_of("keys", f"cc {i} channel 1"): knobs[n] for i in range(20, 60)}
    controls_file.store(at)
""",
    "latencies": """
from improv.session import latencies
def save(n):
    latencies.store("port:keys", 10.0 + n)
""",
    "player": """
from improv.play.effects import KeepPlayer
from improv.session import players
def save(n):
    players.keep(KeepPlayer("anna", bytes((n,)) * 4000))
""",
    "checkpoint": """
import sys
from pathlib import Path
import numpy as np
from improv.train.checkpoint import Checkpoint, Progress, save as write
def save(n):
    arrays = {"w": np.full(100_000, n, np.float32)}
    write(Path(sys.argv[1]) / "checkpoint.npz", Checkpoint(Progress(step=n), arrays, arrays, []))
""",
    "model": """
import sys
from pathlib import Path
from improv.model import store
good = store.find("seed")
weights, graph = store.read_weights(good), store.read_graph(good)
card = (good.path / store.CARD).read_text()
def save(n):
    store.write(Path(sys.argv[1]) / "model", good.spec, weights, graph, card + f"# {n}\\n")
""",
}
ONCE = """
import resource, signal
from improv.errors import ImprovError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))
try:
    save(1)
except (ImprovError, OSError) as error:
    print(type(error).__name__, error)
"""


def preset(folder: Path) -> float:
    kept = presets.read(presets.folder() / "3.toml").params
    assert len(kept) == len(KNOBS) - len(presets.SETTINGS)
    return float(kept["temperature"]) - 1.0


def controls(folder: Path) -> float:
    learnt = controls_file.stored()
    assert set(learnt) == {control_of("keys", f"cc {i} channel 1") for i in range(20, 60)}
    (knob,) = set(learnt.values())
    return ("temperature", "density").index(knob)


def latency(folder: Path) -> float:
    return latencies.stored()["port:keys"] - 10.0


def player(folder: Path) -> float:
    line = players.known("anna").line
    assert len(line) == 4000
    (interval,) = set(line)
    return interval


def a_checkpoint(folder: Path) -> float:
    kept = checkpoint.load(folder / "checkpoint.npz")
    assert set(np.unique(kept.weights["w"])) == {float(kept.progress.step)}
    return kept.progress.step


def model(folder: Path) -> float:
    whole = store.verify(folder / "model")
    store.read_weights(whole)
    return float((whole.path / store.CARD).read_text().rsplit("# ", 1)[1])


READS: dict[str, Callable[[Path], float]] = {
    "preset": preset,
    "controls": controls,
    "latencies": latency,
    "player": player,
    "checkpoint": a_checkpoint,
    "model": model,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where all of it is kept: nothing of the musician's own is touched."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def moment(what: str, dice: random.Random) -> float:
    """In the middle of a save, more often than not."""
    return dice.uniform(0.0, LASTS.get(what, 0.1))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="platformdirs asks XDG on Linux alone")
@pytest.mark.parametrize("what", SAVES)
def test_a_save_killed_fifty_times_leaves_the_old_or_the_new(
    folder: Path, what: str, figure: Say
) -> None:
    """Each is read whole after each kill."""
    dice = random.Random(what)
    found = [0, 0]
    with Saver(SAVES[what], str(folder)) as saver:
        for _ in range(KILLS):
            saver.kill(moment(what, dice))
            found[int(READS[what](folder))] += 1
    figure(f"{what}: killed {KILLS} times, whole {sum(found)} times")
    assert sum(found) == KILLS


@pytest.mark.skipif(sys.platform != "linux", reason="platformdirs asks XDG on Linux alone")
@pytest.mark.parametrize("what", SAVES)
def test_a_full_disk_leaves_what_was_there(folder: Path, what: str) -> None:
    """No file may grow beyond 40 bytes: what was there stays, a sentence says why, no rubbish."""
    before = subprocess.run(
        [sys.executable, "-c", SAVES[what] + "save(0)", str(folder)], check=True, env=os.environ
    )
    assert before.returncode == 0
    files = {path for path in folder.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", SAVES[what] + ONCE, str(folder)],
        check=True, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert "too large" in done.stdout, done.stdout
    assert READS[what](folder) == 0
    assert {path for path in folder.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize("size", [0, 1, 30, 4000])
def test_half_a_checkpoint_is_refused_in_a_sentence(folder: Path, size: int) -> None:
    """One that another program has cut off, down to a file of no bytes."""
    exec(SAVES["checkpoint"].replace("sys.argv[1]", repr(str(folder))) + "save(0)", {})
    path = folder / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ImprovError, match="can't be read"):
        checkpoint.load(path)


@pytest.mark.skipif(sys.platform != "linux", reason="platformdirs asks XDG on Linux alone")
@pytest.mark.parametrize("what", ["preset", "controls", "latencies"])
def test_a_folder_that_can_t_be_written_to_is_said(folder: Path, what: str) -> None:
    """A file where the folder belongs: root may write to any folder, so no permission is asked."""
    (folder / "config").write_text("in the way")
    with pytest.raises(ImprovError, match=r"cannot (read|write)"):
        exec(SAVES[what] + "save(0)", {})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="platformdirs asks XDG on Linux alone")
@pytest.mark.parametrize("what", SAVES)
def test_without_writing_beside_it_halves_are_left(folder: Path, what: str, figure: Say) -> None:
    """The same kills, of a program that writes over what is there: soon one is no whole."""
    dice = random.Random(what)
    with Saver(HALVES + OVER_WHAT_IS_THERE + SAVES[what], str(folder)) as saver:
        for kills in range(1, KILLS + 1):
            saver.kill(moment(what, dice))
            try:
                READS[what](folder)
            except (ImprovError, AssertionError, ValueError, KeyError, OSError):
                figure(f"{what}: no whole after {kills} kills")
                return
    pytest.fail("the file was whole each time")
