"""Training the generator of bars and its discriminator, and measuring what it generates."""

import argparse
import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from improv.errors import UsageError
from improv.model import bar_network, network, store
from improv.model.spec import NetworkSpec
from improv.music.bar import HELD, REST, STEPS
from improv.train import (
    bar_commands,
    bar_fit,
    bar_lessons,
    bar_report,
    bar_songs,
    bars,
    checkpoint,
    commands,
    tuning,
)
from improv.train.bar_config import BarConfig
from improv.train.bar_figures import figures
from improv.train.bar_songs import Bars
from improv.train.config import TrainConfig

CONFIG = BarConfig(units=16, batch=8, steps=2, every=1, validation_bars=16)


@pytest.fixture
def eager():
    """Step by step: a graph of both networks takes longer to make than a test may."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def _music(bars: int = 24) -> Bars:
    """Broken chords, one a bar, up a fourth each time; every eighth and ninth bar is silent."""
    roots = np.arange(bars) * 5 % 12
    steps = np.full((bars, STEPS), HELD)
    for place, above in zip((0, 4, 8, 12), (0, 4, 7, 12), strict=True):
        steps[:, place] = 60 + roots + above
    steps[7::16] = steps[8::16] = REST
    return Bars(steps, roots, np.arange(bars) > 0)


def test_of_a_long_silence_only_the_first_bar_is_learnt() -> None:
    """Or the network would learn to fall silent and stay so."""
    numbers = bar_lessons.lessons(_music()).tolist()
    assert 7 in numbers
    assert 8 not in numbers


def test_a_lesson_is_in_any_key_and_the_same_each_time() -> None:
    """The bar, the bar before and the chord are moved together."""
    music = _music()
    one, two = (bar_lessons.drawn(music, np.array([3, 4, 5]), CONFIG, step, 64) for step in (1, 2))
    again = bar_lessons.drawn(music, np.array([3, 4, 5]), CONFIG, 1, 64)
    np.testing.assert_array_equal(one.real, again.real)
    np.testing.assert_array_equal(one.noise, again.noise)
    assert (one.real != two.real).any()
    assert len(set(one.real[:, 0].tolist())) > 10
    np.testing.assert_array_equal(one.real[:, 0] % 12, one.triad)
    np.testing.assert_array_equal((one.previous[:, 0] + 5) % 12, one.triad)
    told = one.chord[:, :12].any(axis=1)
    np.testing.assert_array_equal(one.chord[told, :12].argmax(axis=1), one.triad[told])
    assert 0 < (one.weight == 0).mean() < 0.5


def test_notes_and_rests_are_balanced_as_in_real_bars() -> None:
    """Whatever the network would rather, and by two numbers alone."""
    rng = np.random.default_rng(1)
    weights = {n: rng.normal(0, 0.1, s) for n, s in bar_network.shapes(16).items()}
    lesson = bar_lessons.drawn(_music(), np.arange(20), CONFIG, 1, 64)
    found = bar_lessons.balanced(weights, lesson)
    assert {n for n in weights if (found[n] != weights[n]).any()} == {"out/bias"}
    assert (found["out/bias"] != weights["out/bias"]).sum() == 2
    begun = [(bar_lessons.generated(w, lesson) < HELD).mean() for w in (weights, found)]
    real = (lesson.real < HELD).mean()
    assert abs(begun[1] - real) < 0.05 < abs(begun[0] - real)


def test_numpy_says_what_keras_says() -> None:
    """The network that plays is the one that is trained, on real numbers."""
    generator = bars.Generator(16, 1.0, seed=3)
    lesson = bar_lessons.drawn(_music(), np.arange(6), CONFIG, 1, 12)
    noise, _, before, sounding, chord = lesson.given
    made = np.asarray(generator(lesson.given))
    weights = bars.weights_of(generator)
    assert {n: w.shape for n, w in weights.items()} == bar_network.shapes(16)
    theirs = np.asarray(bar_network.logits(keras.ops, weights, noise, before, sounding, chord))
    ours = bar_network.logits(np, weights, noise, before, sounding, chord)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    np.testing.assert_array_equal(made.argmax(axis=-1), bar_lessons.generated(weights, lesson))
    np.testing.assert_allclose(np.sort(made, axis=-1)[..., -1], 1.0, atol=1e-5)


def test_the_discriminator_is_told_intervals_and_degrees() -> None:
    """How far a note is above the last one, whatever rests came since, and above the root."""
    steps = np.array([[60, HELD, REST, 64] * 4, [67, HELD, HELD, 52] * 4])
    line = bars.one_hot(steps.reshape(1, -1))
    intervals = np.asarray(bars._intervals(line))[0]
    above = {0: None, 3: 4, 4: -4, 16: 3, 19: None}
    for step, wanted in above.items():
        found = np.zeros(25) if wanted is None else np.eye(25)[wanted + 12]
        if step != 19:  # 15 semitones: beyond what it is told exactly
            np.testing.assert_allclose(intervals[step], found, atol=1e-5)
    chord = np.zeros((1, 13), np.float32)
    chord[0, 9] = 1.0
    degrees = np.asarray(bars._above_root(line, chord))[0]
    assert degrees[[0, 3]].argmax(axis=1).tolist() == [3, 7]
    assert not degrees[1].any()


def test_the_discriminator_learns_to_tell(eager) -> None:
    """Its loss falls on a batch it is shown again and again."""
    keras.utils.set_random_seed(1)
    lesson = bar_lessons.drawn(_music(), np.arange(20), CONFIG, 1, 8)
    discriminator = bars.Discriminator(16, 0.0)
    discriminator.build(None)
    model = bars.compiled(bars.Judging(discriminator, 0.9), 0.002, 100)
    made = bars.one_hot(np.random.default_rng(0).integers(40, 90, (8, STEPS)))
    given = (bars.one_hot(lesson.real), made, lesson.given[2], lesson.chord)
    said = [model.train_on_batch(given, np.zeros(8)) for _ in range(8)]
    assert said[-1] < 0.8 * said[0]


def test_the_generator_learns_to_pass(eager) -> None:
    """Its loss before a discriminator that stands still falls, and that one does stand still."""
    keras.utils.set_random_seed(1)
    lesson = bar_lessons.drawn(_music(), np.arange(20), CONFIG, 1, 8)
    held, generator = bars.Discriminator(16, 0.0), bars.Generator(16, 1.0, seed=1)
    held.build(None)
    before = [network.numbers(weight) for weight in held.weights]
    model = bars.compiled(bars.Making(generator, held, (0.1, 1.0)), 0.002, 100)
    given = (*lesson.given, bars.one_hot(lesson.real))
    said = [model.train_on_batch(given, np.zeros(8)) for _ in range(4)]
    assert said[-1] < said[0]
    for now, then in zip(held.weights, before, strict=True):
        np.testing.assert_array_equal(network.numbers(now), then)


def test_a_run_is_gone_on_with(eager, tmp_path) -> None:
    """It stops where it is asked to, goes on from there, and keeps what was best."""
    music, folder = _music(), tmp_path / "run"
    first = bar_fit.fit(CONFIG, music, music, folder, stop=lambda: True)
    assert (first.finished, first.progress.step) == (False, 1)
    with pytest.raises(UsageError, match="--resume"):
        bar_fit.fit(CONFIG, music, music, folder)
    with pytest.raises(UsageError, match="differs in units"):
        bar_fit.fit(replace(CONFIG, units=32), music, music, folder, resume=True)
    second = bar_fit.fit(CONFIG, music, music, folder, resume=True)
    assert (second.finished, second.progress.step) == (True, 2)
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [(e["event"], e["step"]) for e in events] == [
        (event, step) for step in (1, 2) for event in ("train", "validation")
    ]
    losses = [event["loss"] for event in events if event["event"] == "validation"]
    assert second.progress.best_loss == min(losses)
    stored = checkpoint.load(folder / "checkpoint.npz")
    for name, weight in second.weights.items():
        np.testing.assert_array_equal(weight, stored.best[name])
    store.write(
        tmp_path / "made", NetworkSpec(architecture="bars", units=16), second.weights, None, ""
    )
    again = store.read_weights(store.verify(tmp_path / "made"))
    for name, weight in second.weights.items():
        np.testing.assert_array_equal(weight, again[name])


def test_one_that_is_told_nothing_stays_so(eager, tmp_path) -> None:
    """After training too its bars are the same whatever came before."""
    music = _music()
    alone = replace(CONFIG, conditioned=False, steps=1)
    weights = bar_fit.fit(alone, music, music, tmp_path / "run").weights
    told = bar_lessons.lesson(music, np.arange(1, 6), CONFIG, np.random.default_rng(0))
    noise, _, *heard = told.given
    nothing = [np.zeros_like(part) for part in heard]
    np.testing.assert_array_equal(
        bar_network.logits(np, weights, noise, *heard),
        bar_network.logits(np, weights, noise, *nothing),
    )


@pytest.mark.parametrize(
    "odd", [{"units": 4}, {"smooth": 0.2}, {"family": "chords"}, {"name": "a/b"}, {"dropout": 1.0}]
)
def test_a_configuration_that_can_not_be_is_refused(odd) -> None:
    """With what is wrong in it."""
    with pytest.raises(UsageError, match=next(iter(odd))):
        replace(CONFIG, **odd)


def test_figures_are_of_what_is_in_the_bars() -> None:
    """Counted by hand: a broken C major chord after a silent bar, and a silent bar after it."""
    music = _music(1)
    silent = np.full((1, STEPS), REST)
    before, bars_ = np.concatenate([silent, music.steps]), np.concatenate([music.steps, silent])
    found = figures(before, bars_, np.array([0, 24]))
    assert (found.empty, found.density, found.in_chord, found.same) == (0.5, 2.0, 1.0, 0.0)
    assert found.distributions["degree"].tolist() == [0.5, 0, 0, 0, 0.25, 0, 0, 0.25, 0, 0, 0, 0]
    intervals = found.distributions["interval"]
    assert {n - 12: share for n, share in enumerate(intervals) if share} == {
        3: pytest.approx(1 / 3), 4: pytest.approx(1 / 3), 5: pytest.approx(1 / 3),
    }  # fmt: skip
    assert found.distances(found)["mean"] == 0.0
    other = figures(before, bars_ + np.where(bars_ < HELD, 1, 0), np.array([0, 24]))
    assert found.distances(other)["pitch_class"] == pytest.approx(1.0)
    assert found.distances(other)["interval"] == 0.0


def test_a_report_knows_what_was_copied() -> None:
    """Bars that were learnt from are found in any key, and all networks stand beside real bars."""
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(0, 0.1, shape).astype(np.float32)
        for name, shape in bar_network.shapes(16).items()
    }
    music = _music(48)
    told, found = bar_report.report({"generated": weights, "unconditioned": weights}, music, music)
    assert told["real"]["copied"] == 1.0
    assert told["generated"]["copied"] == 0.0
    assert told["bars"] == len(bar_lessons.lessons(music))
    assert set(found) == {"real", "generated", "unconditioned"}
    assert told["generated"]["distance"]["mean"] > 0.1
    assert told["generated"]["going_on"]["bars"] > 0
    lines = bar_report.words(told).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["real", "generated", "unconditioned"]
    assert "unconditioned" in json.dumps(told)


def test_the_commands_train_it_and_measure_it(eager, tmp_path, monkeypatch) -> None:
    """From a pack to a model folder with its card, and to a report and a picture of that."""
    music, said = _music(), []
    monkeypatch.setattr(bar_songs, "load", lambda *_, **__: music)
    config = tmp_path / "bars.toml"
    config.write_text('family = "bars"\nunits = 16\nbatch = 8\nsteps = 1\nvalidation_bars = 8\n')
    asked = argparse.Namespace(
        config=config, init=None, name=None, out=tmp_path / "run", data=str(tmp_path), resume=False
    )
    made = commands.train(asked, said.append)
    folder = store.find(made["model"])
    assert (folder.name, folder.spec.units) == ("bars", 16)
    assert folder.card["test"]["generated"]["distance"]["mean"] > 0
    plot = tmp_path / "bars.png"
    asked = argparse.Namespace(model=made["model"], data=str(tmp_path), split="test", plot=plot)
    shutil.copytree(folder.path, folder.path.parent / bar_commands.ALONE)
    report = commands.evaluate(asked, said.append)
    assert {"real", "generated", "unconditioned"} <= set(report)
    assert report["generated"]["empty_bars"] == report["unconditioned"]["empty_bars"]
    assert plot.stat().st_size > 10_000
    assert "in the chord" in said[-1]
    with pytest.raises(UsageError, match="leave out --init"):
        tuning.tuned(TrainConfig(), folder, tmp_path)
