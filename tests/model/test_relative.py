"""The relative network: what is trained is what plays, and harmony moves with transposition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from improv.model import (
    export,
    heads,
    litert,
    network,
    relative,
    relative_calls,
    store,
    tensorflow_backend,
)
from improv.model.listening import Call, DistributionImproviser, Ear
from improv.model.loading import load
from improv.model.recurrence import RECURRENCES
from improv.model.signatures import carried
from improv.model.spec import PITCHES_AS, NetworkSpec, shapes
from improv.model.store import ModelFolder
from improv.music import hearing
from improv.music.event import Note, Source
from improv.music.hearing import NOTHING
from improv.music.vocabulary import WINDOW
from improv.play.params import Params
from improv.train import sequences

SPEC = NetworkSpec(architecture="relative", units=16)
FACTORS = {"step": 3, "pitch": 0, "duration": 4, "velocity": 5}


def _music(count: int = 40, seed: int = 3) -> list[Note]:
    """Chords and runs, some notes ending exactly where the next begins."""
    rng = np.random.default_rng(seed)
    notes, start = [], 0.0
    for _ in range(count):
        step = float(rng.choice([0.0, 0.003, 0.125, 0.25, 1.1]))
        start += step
        duration = float(rng.choice([0.125, 0.25, 0.5, 3.0]))
        notes.append(Note(int(rng.integers(30, 90)), int(rng.integers(1, 127)), start, duration))
    return notes


def _batch(notes: list[Note]) -> dict[str, np.ndarray]:
    columns = [
        np.array([[getattr(note, name) for note in notes]])
        for name in ("pitch", "start", "duration", "velocity")
    ]
    heard, played = hearing.sequences(*columns)
    style = np.array([[1.0, 0.0, 0.0]], np.float32)
    return {
        "note": heard.note,
        "past": heard.past,
        "now": heard.now,
        "then": heard.then,
        "style": style,
        "kept": np.ones((1, 16), np.float32),
        "played": played,
    }


def _lived(ear: Ear, notes: list[Note]) -> dict[str, np.ndarray]:
    """Each factor's logits before each note but the first, as they are asked for in playing."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in FACTORS}
    ear.begin()
    for note in notes:
        if ear.notes:
            step = note.start - ear.notes[-1].start
            found["velocity"].append(ear.velocity())
            found["step"].append(ear.step(note.velocity))
            found["pitch"].append(ear.pitch(note.velocity, step))
            found["duration"].append(ear.duration(note.velocity, step, note.pitch))
        ear.hear(note)
    return {name: np.array(rows) for name, rows in found.items()}


def test_its_weights_have_the_names_and_shapes_of_the_schema() -> None:
    """What is stored is what is built."""
    model = network.build(SPEC)
    found = {name: array.shape for name, array in network.weights_of(model).items()}
    assert found == shapes(SPEC)


@pytest.mark.parametrize(("kind", "gates"), [("lstm", 4), ("gru", 3)])
def test_the_gradient_of_a_run_is_that_of_its_steps(kind: str, gates: int) -> None:
    """The gradient written by hand is what TensorFlow finds through the single steps."""
    rng = np.random.default_rng(0)
    given, recurrent, wanted = (
        tf.constant(rng.normal(0, 0.5, shape), tf.float32)
        for shape in ((7, 3, 8 * gates), (8, 8 * gates), (7, 3, 8))
    )
    recurrence = RECURRENCES[kind]

    def plain(given: tf.Tensor, recurrent: tf.Tensor) -> tf.Tensor:
        held = dict.fromkeys(carried(NetworkSpec(recurrence=kind)), tf.zeros((3, 8)))
        states = []
        for step in range(7):
            held = recurrence.step(given[step], held, recurrent)
            states.append(held["state"])
        return tf.stack(states)

    gradients = []
    for function in (plain, recurrence.run):
        with tf.GradientTape() as tape:
            tape.watch([given, recurrent])
            loss = tf.reduce_sum(function(given, recurrent) * wanted)
        gradients.append(tape.gradient(loss, [given, recurrent]))
    for mine, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


def _tensorflow_calls(folder: ModelFolder) -> dict[str, Call]:
    return tensorflow_backend.calls(folder, "cpu")


@pytest.mark.parametrize("recurrence", RECURRENCES)
@pytest.mark.parametrize("pitch", PITCHES_AS)
def test_what_is_trained_is_what_plays(recurrence: str, pitch: str) -> None:
    """Live, note by note, every logit is that of the training graph to 1e-4, for every kind."""
    spec = NetworkSpec(architecture="relative", units=16, recurrence=recurrence, pitch=pitch)
    notes = _music()
    model = network.build(spec, seed=2)
    weights = network.weights_of(model)
    wanted = model(_batch(notes))
    functions = relative_calls.functions(weights, spec)
    calls = {name: _numbers(function) for name, function in functions.items()}
    lived = _lived(Ear(calls, spec), notes)
    for name in FACTORS:
        np.testing.assert_allclose(lived[name], wanted[name][0, 1:], atol=1e-4)


