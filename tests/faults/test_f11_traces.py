"""F11's "one trace": however knobs are turned, TensorFlow compiles each function once.

A second trace in mid-phrase would be a rest of a second. On LiteRT, which plays unless a GPU is
asked for, there is nothing to trace: its graph was compiled when the model was made.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from improv.model import network as network_module
from improv.model import relative_calls, store, tensorflow_backend
from improv.model.seed import Prediction
from improv.music.encoding import Features
from improv.music.event import Note
from improv.play.interfaces import Improviser
from improv.play.params import KNOBS, Knob, Params, Value

Say = Callable[[str], None]
CHANGES = 400
PHRASE = [Note(60 + 2 * n % 13, 80, 0.2 * n, 0.15) for n in range(60)]


def anywhere(knob: Knob, dice: random.Random) -> Value:
    """A place on a knob's track."""
    if knob.choices:
        return dice.choice(knob.choices)
    if knob.kind is bool:
        return dice.random() < 0.5
    place = dice.uniform(knob.low, knob.high)
    return round(place) if knob.kind is int else place


def turned_about(improviser: Improviser) -> set[str]:
    """Play a note after each of `CHANGES` turns, from contexts of many lengths; knobs turned."""
    dice, params, touched = random.Random(11), Params(), set[str]()
    knobs = list(KNOBS.values())
    for number in range(CHANGES):
        knob = dice.choice(knobs)
        value = anywhere(knob, dice)
        if knob.name not in {"low", "high"}:  # each bounds the other
            params, touched = params.with_value(knob.name, value), {*touched, knob.name}
        if number % 8 == 0:
            improviser.prime(PHRASE[: dice.randrange(len(PHRASE))])
        improviser.draw(params, (1, number))
    return touched


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each function of a relative network was traced: its Python runs then only."""
    counted: Counter[str] = Counter()
    make = relative_calls.functions

    def functions(*given: Any) -> dict[str, Any]:
        def watched(name: str, function: Any) -> Any:
            def run(**inputs: Any) -> Any:
                counted[name] += 1
                return function(**inputs)

            return run

        return {name: watched(name, function) for name, function in make(*given).items()}

    monkeypatch.setattr(relative_calls, "functions", functions)
    return counted


def test_the_default_model_is_traced_once_however_knobs_are_turned(
    traces: Counter[str], figure: Say
) -> None:
    """All its functions, before the first note."""
    improviser = tensorflow_backend.improviser(store.find("default"), "cpu")
    before = Counter(traces)
    touched = turned_about(improviser)
    assert len(touched) > 0.9 * (len(KNOBS) - 2)
    assert traces == before
    assert set(before.values()) == {1}
    figure(
        f"{CHANGES} knobs turned, {CHANGES} notes drawn: {len(before)} functions traced once each"
    )


def test_the_seed_model_is_traced_once_however_knobs_are_turned() -> None:
    """The student's network, whose window is always as long."""
    network = tensorflow_backend.compiled(store.find("seed"), "cpu")
    turned_about(tensorflow_backend.SeedImproviser("seed", "tensorflow cpu", network))
    assert network.traces == 1


def test_without_its_window_and_signature_every_length_is_a_trace(
    monkeypatch: pytest.MonkeyPatch, figure: Say
) -> None:
    """The same network, given what was heard so far and no more, as tutorials do."""
    function = tensorflow_backend.tf.function
    monkeypatch.setattr(tensorflow_backend.tf, "function", lambda made, **_: function(made))
    monkeypatch.setattr(network_module, "WINDOW", None)  # of any length
    network = tensorflow_backend.compiled(store.find("seed"), "cpu")

    def unpadded(window: Features) -> Prediction:
        heard = window.any(axis=1)
        return network(window[heard] if heard.any() else window)

    turned_about(tensorflow_backend.SeedImproviser("seed", "tensorflow cpu", unpadded))
    figure(f"{network.traces} traces for {CHANGES} turned knobs, where the window has no length")
    assert network.traces > 10
