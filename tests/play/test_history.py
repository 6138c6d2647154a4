"""Undo and redo of the knobs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improv.play.history import STEPS, History
from improv.play.params import KNOBS, Params
from improv.play.turning import at_fraction

KNOB = st.sampled_from([name for name in KNOBS if name not in {"low", "high"}])
TURNS = st.lists(
    st.tuples(KNOB, st.floats(0, 1), st.sampled_from([0.0, 0.02, 0.5, 1.0, 1.5, 9.0])),
    max_size=STEPS,
)


def _play(history: History, params: Params, turns) -> Params:
    now = 0.0
    for name, part, later in turns:
        now += later
        after = params.with_value(name, at_fraction(KNOBS[name], part))
        if after != params:
            history.turned(params, name, now)
        params = after
    return params


@given(TURNS)
def test_a_hundred_undos_return_to_the_first_state_and_redos_to_the_last(turns) -> None:
    """Whatever was turned, however fast."""
    history, first = History(), Params()
    params = last = _play(history, first, turns)
    for _ in range(STEPS):
        params = history.undo(params) or params
    assert params == first
    for _ in range(STEPS):
        params = history.redo(params) or params
    assert params == last


def test_a_hundred_gestures_are_a_hundred_undos() -> None:
    """Each of them changes something back."""
    history, params, states = History(), Params(), []
    for n in range(STEPS):
        states.append(params)
        history.turned(params, "velocity", 2.0 * n)
        params = params.with_value("velocity", n + 1)
    assert history.steps == (STEPS, 0)
    for expected in reversed(states):
        params = history.undo(params) or Params(velocity=127)
        assert params == expected
    assert history.undo(params) is None


def test_a_burst_of_one_knob_is_one_step() -> None:
    """Ten turns, none a second after the one before; then a pause begins another."""
    history, params = History(), Params()
    for n in range(10):
        history.turned(params, "velocity", 0.9 * n)
        params = params.with_value("velocity", 10 + n)
    history.turned(params, "velocity", 20.0)
    assert history.steps == (2, 0)


def test_two_knobs_are_two_steps_unless_they_turn_at_one_moment() -> None:
    """A scale comes with its key; a hand goes from knob to knob."""
    history = History()
    history.turned(Params(), "scale", 0.0)
    history.turned(Params(scale="dorian"), "key", 0.001)
    assert history.steps == (1, 0)
    history.turned(Params(scale="dorian", key=2), "density", 0.4)
    assert history.steps == (2, 0)


def test_a_turn_after_an_undo_forgets_what_was_undone() -> None:
    """There is one past and one future."""
    history = History()
    history.turned(Params(), "velocity", 0.0)
    params = history.undo(Params(velocity=90)) or Params(velocity=1)
    assert history.steps == (0, 1)
    history.turned(params, "density", 0.1)
    assert history.steps == (1, 0)
    assert history.redo(params) is None
