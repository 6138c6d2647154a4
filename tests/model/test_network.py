"""The seed network, exactly."""

from __future__ import annotations

import numpy as np

from improv.model import network
from improv.model.spec import NetworkSpec, parameters, shapes


def test_the_seed_network_has_84354_parameters() -> None:
    """One LSTM of 128 over (25, 3) and heads of 128, 1 and 1."""
    model = network.build(NetworkSpec())
    assert model.count_params() == 84_354
    assert parameters(NetworkSpec()) == 84_354
    assert model.input_shape == (None, 25, 3)
    assert {name: tuple(out.shape) for name, out in model.output.items()} == {
        "pitch": (None, 128),
        "step": (None, 1),
        "duration": (None, 1),
    }


def test_its_weights_have_the_names_and_shapes_of_the_schema() -> None:
    """What is stored is what is built."""
    model = network.build(NetworkSpec(units=8))
    found = {name: array.shape for name, array in network.weights_of(model).items()}
    assert found == shapes(NetworkSpec(units=8))


def test_weights_given_are_weights_held() -> None:
    """A network given another's weights says the same, unrolled or not."""
    one = network.build(NetworkSpec(units=8))
    other = network.build(NetworkSpec(units=8), unroll=True)
    network.give_weights(other, network.weights_of(one))
    windows = np.random.default_rng(0).random((5, 25, 3), np.float32)
    for name, wanted in one(windows).items():
        np.testing.assert_allclose(other(windows)[name], wanted, atol=1e-5)
