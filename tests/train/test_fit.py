"""Fitting a network: it learns, it stops, and it goes on as if it had never been interrupted."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from improv.config import load_table
from improv.errors import InputError, UsageError
from improv.model import store
from improv.model.loading import load
from improv.play.params import Params
from improv.train import checkpoint, run, sequences
from improv.train.average import Average
from improv.train.config import SequenceConfig, TrainConfig, rate
from improv.train.evaluate import foretell, guess, targets
from improv.train.examples import Examples, Pieces, examples
from improv.train.fit import CHECKPOINT, Fitted, fit
from improv.train.losses import losses
from improv.train.measure import predictor
from improv.train.score import means

TINY = TrainConfig(
    name="tiny",
    units=8,
    batch=16,
    learning_rate=0.02,
    epochs=3,
    validations=2,
    validation_windows=0,
    report_steps=5,
    checkpoint_seconds=1e9,
    tensorboard=False,
)


def scales(seed: int, count: int = 6, length: int = 60) -> Pieces:
    """Pieces that run up and down a scale in even notes."""
    rng = np.random.default_rng(seed)
    pitch, start, duration = [], [], []
    for _ in range(count):
        run_of = (np.arange(length) + rng.integers(12)) % 12
        pitch.append(60 + run_of)
        start.append(np.arange(length) * 0.2 + rng.normal(0, 0.005, length))
        duration.append(np.full(length, 0.15))
    return SimpleNamespace(
        pitch=np.concatenate(pitch).astype(np.uint8),
        velocity=np.full(count * length, 80, np.uint8),
        start=np.sort(np.array(start), axis=1).ravel(),
        duration=np.concatenate(duration).astype(np.float32),
        offsets=np.arange(count + 1, dtype=np.int64) * length,
        improv=None,
    )


def _fit(
    config: TrainConfig,
    folder: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] | None = None,
) -> Fitted:
    return fit(
        config,
        examples(scales(1)),
        examples(scales(2, 2)),
        folder,
        resume=resume,
        stop=stop or (lambda: False),
    )


def _figures(config: TrainConfig, fitted: Fitted) -> dict[str, dict[str, float]]:
    marks, _ = foretell(predictor(config.spec, fitted.weights), targets(scales(2, 2)))
    return means(marks)


TIMING = {"seconds", "notes_per_second", "share_of_peak"}


def _lines(folder: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMING} for line in lines]


def test_it_learns_a_scale(tmp_path: Path) -> None:
    """The validation loss falls well below that of guessing how often each pitch comes."""
    config = replace(TINY, units=32, epochs=30, pitch_weight=1.0)
    fitted = _fit(config, tmp_path / "run")
    learnt = _figures(config, fitted)
    guessed = means(guess(targets(scales(1)), targets(scales(2, 2))))
    assert fitted.finished
    assert learnt["pitch"]["nats"] < 0.9 * guessed["pitch"]["nats"]


def test_an_interrupted_run_ends_like_one_left_alone(tmp_path: Path) -> None:
    """Stopped twice and resumed: the same weights, the same log, bit by bit."""
    config = replace(TINY, transpose=3, average=0.9)
    whole = _fit(config, tmp_path / "whole")
    asked = iter([False, False, True])
    broken = _fit(config, tmp_path / "broken", stop=lambda: next(asked))
    assert not broken.finished
    asked = iter([False, True])
    _fit(config, tmp_path / "broken", resume=True, stop=lambda: next(asked))
    resumed = _fit(config, tmp_path / "broken", resume=True)
    assert resumed.progress == whole.progress
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], array)
    ends = [checkpoint.load(tmp_path / name / CHECKPOINT) for name in ("whole", "broken")]
    for name, array in ends[0].weights.items():
        np.testing.assert_array_equal(ends[1].weights[name], array)
        np.testing.assert_array_equal(ends[1].average[name], ends[0].average[name])
    for one, other in zip(ends[0].optimizer, ends[1].optimizer, strict=True):
        np.testing.assert_array_equal(one, other)
    # the resumed log has lines that say where it was stopped, and no others more
    assert [x for x in _lines(tmp_path / "broken") if x["event"] != "stopped"] == _lines(
        tmp_path / "whole"
    )


def test_a_kill_after_a_checkpoint_repeats_what_it_lost(tmp_path: Path) -> None:
    """Lines of the log written after the last checkpoint are written anew, not twice."""
    whole = _fit(TINY, tmp_path / "whole")
    folder = tmp_path / "killed"
    asked = iter([False, True])
    _fit(TINY, folder, stop=lambda: next(asked))
    with (folder / "log.jsonl").open("a") as file:
        file.write('{"event": "train", "step": 15, "loss": 1}\n{"event": "tra')
    resumed = _fit(TINY, folder, resume=True)
    assert resumed.progress == whole.progress
    assert [x for x in _lines(folder) if x["event"] != "stopped"] == _lines(tmp_path / "whole")


def test_it_stops_when_validation_no_longer_improves(tmp_path: Path) -> None:
    """With a rate of nearly nothing every validation is as good as the first, and patience ends."""
    config = replace(TINY, learning_rate=1e-30, epochs=50, patience=3)
    fitted = _fit(config, tmp_path / "run")
    assert fitted.finished
    assert fitted.progress.validations == 4
    assert _lines(tmp_path / "run")[-1]["event"] == "finished"
    assert _fit(config, tmp_path / "run", resume=True).progress == fitted.progress


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    """The weights it gives are those of its lowest validation loss."""
    fitted = _fit(replace(TINY, learning_rate=0.5, decay_from=1.0), tmp_path / "run")
    losses = {
        line["step"]: line["loss"]
        for line in _lines(tmp_path / "run")
        if line["event"] == "validation"
    }
    assert losses[fitted.progress.best_step] == min(losses.values()) == fitted.progress.best_loss


def test_what_is_kept_is_the_average_of_the_weights(tmp_path: Path) -> None:
    """The average differs from the weights it goes on with, and is what was validated."""
    fitted = _fit(replace(TINY, average=0.9, validations=1, patience=99), tmp_path / "run")
    kept = checkpoint.load(tmp_path / "run" / CHECKPOINT)
    last = [x for x in _lines(tmp_path / "run") if x["event"] == "validation"][-1]
    assert fitted.progress.best_step == last["step"] == kept.progress.step
    for name, array in fitted.weights.items():
        np.testing.assert_array_equal(kept.average[name], array)
    assert any((kept.weights[name] != array).any() for name, array in fitted.weights.items())
    found = _figures(TINY, fitted)
    assert last["pitch_loss"] == pytest.approx(found["pitch"]["nats"], abs=1e-5)


def test_the_average_looks_back_over_a_tenth_of_a_young_run() -> None:
    """Whatever its decay it soon forgets the random weights a run begins with."""
    average = Average(0.9999, {"weight": np.full(3, 100.0, np.float32)})
    for step in range(1, 801):
        if average.due(step):
            average.add(step, {"weight": np.ones(3, np.float32)})
    np.testing.assert_allclose(average.weights["weight"], 1.0, atol=1e-3)


def test_a_run_is_as_long_as_it_is_told(tmp_path: Path) -> None:
    """In parts of a pass or in steps; the rate falls over just that length."""
    half = _fit(replace(TINY, epochs=0.5), tmp_path / "half")
    per_epoch = len(examples(scales(1))) // TINY.batch
    assert half.progress.step == round(0.5 * per_epoch)
    assert _fit(replace(TINY, steps=7), tmp_path / "steps").progress.step == 7
    with pytest.raises(UsageError, match="epochs must be above 0"):
        replace(TINY, epochs=0.0)
    with pytest.raises(UsageError, match="average must be"):
        replace(TINY, average=1.0)


def test_what_is_logged_is_the_mean_over_all_windows(tmp_path: Path) -> None:
    """Not that of the last batch: the pitch loss of a validation is what `evaluate` finds."""
    fitted = _fit(TINY, tmp_path / "run")
    line = next(
        line
        for line in _lines(tmp_path / "run")
        if line["event"] == "validation" and line["step"] == fitted.progress.best_step
    )
    found = _figures(TINY, fitted)
    assert line["pitch_loss"] == pytest.approx(found["pitch"]["nats"], abs=1e-5)


def test_a_run_is_never_overwritten_by_accident(tmp_path: Path) -> None:
    """A folder with a run wants --resume; one without has nothing to resume."""
    with pytest.raises(UsageError, match="nothing to resume"):
        _fit(TINY, tmp_path / "run", resume=True)
    _fit(replace(TINY, epochs=1), tmp_path / "run")
    with pytest.raises(UsageError, match="already holds a run; go on with it by --resume"):
        _fit(TINY, tmp_path / "run")
    with pytest.raises(UsageError, match="differs in batch"):
        _fit(replace(TINY, batch=8), tmp_path / "run", resume=True)


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    """One sentence that names the file."""
    _fit(replace(TINY, epochs=1), tmp_path / "run")
    (tmp_path / "run" / CHECKPOINT).write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(InputError, match=r"checkpoint\.npz can't be read"):
        _fit(TINY, tmp_path / "run", resume=True)


def test_too_little_music_is_said(tmp_path: Path) -> None:
    """Fewer windows than a batch can't be trained on."""
    short = examples(scales(1, 1, 4))
    with pytest.raises(InputError, match="too little music"):
        fit(TINY, short, short, tmp_path / "run")