def _numbers(function: relative_calls.Function) -> Call:
    return lambda **given: {name: np.asarray(x) for name, x in function(**given).items()}


@pytest.mark.parametrize("pitch", ["absolute", "interval"])
def test_every_kind_of_network_can_be_exported(pitch: str, tmp_path: Path) -> None:
    """A GRU that knows pitch in one way only: stored, verified and played by LiteRT."""
    spec = NetworkSpec(architecture="relative", units=16, recurrence="gru", pitch=pitch, length=96)
    weights = relative.initial(spec, 0)
    graph = export.litert_model(spec, weights)
    store.write(tmp_path / "kind", spec, weights, graph, 'title = "Kind"\n')
    improviser = load(store.find(tmp_path / "kind"), "cpu")
    improviser.prime(_music(30))
    assert len({improviser.draw(Params(), (1, index)).pitch for index in range(20)}) > 5


def test_by_intervals_alone_music_a_fifth_higher_is_foretold_a_fifth_up() -> None:
    """No absolute pitch comes in and no logit is a pitch's own."""
    spec = NetworkSpec(architecture="relative", units=16, pitch="interval")
    model = network.build(spec, seed=3)
    notes = _music()
    low, high = (
        model(_batch([Note(n.pitch // 2 + 40 + up, 80, n.start, n.duration) for n in notes]))
        for up in (0, 7)
    )
    np.testing.assert_allclose(high["pitch"][0, :, 31:], low["pitch"][0, :, 24:-7], atol=1e-4)


def test_integer_weights_say_nearly_the_same(relative_folder: ModelFolder) -> None:
    """The exported graph gives what was played a likelihood within 0.02 nats a note."""
    notes = _music(60)
    exact = _lived(Ear(_tensorflow_calls(relative_folder), SPEC), notes)
    small = _lived(Ear(litert.calls(store.read_graph(relative_folder), SPEC), SPEC), notes)
    played = _batch(notes)["played"][0, 1:]
    for name, place in FACTORS.items():
        nats = [
            np.mean(np.log(np.exp(x).sum(-1)) - x[np.arange(len(x)), played[:, place]])
            for x in (exact[name], small[name])
        ]
        assert nats[0] == pytest.approx(nats[1], abs=0.02)


def test_its_pitch_head_moves_with_transposition() -> None:
    """Without absolute logits and at one state, music a fifth higher is foretold a fifth up."""
    weights = relative.initial(SPEC, 1)
    weights = {
        name: np.zeros_like(value) if name.startswith("pitch/absolute") else value
        for name, value in weights.items()
    }
    rng = np.random.default_rng(0)
    state = rng.normal(size=(1, 16)).astype(np.float32)
    keys = rng.normal(size=(1, WINDOW, heads.MOMENTS * heads.KEY)).astype(np.float32)
    found = []
    for up in (0, 7):
        heard = _batch([Note(n.pitch // 2 + 40 + up, 80, n.start, n.duration) for n in _music()])
        past, now, then = (heard[key][:, -1] for key in ("past", "now", "then"))
        laid = relative.rolls(past, now, then, np.zeros(1, np.int32))["pitch"]
        given = dict.fromkeys(heads.HEADS["pitch"].given, np.zeros(1, np.int32))
        scores = relative.logits(weights, "pitch", state, given, laid, past, keys)
        found.append(np.asarray(scores)[0])
    np.testing.assert_allclose(found[1][7:], found[0][:-7], atol=1e-5)


def test_an_echo_is_what_followed_the_moment_most_like_this_one() -> None:
    """The pitch played then, and the pitch as far from the last note as that one was from its."""
    weights = relative.initial(SPEC, 1)
    weights["pitch/lag"] = np.zeros_like(weights["pitch/lag"])
    past = np.broadcast_to(NOTHING[[0, 3, 4, 5]], (1, WINDOW, 4)).copy()
    past[0, -4:, 0] = (60, 64, 67, 62)
    view = np.random.default_rng(0).normal(size=(1, heads.HIDDEN)).astype(np.float32)
    keys = np.zeros((1, WINDOW, heads.MOMENTS * heads.KEY), np.float32)
    keys[0, -3] = 10 * (view @ weights["pitch/query"])[0]
    echo = np.asarray(relative.echoes(weights, "pitch", view, past, keys))[0]
    assert echo[64, : heads.MOMENTS].min() > 0.95
    assert echo[62 + 4, heads.MOMENTS :].min() > 0.95
    assert echo.sum(axis=0).max() <= 1.0 + 1e-6


def _improviser(folder: ModelFolder) -> DistributionImproviser:
    improviser = load(folder, "cpu")
    assert isinstance(improviser, DistributionImproviser)
    return improviser


def test_a_note_depends_on_context_and_key_alone(relative_folder: ModelFolder) -> None:
    """Primed again, it plays the same; what was drawn before is forgotten."""
    improviser = _improviser(relative_folder)
    phrases = []
    for _ in range(2):
        improviser.prime(_music(30))
        phrases.append([improviser.draw(Params(), (7, index)) for index in range(20)])
        improviser.prime(_music(3))
        improviser.draw(Params(), (1, 1))
    assert phrases[0] == phrases[1]


def test_what_it_draws_it_hears(relative_folder: ModelFolder) -> None:
    """Drawing on is the same as being primed with what it drew, however loud it is to play."""
    improviser = _improviser(relative_folder)
    loud = Params(velocity=90)
    improviser.prime(_music(4))
    drawn = [improviser.draw(loud, (3, index)) for index in range(6)]
    context, start = _music(4), _music(4)[-1].start
    for note in drawn[:5]:
        start += note.step
        context.append(Note(note.pitch, note.velocity, start, note.duration, Source.IMPROV))
    improviser.prime(context)
    again = improviser.draw(loud, (3, 5))
    assert (again.pitch, again.velocity) == (drawn[5].pitch, drawn[5].velocity)
    assert again.step == pytest.approx(drawn[5].step, abs=1e-6)


def test_it_never_goes_further_than_it_was_trained(relative_folder: ModelFolder) -> None:
    """A state is carried for one training sequence at most, then begun anew from 25 notes."""
    calls = litert.calls(store.read_graph(relative_folder), SPEC)
    blank, furthest, since = 0, 0, 0

    def hear(**given: np.ndarray) -> object:
        nonlocal blank, furthest, since
        since = 0 if not given["state"].any() else since + 1
        furthest, blank = max(furthest, since), blank + (since == 0)
        return calls["hear"](**given)

    improviser = DistributionImproviser("x", "y", Ear({**calls, "hear": hear}, SPEC))
    improviser.prime(_music(25))
    for index in range(100):
        improviser.draw(Params(), (1, index))
    assert furthest < SPEC.length
    assert blank == 1 + 1 + 2  # made, primed, and after each 38 notes


def test_a_longer_context_is_heard_as_far_as_the_training_allows() -> None:
    """Of 60 notes given, half a training sequence; of 25 those, whatever came before."""
    heard: list[int] = []
    functions = relative_calls.functions(relative.initial(SPEC, 0), SPEC)
    ear = Ear({name: _numbers(function) for name, function in functions.items()}, SPEC)
    improviser = DistributionImproviser("x", "y", ear)
    for count in (60, 30, 10):
        improviser.prime(_music(count))
        improviser.draw(Params(), (1, 1))
        heard.append(len(ear.notes))
    assert heard == [SPEC.length // 2, 30, 10]


@pytest.mark.parametrize("context", [[], _music(1), [Note(60, 80, float("nan"), float("inf"))]])
def test_any_context_is_answered_with_a_playable_note(
    relative_folder: ModelFolder, context: list[Note]
) -> None:
    """Nothing, one note, numbers that are none: a note comes, and another."""
    improviser = _improviser(relative_folder)
    improviser.prime(context)
    for index in range(3):
        note = improviser.draw(Params(low=50, high=70), (2, index))
        assert 50 <= note.pitch <= 70
        assert 1 <= note.velocity <= 127
        assert 0.0 <= note.step <= 4.0
        assert 0.0 < note.duration <= 10.0


def test_transposed_sequences_stay_on_the_keyboard_and_in_their_piece() -> None:
    """Cut anew each pass, every note of every piece counts once, and no pitch leaves 0-127."""

    class Pieces:
        pitch = np.array([0, 127, 5, 6, 7, 8, 9, 10, 11, 12, 13], np.uint8)
        velocity = np.full(11, 127, np.uint8)
        start = np.arange(11) * 0.5
        duration = np.full(11, 0.4, np.float32)
        offsets = np.array([0, 2, 11])
        improv = None

    lessons = sequences.of([(Pieces(), 0, 1.0)], 4, 16)
    for epoch in range(5):
        cuts = lessons.cuts(epoch)
        heard, _, weights = lessons.batch(
            cuts, np.random.default_rng(epoch), sequences.Augmentation()
        )
        assert heard["played"][..., 0].min() >= 0
        assert heard["played"][..., 0].max() <= 127
        assert weights["pitch"].shape == (len(cuts), 4)
        assert weights["pitch"].sum() == pytest.approx(1.0)
        assert not weights["step"][:, 0].any()
