"""The default model as it is shipped."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from improv.model import litert, store, tensorflow_backend
from improv.model.listening import Ear
from improv.model.loading import load
from improv.model.spec import parameters
from improv.music.event import Note, ProposedNote
from improv.play.interfaces import Remembering
from improv.play.messages import NOTHING
from improv.play.params import Params
from improv.train.score import bin_nats


def _scale(count: int = 40) -> list[Note]:
    """C major over two octaves in even notes, each third one with the third above it."""
    notes, start = [], 0.0
    for n in range(count):
        pitch = 60 + [0, 2, 4, 5, 7, 9, 11][n % 7] + 12 * (n // 7 % 2)
        start += 0.2 if n % 3 else 0.004
        notes.append(Note(pitch, 60 + n % 5, start, 0.18))
    return notes


def test_it_is_found_whole_and_small_enough_to_be_committed() -> None:
    """Of our schema, at most 25 MB, under the licence of the music."""
    folder = store.find("default")
    assert (folder.spec.architecture, folder.spec.units) == ("relative", 512)
    assert sum((folder.path / name).stat().st_size for name in store.FILES) < 25e6
    assert folder.card["licence"] == "CC BY-NC-SA 4.0"
    assert folder.card["parameters"] == parameters(folder.spec)


def test_it_plays_on_the_cpu_without_tensorflow() -> None:
    """A fresh interpreter loads neither TensorFlow nor Keras for it, and prints nothing."""
    script = (
        "import sys; from improv.model.loading import load; from improv.play.params import Params\n"
        "model = load('default', 'cpu'); model.prime([]); model.draw(Params(), (1, 1))\n"
        "print(model.name, model.backend, [m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "default litert []\n"
    assert not done.stderr


def test_its_graph_is_of_its_weights() -> None:
    """With 8-bit weights every factor's likelihood is within 0.02 nats a note of the exact one."""
    folder = store.find("default")
    ears = [
        Ear(calls, folder.spec)
        for calls in (
            tensorflow_backend.calls(folder, "cpu"),
            litert.calls(store.read_graph(folder), folder.spec),
        )
    ]
    nats: list[list[float]] = [[], []]
    notes = _scale()
    for ear, found in zip(ears, nats, strict=True):
        for before, note in pairwise(notes):
            ear.hear(before)
            logits = ear.pitch(note.velocity, note.start - before.start)[None]
            found.append(float(bin_nats(logits, np.array([note.pitch]))[0]))
    assert np.mean(nats[0]) == pytest.approx(np.mean(nats[1]), abs=0.02)


def _played(params: Params, count: int) -> list[ProposedNote]:
    improviser = load("default", "cpu")
    improviser.prime(_scale())
    return [improviser.draw(params, (4, index)) for index in range(count)]


def test_it_stays_in_the_key_it_is_given() -> None:
    """After C major, most of the next notes are of C major."""
    notes = _played(Params(temperature=0.7), 24)
    assert sum(note.pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for note in notes) >= 20


def test_it_plays_chords_and_steps_soft_and_loud() -> None:
    """Neither one pitch for ever nor one length: what a mean could not do."""
    notes = _played(Params(), 300)
    together = np.mean([note.step < 0.01 for note in notes])
    assert 0.05 < together < 0.8
    assert len({note.pitch for note in notes}) > 15
    assert np.std([note.velocity for note in notes]) > 3
    assert sum(note.step for note in notes) > 10.0


def test_what_it_plays_by_heart_is_seen_and_capped() -> None:
    """Cold, after a scale, it goes on as its lessons do; with a cap no run is longer."""
    longest = {}
    for cap in (0, 9):
        improviser = load("default", "cpu")
        improviser.prime(_scale())
        assert isinstance(improviser, Remembering)
        improviser.remember(NOTHING)
        params = Params(temperature=0.3, copy_cap=cap)
        runs = [improviser.draw(params, (4, index)).by_heart for index in range(150)]
        longest[cap] = max(runs)
        assert all(run in {0, 9, before + 1} for before, run in pairwise(runs))
    assert longest[0] > 12
    assert longest[9] <= 9
