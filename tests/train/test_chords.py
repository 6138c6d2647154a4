"""Training the networks for chords, keeping their model, and measuring it."""

import json

import numpy as np
import pytest

from improv.cli import main
from improv.errors import ModelRefused, UsageError
from improv.model import chord_spec, chord_store, chords, store
from improv.music import chord_classes
from improv.music.halves import SLOTS
from improv.train import chord_baselines, chord_report, chord_songs
from improv.train.chord_songs import Song
from improv.train.chords import ChordConfig, build, drawn, fit, judged, weights_of


def _songs(count: int, *, bars: int = 12) -> list[Song]:
    """C F G C again and again, each with its root in the melody, each song in its own key."""
    made = []
    for key in range(count):
        roots = [(root + key) % 12 for root in (0, 5, 7, 0)] * bars
        melody = np.zeros((len(roots), 12, SLOTS), np.float32)
        melody[np.arange(len(roots)), roots] = 1.0
        downbeat = np.arange(len(roots)) % 2 == 0
        made.append(Song(melody, downbeat, np.array(roots)))
    return made


def _numbers(units: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        name: rng.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in chord_spec.shapes(units).items()
    }


def test_numpy_says_what_keras_says() -> None:
    """Both networks, at every half bar."""
    song, model = _songs(1)[0], build(8)
    weights = weights_of(model)
    assert {name: array.shape for name, array in weights.items()} == chord_spec.shapes(8)
    inputs = [form(song.melody, song.downbeat)[None] for form in (chords.heard, chords.before)]
    ours = [says(weights, song.melody, song.downbeat) for says in (chords.whole, chords.coming)]
    for scores, said in zip(model(inputs), ours, strict=True):
        theirs = np.asarray(scores)[0]
        theirs = theirs - np.log(np.exp(theirs).sum(-1, keepdims=True))
        np.testing.assert_allclose(said, theirs, atol=1e-5)


def test_all_keys_are_one() -> None:
    """A melody a fifth up has its chords a fifth up, as surely."""
    song, weights = _songs(1)[0], _numbers(4)
    moved = song.transposed(7)
    table = [chord_classes.transposed(each, 7) for each in range(chord_classes.COUNT)]
    for says in (chords.whole, chords.coming):
        here = says(weights, song.melody, song.downbeat)
        there = says(weights, moved.melody, moved.downbeat)
        np.testing.assert_allclose(there[:, table], here, atol=1e-5)


def test_the_coming_chord_is_named_before_it_is_heard() -> None:
    """Nothing of a half bar changes what is said of it, nor of those before."""
    song, weights = _songs(1)[0], _numbers(4)
    other = song.melody.copy()
    other[10:] = 0.5
    one, two = (chords.coming(weights, line, song.downbeat) for line in (song.melody, other))
    np.testing.assert_array_equal(one[:11], two[:11])
    assert (one[11] != two[11]).any()


def test_a_run_is_gone_on_with(tmp_path) -> None:
    """It stops where it is asked to, goes on from there, and learns."""
    config = ChordConfig(units=8, length=16, batch=8, steps=60, every=20, learning_rate=0.02)
    songs = _songs(4)
    first = fit(config, songs, songs[:1], tmp_path, stop=lambda: True)
    assert (first.progress.step, first.finished) == (20, False)
    with pytest.raises(UsageError, match="--resume"):
        fit(config, songs, songs[:1], tmp_path)
    last = fit(config, songs, songs[:1], tmp_path, resume=True)
    assert last.finished
    assert last.progress.best_loss < first.progress.best_loss
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [e["step"] for e in events if e["event"] == "validation"] == [20, 40, 60]


def test_each_network_is_kept_where_it_was_best(tmp_path) -> None:
    """By the running average of its own weights, as the log has it, also after going on."""
    config = ChordConfig(units=4, length=16, batch=4, steps=80, every=10, learning_rate=0.05)
    songs = _songs(4)
    fit(config, songs[:2], songs[2:], tmp_path, stop=lambda: True)
    done = fit(config, songs[:2], songs[2:], tmp_path, resume=True)
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    checks = [event for event in events if event["event"] == "validation"]
    for kind, loss in judged(done.weights, songs[2:]).items():
        assert loss == pytest.approx(min(check[kind] for check in checks), rel=1e-5)


def test_a_step_draws_the_same_music_again() -> None:
    """What is learnt from follows from the seed and the step."""
    config = ChordConfig(length=16, batch=8)
    one, two = (drawn(_songs(2), config, 5) for _ in range(2))
    np.testing.assert_array_equal(one[1][0], two[1][0])
    assert len(np.unique(one[1][0])) > 3


