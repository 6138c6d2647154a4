"""Evaluation: every figure against one worked out by hand, and the report as it is read."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from improv.errors import InputError, UsageError
from improv.music.vocabulary import STYLES
from improv.ports.midiwrite import midi_file
from improv.train import dataset, plots
from improv.train.evaluate import evaluate, foretell, guess, targets
from improv.train.evaluation_table import table
from improv.train.likeness import FEATURES
from improv.train.progress import Report
from improv.train.score import TIME_EDGES, Seen, means, means_by_piece, pitch_marks, time_marks


def pieces_of(*pieces: list[tuple[int, float, float]]) -> dataset.Pieces:
    """Pieces of (pitch, start, duration)."""
    notes = [note for piece in pieces for note in piece]
    return dataset.Pieces(
        pitch=np.array([n[0] for n in notes], np.uint8),
        velocity=np.full(len(notes), 64, np.uint8),
        start=np.array([n[1] for n in notes], np.float64),
        duration=np.array([n[2] for n in notes], np.float32),
        offsets=np.cumsum([0, *map(len, pieces)]).astype(np.int64),
        names=tuple(f"{i}.mid" for i in range(len(pieces))),
    )


TWO = pieces_of(
    [(60, 0.0, 0.5), (64, 0.25, 0.5), (60, 0.25, 8.0)],
    [(72, 0.0, 1.0)],
    [(40, 0.0, 0.5), (60, 1.0, 1.5)],
)


def always_c4(windows: np.ndarray) -> dict[str, np.ndarray]:
    """Half the probability on C4, the rest spread; a step of 0.5 s and a duration below nothing."""
    logits = np.full((len(windows), 128), math.log(0.5 / 127), np.float32)
    logits[:, 60] = math.log(0.5)
    ones = np.ones((len(windows), 1), np.float32)
    return {"pitch": logits, "step": ones * 0.5, "duration": -ones}


def test_every_note_but_a_piece_s_first_is_a_target():
    """Steps within the piece only; a piece of one note has none."""
    wanted = targets(TWO)
    assert wanted.pitch.tolist() == [64, 60, 60]
    assert wanted.step.tolist() == [0.25, 0.0, 1.0]
    assert wanted.duration.tolist() == [0.5, 8.0, 1.5]
    assert (wanted.first.tolist(), wanted.pieces) == ([0, 2], (0, 2))


def test_the_figures_of_a_known_model():
    """C4 is right two times in three; a negative duration counts as none."""
    marks, seen = foretell(always_c4, targets(TWO))
    found = means(marks)
    assert found["pitch"]["nats"] == pytest.approx((2 * math.log(2) + math.log(254)) / 3, abs=1e-5)
    assert found["pitch"]["top1"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["step"]["mse"] == pytest.approx((0.25**2 + 0.5**2 + 0.5**2) / 3, abs=1e-6)
    assert found["step"]["mae"] == pytest.approx(1.25 / 3, abs=1e-6)
    assert found["duration"]["mse"] == pytest.approx((0.5**2 + 8**2 + 1.5**2) / 3, abs=1e-5)
    assert found["duration"]["held_mse"] == pytest.approx((0.5**2 + 4**2 + 1.5**2) / 3, abs=1e-5)
    by_piece = means_by_piece(marks, targets(TWO).first)
    assert [piece["pitch"]["top1"] for piece in by_piece] == [0.5, 1.0]
    assert seen.pitch.sum() == pytest.approx(3)
    assert seen.leap[127] == 2  # right
    assert seen.leap[127 - 4] == 1  # C4 for E4: four semitones below
    assert seen.step.sum() == seen.duration.sum() == 3


def test_batches_make_no_difference():
    """The report of a split does not depend on how many windows are foretold at once."""
    whole = foretell(always_c4, targets(TWO))[0]
    parts = foretell(always_c4, targets(TWO), batch=2)[0]
    for factor, columns in whole.items():
        for name, column in columns.items():
            np.testing.assert_array_equal(column, parts[factor][name])


def test_the_guess_without_a_network_is_the_best_constant():
    """Counts plus one for pitch, the mean for squares, the median for absolute errors."""
    known, wanted = targets(TWO), targets(TWO)
    found = means(guess(known, wanted))
    assert found["pitch"]["nats"] == pytest.approx(
        -(2 * math.log(3 / 131) + math.log(2 / 131)) / 3, abs=1e-5
    )
    assert found["pitch"]["top1"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["pitch"]["top5"] == 1.0
    assert found["step"]["mse"] == pytest.approx(np.var([0.25, 0.0, 1.0]), abs=1e-6)
    assert found["step"]["mae"] == pytest.approx((0.25 + 0.75) / 3, abs=1e-6)


def test_of_equal_pitches_the_lower_is_the_first_guess():
    """As argmax has it: a flat distribution is right for the lowest pitch alone."""
    flat = np.zeros((3, 128))
    marks = pitch_marks(flat, np.array([0, 4, 5]))
    assert marks["top1"].tolist() == [1.0, 0.0, 0.0]
    assert marks["top5"].tolist() == [1.0, 1.0, 0.0]
    assert marks["nats"].tolist() == pytest.approx([math.log(128)] * 3)


def test_times_beyond_the_picture_stand_at_its_edge():
    """Nothing is lost: chords of no time at all, pauses of minutes, negative times."""
    seen = Seen()
    seen.add_time("step", np.array([-1.0, 0.0, 500.0]), np.array([0.0, 300.0, 0.1]))
    last = len(TIME_EDGES) - 2
    assert seen.step[0, 0] == 1
    assert seen.step[last, 0] == 1
    assert seen.step[:, last].sum() == 1
    assert time_marks(np.array([-1.0]), np.array([0.0]))["mae"].tolist() == [0.0]


def source(folder: Path, notes: int = 30, works: int = 1) -> Path:
    """A folder with a work or more in each split."""
    rows = ["path,split"]
    for i, split in enumerate(("train", "validation", "test")):
        for work in range(works):
            name = f"{work}/{split}.mid" if works > 1 else f"{split}.mid"
            played = []
            for n in range(notes + i):
                pitch = 60 + n * (i + work + 1) % 12
                played += [
                    (n / 8, bytes((0x90, pitch, 70))),
                    (n / 8 + 0.1, bytes((0x80, pitch, 0))),
                ]
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(midi_file(split, {"piano": played}))
            rows.append(f"{name},{split}")
    (folder / "split.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_the_report_is_json_with_every_figure(tmp_path: Path):
    """The seed model on a small folder: what `improv evaluate --json` prints."""
    seen: dict[str, tuple[int, int]] = {}

    @contextmanager
    def bars(title: str, unit: str) -> Iterator[Report]:
        yield lambda done, total: seen.update({f"{title} {unit}": (done, total)})

    result = evaluate("seed", source(tmp_path / "in"), cache=tmp_path / "cache", bars=bars)
    report = json.loads(json.dumps(result.report))
    assert (report["model"], report["split"]) == ("seed", "test")
    assert (report["pieces"], report["notes"], report["targets"]) == (1, 32, 31)
    assert set(report["pitch"]) == {"nats", "top1", "top5"}
    assert {"mse", "mae"} <= set(report["step"]) & set(report["duration"])
    assert report["baselines"]["unigram"]["fitted_on"] == "train"
    assert report["reference"]["pitch"] == {"nats": 3.53, "top1": 0.1}
    (piece,) = report["per_piece"]
    assert (piece["name"], piece["notes"]) == ("test.mid", 32)
    assert piece["pitch"] == report["pitch"]
    assert seen == {"measuring notes": (31, 31), "counting factors": (4, 4)}
    chains = report["baselines"]["markov"]
    assert (chains["fitted_on"], chains["order"]) == ("train", 3)
    assert set(chains["velocity"]) == {"nats"}
    assert report["style"] is None  # the seed model knows of none
    assert report["grid"]["times"] == {
        "bins": 64,
        "from": 0.004,
        "to": 16.0,
        "unit": "seconds",
        "spacing": "logarithmic",
    }
    curve = report["calibration"]["pitch"]["curve"]
    assert sum(place["notes"] for place in curve) == 31
    assert report["generated"] == {"prompts": 0, "why": "none were asked for"}
    with pytest.raises(UsageError, match="no model named 'nobody'"):
        evaluate("nobody", tmp_path / "in", cache=tmp_path / "cache")
    with pytest.raises(UsageError, match="no split 'exam'"):
        evaluate("seed", tmp_path / "in", "exam", cache=tmp_path / "cache")


def test_continuations_are_in_the_report_the_table_and_the_picture(tmp_path: Path):
    """Of two works long enough: real music, the model and the chains; all of them foretold."""
    folder = source(tmp_path / "in", notes=130, works=2)
    result = evaluate("seed", folder, "test", prompts=2, cache=tmp_path / "cache")
    report = json.loads(json.dumps(result.report))
    made = report["generated"]
    assert (made["prompts"], made["works"], made["notes"]) == (2, 2, 100)
    for who in ("model", "markov"):
        assert set(made[who]["distributions"]) == set(FEATURES)
        assert 0 <= made[who]["within"] <= 6
        assert made[who]["longest_copy"]["max"] >= 1
        for figures in made[who]["distributions"].values():
            assert 0.0 <= figures["distance"] <= 1.0
    assert "seed" not in made  # it is the model itself
    words = table(report)
    assert "order-3 Markov" in words
    assert "2 prompts of 2 works, 100 notes after each" in words
    assert "longest copy" in words
    plots.evaluation(result, tmp_path / "a.png")
    assert image.imread(tmp_path / "a.png").shape[1] == 2100


def test_what_is_heard_as_a_style_is_gone_on_with_in_it(tmp_path: Path):
    """The default model plays pop otherwise than classical; the chains know of neither."""
    folder = source(tmp_path / "in", notes=130, works=2)
    reports = {
        style: evaluate(
            "default", folder, most=4, style=style, prompts=2, cache=tmp_path / "cache"
        ).report
        for style in STYLES[:2]  # melody takes what is on tracks of that name
    }
    one, two = (report["generated"] for report in reports.values())
    assert one["model"] != two["model"]
    assert one["markov"]["key_fit"] == two["markov"]["key_fit"]
    for style, report in reports.items():
        assert report["style"] == style
        assert f"100 notes after each, played as {style}" in table(report)


def test_all_splits_are_measured_together(tmp_path: Path):
    """Their pieces in one; and what is too short to go on from is said to be."""
    folder = source(tmp_path / "in")
    report = evaluate("seed", folder, "all", most=20, prompts=5, cache=tmp_path / "cache").report
    assert (report["pieces"], report["targets"]) == (3, 20)
    assert "two works" in table(report)


def test_a_style_nobody_knows_is_refused(tmp_path: Path):
    """With those there are."""
    with pytest.raises(UsageError, match="classical and pop"):
        evaluate("seed", source(tmp_path / "in"), style="jazz", cache=tmp_path / "cache")


def test_a_context_beyond_what_a_model_hears_is_refused(tmp_path: Path):
    """The seed always hears 25 notes, the default at most those of a training sequence."""
    for model, context in (("seed", 26), ("default", 0), ("default", 64)):
        with pytest.raises(UsageError, match=r"25 notes|64 notes"):
            evaluate(model, tmp_path, context=context)


def test_a_source_of_one_piece_is_its_own_baseline(tmp_path: Path):
    """No training split: the guess is fitted on what is measured, and says so."""
    folder = source(tmp_path / "in")
    (folder / "split.csv").write_text("path,split\ntest.mid,test\n")
    report = evaluate("seed", folder, cache=tmp_path / "cache").report
    assert report["baselines"]["unigram"]["fitted_on"] == "test"


def test_a_split_with_nothing_to_foretell_is_refused(tmp_path: Path):
    """One note has no note before it."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.mid").write_bytes(midi_file("", {"p": [(0.0, b"\x90\x3c\x40")]}))
    with pytest.raises(InputError, match="nothing to foretell"):
        evaluate("seed", folder, "all", cache=tmp_path / "cache")
