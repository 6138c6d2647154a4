"""Futures of a real network: drawn one by one or side by side they are the same."""

from __future__ import annotations

import pytest

from improv.model import litert, tensorflow_backend
from improv.model.chorus import Chorus
from improv.model.listening import DistributionImproviser, Ear
from improv.model.store import ModelFolder, find
from improv.music.opening import phrase
from improv.play.interfaces import Branching
from improv.play.messages import ANY, Request
from improv.play.params import Params

KEYS = [[(row, note) for note in range(5)] for row in range(5)]
KNOBS = Params(temperature=1.3, top_p=0.9, polyphony=2, low=50, density=0.3, style=0.4)


def imagined(improviser: Branching, params: Params, within: tuple[float, float] = ANY) -> list:
    improviser.prime(phrase())
    return [future for done in improviser.imagine(params, KEYS, within) for future in done]


@pytest.mark.parametrize("params", [Params(), KNOBS], ids=["default", "turned"])
def test_side_by_side_they_are_what_an_ear_alone_draws(
    relative_folder: ModelFolder, params: Params
) -> None:
    """What a player asks holds in a batch too; the first note is bounded, and a row is idle."""
    spec = relative_folder.spec
    ear = Ear(tensorflow_backend.calls(relative_folder, "cpu"), spec)
    chorus = Chorus(tensorflow_backend.calls(relative_folder, "cpu", 3), spec, 3)
    alone = imagined(DistributionImproviser("alone", "cpu", ear), params, (0.1, 0.1))
    together = imagined(DistributionImproviser("all", "cpu", ear, chorus), params, (0.1, 0.1))
    assert [[n.note for n in row] for row in together] == [[n.note for n in row] for row in alone]
    for row, other in zip(together, alone, strict=True):
        for one, same in zip(row, other, strict=True):
            assert one.surprise == pytest.approx(same.surprise, abs=1e-3)
            assert one.expected == pytest.approx(same.expected, abs=1e-3)


@pytest.mark.parametrize("name", ["default", "seed"])
def test_the_first_future_is_the_plan_and_imagining_leaves_no_trace(name: str) -> None:
    """Bit for bit what is drawn without futures, before and after."""
    improviser = litert.improviser(find(name))
    request = Request(1, phrase(), Params(), 8, 5, 3)

    def plan() -> list:
        improviser.prime(request.context)
        return [improviser.draw(request.params, key, within) for key, within in request.draws()]

    before = plan()
    improviser.prime(request.context)
    rows = [request.keys(number) for number in range(3)]
    futures = [
        f for done in improviser.imagine(request.params, rows, request.within()) for f in done
    ]
    after = [improviser.draw(request.params, key, within) for key, within in request.draws()]
    assert [imagined.note for imagined in futures[0]] == before == after == plan()
    assert len({tuple(n.note for n in row) for row in futures}) == 3
    assert all(n.surprise > 0 and n.expected > 0 for row in futures for n in row)
