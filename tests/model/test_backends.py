"""LiteRT and TensorFlow play the same network and say the same numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from improv.errors import DeviceError, ModelRefused, UsageError
from improv.model import litert, loading, store, tensorflow_backend
from improv.model.seed import SeedImproviser
from improv.model.store import ModelFolder
from improv.music.event import Note, ProposedNote
from improv.play.params import Params

PHRASE = [Note(60 + 2 * n % 13, 80, 0.2 * n, 0.15) for n in range(30)]


def _windows() -> np.ndarray:
    windows = np.random.default_rng(7).random((20, 25, 3), np.float32)
    windows[3, :20] = 0.0
    return windows


def _same(one: tuple[np.ndarray, float, float], other: tuple[np.ndarray, float, float]) -> None:
    for mine, yours in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-5, rtol=2e-6)


def _chances(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(np.asarray(logits, np.float64) - logits.max())
    return raised / raised.sum()


def _alike(one: tuple[np.ndarray, float, float], other: tuple[np.ndarray, float, float]) -> None:
    """As far apart as 8-bit weights are from those they were made of, and no further."""
    (mine, *my_times), (yours, *your_times) = one, other
    np.testing.assert_allclose(_chances(mine), _chances(yours), atol=0.01)
    np.testing.assert_allclose(my_times, your_times, atol=0.02)


def test_both_backends_say_much_the_same(folder: ModelFolder) -> None:
    """LiteRT with its weights in 8 bits, and TensorFlow with all of them."""
    lite = litert.forward(store.read_graph(folder))
    full = tensorflow_backend.compiled(folder, "cpu")
    for window in _windows():
        _alike(lite(window), full(window))


def test_the_committed_seed_model_says_much_the_same_on_both() -> None:
    """The model that is shipped, not only a random one: its graph is of its weights."""
    seed = store.find("seed")
    lite = litert.forward(store.read_graph(seed))
    full = tensorflow_backend.compiled(seed, "cpu")
    assert full(_windows()[0])[0].shape == (128,)
    for window in _windows():
        _alike(lite(window), full(window))


def test_a_graph_of_other_weights_is_noticed(folder: ModelFolder) -> None:
    """What is compared above tells networks apart."""
    lite = litert.forward(store.read_graph(folder))
    other = litert.forward(store.read_graph(store.find("seed")))
    with pytest.raises(AssertionError):
        _alike(lite(_windows()[0]), other(_windows()[0]))


def test_xla_gives_the_same_numbers(folder: ModelFolder) -> None:
    """Compiled further, it says the same."""
    plain = tensorflow_backend.compiled(folder, "cpu")
    xla = tensorflow_backend.compiled(folder, "cpu", jit_compile=True)
    for window in _windows()[:3]:
        _same(plain(window), xla(window))


def test_tensorflow_traces_once(folder: ModelFolder) -> None:
    """A second trace in mid-phrase would be a rest of a second."""
    network = tensorflow_backend.compiled(folder, "cpu")
    improviser = SeedImproviser("small", "tensorflow cpu", network)
    for count in (0, 1, 25, 30):
        improviser.prime(PHRASE[:count])
        for index in range(3):
            improviser.draw(Params(temperature=0.5 + index), (1, index))
    assert network.traces == 1


def _phrase(improviser: SeedImproviser, count: int = 20) -> list[ProposedNote]:
    improviser.prime(PHRASE)
    return [improviser.draw(Params(), (7, index)) for index in range(count)]


def test_both_backends_improvise_the_same_phrase(folder: ModelFolder) -> None:
    """Same context, same keys: the same pitches and velocities, the same times to a millisecond."""
    lite, full = (_phrase(load(folder)) for load in _LOADERS)
    assert [(n.pitch, n.velocity) for n in lite] == [(n.pitch, n.velocity) for n in full]
    np.testing.assert_allclose(
        [(n.step, n.duration) for n in lite], [(n.step, n.duration) for n in full], atol=1e-3
    )


_LOADERS: tuple[Callable[[ModelFolder], SeedImproviser], ...] = (
    litert.improviser,
    lambda folder: tensorflow_backend.improviser(folder, "cpu"),
)


def test_a_note_depends_on_context_and_key_alone(folder: ModelFolder) -> None:
    """Primed again, it plays the same; what was drawn before is forgotten."""
    improviser = loading.load(folder, "cpu")
    first = _phrase(improviser)
    improviser.prime(PHRASE[:3])
    improviser.draw(Params(), (1, 1))
    assert _phrase(improviser) == first


def test_what_it_draws_it_hears(folder: ModelFolder) -> None:
    """Drawing on is the same as being primed with what it drew."""
    improviser = loading.load(folder, "cpu")
    improviser.prime(PHRASE[:4])
    drawn = [improviser.draw(Params(), (3, index)) for index in range(6)]
    context, start = list(PHRASE[:4]), PHRASE[3].start
    for note in drawn[:5]:
        start += note.step
        context.append(Note(note.pitch, note.velocity, start, note.duration))
    improviser.prime(context)
    again = improviser.draw(Params(), (3, 5))
    assert again.pitch == drawn[5].pitch
    assert again.step == pytest.approx(drawn[5].step, abs=1e-5)


def test_the_cpu_plays_by_litert_without_tensorflow() -> None:
    """Loading and playing the seed model in a fresh interpreter imports no TensorFlow or Keras."""
    script = (
        "import sys; from improv.model.loading import load; from improv.play.params import Params\n"
        "model = load('seed', 'cpu'); model.prime([]); model.draw(Params(), (1, 1))\n"
        "print(model.name, model.backend, [m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "seed litert []\n"
    assert not done.stderr


def test_a_gpu_that_is_not_there_is_said(folder: ModelFolder) -> None:
    """--device gpu without a GPU is one sentence with the fix."""
    if loading.gpu_present():
        pytest.skip("this machine has a GPU")
    with pytest.raises(DeviceError, match=r"finds no GPU.*--device cpu"):
        loading.load(folder, "gpu")


def test_an_unknown_device_is_refused(folder: ModelFolder) -> None:
    """The choices are named."""
    with pytest.raises(UsageError, match="auto, cpu or gpu"):
        loading.load(folder, "tpu")


def test_a_graph_that_is_another_network_is_refused(folder: ModelFolder) -> None:
    """A LiteRT file that is right by its digest and wrong inside never plays."""
    weights = store.read_weights(folder)
    broken = b"\x1c\x00\x00\x00TFL3" + bytes(64)
    store.write(folder.path, folder.spec, weights, broken, "title = 'odd'\n")
    with pytest.raises(ModelRefused, match=r"model\.tflite"):
        loading.load(folder.path, "cpu")