def test_negative_times_are_pressed_upwards() -> None:
    """Squared error, and ten times what a prediction is below zero."""
    loss = losses()["step"]
    wanted, given = np.array([[0.5], [0.0]], np.float32), np.array([[0.25], [-0.5]], np.float32)
    np.testing.assert_allclose(loss(wanted, given), [0.0625, 0.25 + 5.0])


def test_the_rate_stands_and_then_falls() -> None:
    """From the share on in a straight line to the final rate."""
    config = replace(TINY, learning_rate=1.0, decay_from=0.5, final_rate=0.1)
    rates = [rate(config, step, 100) for step in (0, 50, 75, 100)]
    np.testing.assert_allclose(rates, [1.0, 1.0, 0.55, 0.1])


def test_every_note_but_a_first_is_learnt_from() -> None:
    """One window a note that has one before it; targets are the note that follows."""
    lessons: Examples = examples(scales(3, count=2, length=40))
    assert len(lessons) == 2 * 39
    windows, wanted = lessons.batch(np.array([0, 39, 77]))
    assert windows.shape == (3, 25, 3)
    assert [int((window != 0).any(axis=1).sum()) for window in windows] == [1, 1, 25]
    np.testing.assert_allclose(wanted["duration"].ravel(), 0.15)


def test_transposing_moves_what_was_heard_and_what_follows() -> None:
    """All pitches of a window and its target move alike; padding and times stay as they are."""
    lessons = examples(scales(3, count=1, length=40))
    which = np.array([0, 10, 38, 38])
    plain, follows = lessons.batch(which)
    moved, follows_moved = lessons.batch(which, np.array([5, -6, 12, 100]))
    steps = np.round((moved - plain)[:, :, 0] * 128)
    # the last would leave the 128 pitches and stays
    assert [set(row[row != 0]) for row in steps] == [{5.0}, {-6.0}, {12.0}, set()]
    assert [int((row != 0).sum()) for row in steps] == [1, 11, 25, 0]
    np.testing.assert_array_equal(moved[:, :, 1:], plain[:, :, 1:])
    change = follows_moved["pitch"] - follows["pitch"]
    np.testing.assert_array_equal(change.ravel(), [5, -6, 12, 0])