def test_baselines_name_what_is_plain() -> None:
    """In music of bare roots in C: C is the tonic, and a chain that was taught names all."""
    songs = _songs(12)
    assert (chord_baselines.template(songs[0]) == songs[0].chord).all()
    hmm = chord_baselines.Hmm.learnt(songs)
    assert (hmm.path(songs[3], 4.0) == songs[3].chord).all()
    assert len(set(chord_baselines.tonic(songs[0]).tolist())) == 1
    coming = hmm.coming(songs[3], 4.0)
    assert 0.4 < (coming[4:] == songs[3].chord[4:]).mean() < 1.0
    assert (chord_baselines.tonic_so_far(songs[0])[4:] == 0).all()


def test_a_report_has_both_networks_beside_the_baselines(tmp_path) -> None:
    """With the confusion of all half bars, and its picture."""
    model = chord_store.ChordModel("x", tmp_path, 4, _numbers(4), {})
    figures, confusion = chord_report.report(model, _songs(2), _songs(3), _songs(1))
    assert set(figures["chord"]) == {"top1", "root", "triad"}
    assert set(figures["baselines"]) == {"tonic", "hmm", "template"}
    assert set(figures["baselines_so_far"]) == {"tonic", "hmm"}
    assert confusion.sum() == figures["half_bars"] == 96
    chord_report.picture(confusion, tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").stat().st_size > 1000


def test_the_commands_train_it_and_measure_it(tmp_path, monkeypatch, capsys) -> None:
    """From a pack to a model with its card, to what --json says of it, and a picture."""
    monkeypatch.setattr(chord_songs, "load", lambda *_, **__: _songs(3))
    config = tmp_path / "chords.toml"
    config.write_text('family = "chords"\nunits = 4\nlength = 16\nbatch = 4\nsteps = 2\n')
    data = ["--data", str(tmp_path), "--json"]
    out = str(tmp_path / "run")
    assert main(["train", "--config", str(config), *data, "--out", out]) == 0
    made = json.loads(capsys.readouterr().out)
    folder = tmp_path / "run" / "chords"
    card = chord_store.find(folder).card
    assert (made["model"], made["steps"]) == (str(folder), 2)
    plot = tmp_path / "confusion.png"
    asked = ["evaluate", "--model", str(folder), *data, "--split", "test", "--plot", str(plot)]
    assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["chord"] == card["chord"] == made["chord"]
    assert set(said["chord"]) == {"top1", "root", "triad"}
    assert said["baselines"] == card["baselines"]
    assert set(said["baselines"]) == {"tonic", "hmm", "template"}
    assert said["over_hmm"]["points"] == pytest.approx(
        100 * (said["chord"]["top1"] - said["baselines"]["hmm"]), abs=0.01
    )
    assert plot.stat().st_size > 10_000


def test_a_folder_is_read_as_written(tmp_path) -> None:
    """Weights, units and card; it is listed with what it is."""
    weights = _numbers(4)
    chord_store.write(tmp_path / "mine", 4, weights, 'title = "x"\n')
    model = chord_store.find(tmp_path / "mine")
    assert (model.units, model.card) == (4, {"title": "x"})
    np.testing.assert_array_equal(model.weights["whole_chord_bias"], weights["whole_chord_bias"])
    listed = {found.name: found for found in store.list_models()}
    assert (listed["chords"].architecture, listed["chords"].problem) == ("chords", "")
    assert listed["chords"].parameters == sum(array.size for array in _numbers(64).values())
    assert model.weights["coming_chord_bias"].size == chord_spec.KINDS


@pytest.mark.parametrize("name", ["network.json", "weights.npz", "card.toml"])
@pytest.mark.parametrize("content", [b"", b"[[[[", b"\x80\x04pickle", None])
def test_a_strangers_folder_is_refused(tmp_path, name, content) -> None:
    """Damaged, exchanged or missing files end in a sentence and exit code 4."""
    chord_store.write(tmp_path / "mine", 4, _numbers(4), "")
    path = tmp_path / "mine" / name
    if content is None:
        path.unlink()
    elif (name, content) == ("card.toml", b""):
        return  # an empty card is a card
    else:
        path.write_bytes(content)
    with pytest.raises(ModelRefused, match="can't be used") as refused:
        chord_store.find(tmp_path / "mine")
    assert refused.value.exit_code == 4
