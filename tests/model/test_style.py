"""The style knob: a share of each style, which the whole context is heard as."""

from __future__ import annotations

import numpy as np
import pytest

from improv.model.listening import DistributionImproviser, Ear
from improv.model.loading import load
from improv.model.signatures import outputs
from improv.model.spec import NetworkSpec
from improv.music.event import Note, ProposedNote
from improv.music.opening import phrase
from improv.play.params import Params

SPEC = NetworkSpec(architecture="relative", units=16)


class Told:
    """A network's `hear` that writes down as what style it was told each note."""

    def __init__(self) -> None:
        self.styles: list[tuple[float, ...]] = []

    def __call__(self, **given: np.ndarray) -> dict[str, np.ndarray]:
        self.styles.append(tuple(np.round(given["style"][0], 6).tolist()))
        return {name: np.zeros(shape, np.float32) for name, shape in outputs("hear", SPEC).items()}


def _flat(name: str):
    shape = outputs(name, SPEC)["logits"]
    return lambda **_: {"logits": np.zeros(shape, np.float32)}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def improviser(told: Told) -> DistributionImproviser:
    heads = {name: _flat(name) for name in ("velocity", "step", "pitch", "duration")}
    made = DistributionImproviser("told", "fake", Ear({"hear": told, **heads}, SPEC))
    told.styles.clear()
    return made


def test_the_knob_blends_the_styles(improviser: DistributionImproviser, told: Told) -> None:
    """0 is classical, 1 is pop, 2 is melody, a quarter is a quarter."""
    improviser.prime(phrase())
    improviser.draw(Params(style=0.25), (1, 0))
    assert set(told.styles) == {(0.75, 0.25, 0.0)}
    assert len(told.styles) == 1 + 25  # the blank and the phrase; what was drawn waits for the next


def test_a_blend_is_of_the_two_styles_it_lies_between(
    improviser: DistributionImproviser, told: Told
) -> None:
    """Melody is on pop's far side from classical."""
    improviser.prime(phrase())
    improviser.draw(Params(style=1.75), (1, 0))
    assert set(told.styles) == {(0.0, 0.25, 0.75)}


def test_a_turned_knob_primes_anew(improviser: DistributionImproviser, told: Told) -> None:
    """No state has heard one note as one style and the next as another."""
    improviser.prime(phrase())
    improviser.draw(Params(), (1, 0))
    told.styles.clear()
    improviser.draw(Params(style=1.0), (1, 1))
    assert told.styles == [(0.0, 1.0, 0.0)] * (1 + 25)
    told.styles.clear()
    improviser.draw(Params(style=1.0), (1, 2))
    assert told.styles == [(0.0, 1.0, 0.0)]


def _played(style: float, count: int = 40) -> list[ProposedNote]:
    model = load("default", "cpu")
    model.prime(phrase())
    return [model.draw(Params(style=style), (2, index)) for index in range(count)]


def test_the_default_model_plays_otherwise_in_another_style() -> None:
    """Of the same prompt with the same chance, and the same style plays the same."""
    assert _played(0.0) != _played(1.0)
    assert _played(0.5) == _played(0.5)


def test_the_seed_has_no_style_and_says_so() -> None:
    """Nor is its time drawn: three knobs turn nothing, and all of the default model's do."""
    model = load("seed", "cpu")
    assert model.inert == {"style", "time_temperature", "density", "creativity"}
    assert load("default", "cpu").inert == {"creativity"}
    model.prime([Note(60, 64, 0.0, 0.2)])
    one = model.draw(Params(), (1, 1))
    model.prime([Note(60, 64, 0.0, 0.2)])
    assert model.draw(Params(style=1.0, time_temperature=3.0), (1, 1)) == one