def test_the_seed_configuration_is_the_network_of_the_report() -> None:
    """configs/seed.toml names 128 units and weighs pitch 0.05."""
    path = Path(__file__).parents[2] / "configs" / "seed.toml"
    config = load_table(path, TrainConfig)
    assert (config.units, config.pitch_weight, config.architecture) == (128, 0.05, "seed")
    # what is told of sequences is the relative network's
    assert set(tomllib.loads(path.read_text())) | {"sequences", "warmup"} == set(
        TrainConfig.__dataclass_fields__
    )


def test_the_relative_configuration_is_a_training() -> None:
    """configs/relative.toml is read as it stands."""
    config = load_table(Path(__file__).parents[2] / "configs" / "relative.toml", TrainConfig)
    assert (config.units, config.architecture, config.sequences.length) == (512, "relative", 64)


RELATIVE = replace(
    TINY,
    architecture="relative",
    units=16,
    batch=4,
    learning_rate=0.01,
    warmup=2,
    transpose=2,
    checkpoint_seconds=0.0,
    sequences=SequenceConfig(length=32, velocity=3),
)


def _fit_relative(folder: Path, **options: Any) -> Fitted:
    lessons, checks = (sequences.of([(scales(n, 6), 0, 1.0)], 32, 16) for n in (1, 2))
    return fit(RELATIVE, lessons, checks, folder, **options)


@pytest.mark.slow
def test_the_relative_network_learns_and_resumes_exactly(tmp_path: Path) -> None:
    """Its loss falls; gone on with from a checkpoint on its way, it ends with the same weights."""
    asked = iter([False, True])  # the second time, when it has saved a checkpoint

    def keep() -> bool:
        if next(asked, False):
            shutil.copytree(tmp_path / "whole", tmp_path / "broken")
        return False

    whole = _fit_relative(tmp_path / "whole", stop=keep)
    resumed = _fit_relative(tmp_path / "broken", resume=True)
    assert resumed.progress == whole.progress
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], array)
    first, *_, last = (x["loss"] for x in _lines(tmp_path / "whole") if x["event"] == "validation")
    assert last < first


def test_a_run_ends_in_a_model_that_plays(tmp_path: Path) -> None:
    """From a folder of MIDI files to a model folder with its card, in one call."""
    mido = pytest.importorskip("mido")
    for n in range(20):
        track = mido.MidiTrack()
        for pitch in [60 + (n + k) % 12 for k in range(40)]:
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
            track.append(mido.Message("note_off", note=pitch, velocity=0, time=120))
        file = mido.MidiFile()
        file.tracks.append(track)
        (tmp_path / "music" / f"piece{n}").mkdir(parents=True)
        file.save(tmp_path / "music" / f"piece{n}" / "played.mid")
    config = replace(TINY, epochs=1, title='A "small" one', licence="CC0-1.0")
    done = run.train(config, tmp_path / "music", tmp_path / "run")
    assert done.model is not None
    card = store.find(done.model).card
    assert (card["title"], card["licence"]) == ('A "small" one', "CC0-1.0")
    assert set(card["metrics"]) == {"test", "claimed", "baseline"}
    assert done.test is not None
    assert card["metrics"]["test"]["pitch_nats"] == done.test["pitch"]["nats"]
    note = load(done.model, "cpu").draw(Params(), (1, 0))
    assert 21 <= note.pitch <= 108
