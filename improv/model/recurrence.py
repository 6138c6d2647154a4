"""The recurrent states a network of distributions can have, in keras.ops: an LSTM or a GRU.

Each has one step, which plays, and a run over whole sequences from a blank state, which trains.
The run's gradient is written by hand: that of the recurrent weights is then one product over all
steps and not one a step. For the LSTM that made 3,500 notes a second of 2,000 by
keras.layers.LSTM on two cores, and the gradient of `ops.scan` does not compile under XLA.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

Tensor = Any


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One kind of recurrent state.

    `step` takes what a note says to the gates (B, gates * U), what is carried from note to
    note by name, each (B, U), and the recurrent weights, to what is carried on; `run` takes the
    former of T notes (T, B, gates * U) and the weights to all states (T, B, U).
    """

    step: Callable[[Tensor, Mapping[str, Tensor], Tensor], dict[str, Tensor]]
    run: Callable[[Tensor, Tensor], Tensor]


def _lstm_cell(
    given: Tensor, state: Tensor, memory: Tensor, recurrent: Tensor
) -> tuple[Tensor, ...]:
    """One step of an LSTM: gates (B, 4U), state and memory (B, U) to both anew and the gates."""
    entry, forget, value, out = ops.split(given + ops.matmul(state, recurrent), 4, axis=-1)
    entry, forget, out = ops.sigmoid(entry), ops.sigmoid(forget), ops.sigmoid(out)
    value = ops.tanh(value)
    memory = forget * memory + entry * value
    return out * ops.tanh(memory), memory, entry, forget, value, out


@ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no type stubs
def _lstm_run(given: Tensor, recurrent: Tensor) -> Any:
    """All states of an LSTM: (T, B, 4U) and (U, 4U) to (T, B, U), from a blank state."""
    batch, units = given.shape[1], recurrent.shape[0]
    # ops.scan on TensorFlow wants what it keeps of each step to look like what it carries on
    blank = ops.zeros((batch, 6 * units), given.dtype)

    def step(carry: Tensor, x: Tensor) -> Any:
        state, memory = carry[:, :units], carry[:, units : 2 * units]
        carry = ops.concatenate(_lstm_cell(x, state, memory, recurrent), axis=-1)
        return carry, carry

    _, kept = ops.scan(step, blank, given)  # (T, B, 6U)
    states = kept[..., :units]

    def gradient(*args: Any, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
        arriving = upstream if upstream is not None else args[0]
        before = ops.concatenate([blank[None], kept[:-1]], axis=0)[..., : 2 * units]
        back_to_state = ops.transpose(recurrent)

        def back(carry: Tensor, x: tuple[Tensor, ...]) -> Any:
            arrived, earlier, now = x
            _, held, i, f, g, o = ops.split(now, 6, axis=-1)
            d_state = carry[:, :units] + arrived
            squashed = ops.tanh(held)
            d_memory = carry[:, units : 2 * units] + d_state * o * (1.0 - squashed * squashed)
            d_gates = ops.concatenate(
                [
                    d_memory * g * i * (1.0 - i),
                    d_memory * earlier[:, units:] * f * (1.0 - f),
                    d_memory * i * (1.0 - g * g),
                    d_state * squashed * o * (1.0 - o),
                ],
                axis=-1,
            )
            d_before = ops.matmul(d_gates, back_to_state)
            carry = ops.concatenate([d_before, d_memory * f, d_gates], axis=-1)
            return carry, carry

        _, d_kept = ops.scan(back, blank, (arriving, before, kept), reverse=True)
        d_given = d_kept[..., 2 * units :]
        heard = ops.reshape(before[..., :units], (-1, units))
        d_recurrent = ops.matmul(ops.transpose(heard), ops.reshape(d_given, (-1, 4 * units)))
        return d_given, d_recurrent

    return states, gradient


def _gru_cell(given: Tensor, state: Tensor, recurrent: Tensor) -> tuple[Tensor, ...]:
    """One step of a GRU: gates (B, 3U) and state (B, U) to the state anew and the gates.

    Of the kind that resets after the product (Cho et al. 2014, as in cuDNN), so that one product
    serves all gates.
    """
    keep, reset, value = ops.split(given, 3, axis=-1)
    to_keep, to_reset, remembered = ops.split(ops.matmul(state, recurrent), 3, axis=-1)
    keep, reset = ops.sigmoid(keep + to_keep), ops.sigmoid(reset + to_reset)
    value = ops.tanh(value + reset * remembered)
    return keep * state + (1.0 - keep) * value, keep, reset, value, remembered


@ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no type stubs
def _gru_run(given: Tensor, recurrent: Tensor) -> Any:
    """All states of a GRU: (T, B, 3U) and (U, 3U) to (T, B, U), from a blank state."""
    batch, units = given.shape[1], recurrent.shape[0]
    blank = ops.zeros((batch, 5 * units), given.dtype)

    def step(carry: Tensor, x: Tensor) -> Any:
        carry = ops.concatenate(_gru_cell(x, carry[:, :units], recurrent), axis=-1)
        return carry, carry

    _, kept = ops.scan(step, blank, given)  # (T, B, 5U)
    states = kept[..., :units]

    def gradient(*args: Any, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
        arriving = upstream if upstream is not None else args[0]
        before = ops.concatenate([blank[None], kept[:-1]], axis=0)[..., :units]
        back_to_state = ops.transpose(recurrent)

        def back(carry: Tensor, x: tuple[Tensor, ...]) -> Any:
            arrived, earlier, now = x
            _, keep, reset, value, remembered = ops.split(now, 5, axis=-1)
            d_state = carry[:, :units] + arrived
            d_keep = d_state * (earlier - value) * keep * (1.0 - keep)
            d_value = d_state * (1.0 - keep) * (1.0 - value * value)
            d_reset = d_value * remembered * reset * (1.0 - reset)
            d_product = ops.concatenate([d_keep, d_reset, d_value * reset], axis=-1)
            d_before = d_state * keep + ops.matmul(d_product, back_to_state)
            carry = ops.concatenate([d_before, d_product, d_value], axis=-1)
            return carry, carry

        _, d_kept = ops.scan(back, blank, (arriving, before, kept), reverse=True)
        d_product = d_kept[..., units : 4 * units]
        d_given = ops.concatenate([d_kept[..., units : 3 * units], d_kept[..., 4 * units :]], -1)
        heard = ops.reshape(before, (-1, units))
        d_recurrent = ops.matmul(ops.transpose(heard), ops.reshape(d_product, (-1, 3 * units)))
        return d_given, d_recurrent

    return states, gradient


def _lstm_step(
    given: Tensor, carried: Mapping[str, Tensor], recurrent: Tensor
) -> dict[str, Tensor]:
    state, memory, *_ = _lstm_cell(given, carried["state"], carried["memory"], recurrent)
    return {"state": state, "memory": memory}


def _gru_step(given: Tensor, carried: Mapping[str, Tensor], recurrent: Tensor) -> dict[str, Tensor]:
    return {"state": _gru_cell(given, carried["state"], recurrent)[0]}


RECURRENCES = {
    "lstm": Recurrence(_lstm_step, _lstm_run),
    "gru": Recurrence(_gru_step, _gru_run),
}
