"""No model plays one note for ever, or the same bar: 10,000 notes of each from 20 prompts."""

from __future__ import annotations

import numpy as np
import pytest

from improv.model.loading import load
from improv.music.event import Note
from improv.play.params import Params

LENGTHS = {0.3: 200, 0.7: 100, 1.0: 100, 1.5: 100}  # notes from each prompt, by temperature
PROMPTS = 20
LONGEST_PERIOD = 16
LONGEST_RUN = {"gentle": 24, "strong": 14}  # of one pitch
LONGEST_LOOP = {"gentle": 60, "strong": 54}  # notes of a round and its repeats


def prompts() -> list[list[Note]]:
    """Twenty figures that already go round when a model takes them over, each in 25 notes."""
    rng = np.random.default_rng(7)
    made = []
    for number in range(PROMPTS):
        size = 1 + number % LONGEST_PERIOD
        bar = (48 + rng.integers(0, 30, size)).tolist()
        steps = rng.choice([0.004, 0.15, 0.3], size, p=[0.2, 0.5, 0.3])
        times = np.cumsum([steps[n % size] for n in range(25)])
        made.append(
            [Note(bar[n % size], 70, float(time), 0.25) for n, time in enumerate(times.tolist())]
        )
    return made


def played(name: str, guard: str, temperature: float, count: int) -> list[list[int]]:
    """Pitches that a model goes on with from every prompt."""
    model = load(name, "cpu")
    params = Params(temperature=temperature, guard=guard)
    lines = []
    for number, prompt in enumerate(prompts()):
        model.prime(prompt)
        lines.append([model.draw(params, (number, index)).pitch for index in range(count)])
    return lines


def longest_loop(pitches: list[int]) -> int:
    """Notes of the longest stretch that goes round exactly, at least once, in 16 notes or less."""
    line, most = np.array(pitches), 0
    for period in range(1, LONGEST_PERIOD + 1):
        again = "".join("=" if same else " " for same in line[period:] == line[:-period])
        run = max((len(stretch) for stretch in again.split()), default=0)
        most = max(most, run + period if run >= period else 0)
    return most


def longest_run(pitches: list[int]) -> int:
    """Notes of the longest stretch of one pitch."""
    changes = np.flatnonzero(np.diff(pitches, prepend=-1, append=-1))
    return int(np.diff(changes).max())


@pytest.mark.slow
@pytest.mark.parametrize("guard", ["gentle", "strong"])
@pytest.mark.parametrize("name", ["default", "seed"])
def test_no_model_is_stuck(name: str, guard: str) -> None:
    """At any temperature and from any prompt it leaves what goes round."""
    total = 0
    for temperature, count in LENGTHS.items():
        for pitches in played(name, guard, temperature, count):
            total += len(pitches)
            assert longest_run(pitches) <= LONGEST_RUN[guard]
            assert longest_loop(pitches) <= LONGEST_LOOP[guard]
    assert total == 10_000


def test_without_the_guard_the_default_model_is() -> None:
    """The control: what this test looks for is there to be found."""
    lines = played("default", "off", 0.3, 200)
    assert sum(longest_loop(pitches) > 2 * LONGEST_LOOP["gentle"] for pitches in lines) >= 2
