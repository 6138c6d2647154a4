"""Knobs on their way to a preset: those between whose values there is a way take their time.

Values are a function of the time alone, so a glide that is looked at late is where it should be.
A knob that is turned on the way belongs to whoever turned it.
"""

from __future__ import annotations

from collections.abc import Mapping

from improv.play.params import KNOBS, Params, Value
from improv.play.turning import at_fraction, fraction, glides

EVERY = 0.05
"""Seconds between two steps of a glide."""


class Glide:
    """From `params` to the values `there`, in `seconds` from `began`."""

    def __init__(
        self, params: Params, there: Mapping[str, Value], began: float, seconds: float
    ) -> None:
        self._began = began
        self._seconds = seconds
        self._there = dict(there)
        self._from = {name: getattr(params, name) for name in there}
        self._next: float | None = began

    def due(self) -> float | None:
        """When to look next; None once it has arrived."""
        return self._next

    @property
    def there(self) -> dict[str, Value]:
        """Where it is going."""
        return dict(self._there)

    def leave(self, name: str) -> None:
        """Somebody has turned this knob."""
        self._there.pop(name, None)

    def at(self, now: float) -> dict[str, Value]:
        """Where each knob is by then; what switches has switched, at the beginning."""
        part = 1.0 if self._seconds <= 0 else min(1.0, (now - self._began) / self._seconds)
        self._next = None if part >= 1.0 else now + EVERY
        return {name: self._between(name, end, part) for name, end in self._there.items()}

    def _between(self, name: str, end: Value, part: float) -> Value:
        knob, begin = KNOBS[name], self._from[name]
        if part >= 1.0 or not glides(knob, begin, end):
            return end
        first, last = fraction(knob, begin), fraction(knob, end)
        return at_fraction(knob, first + (last - first) * part)


def in_order(params: Params, values: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """The turns that bring these knobs to these values, one after another, none refused.

    The lowest pitch must never be above the highest: which of the two goes first depends. What
    can't be in any order comes last, to be refused.
    """
    left = {name: value for name, value in values.items() if getattr(params, name) != value}
    low, high = left.get("low"), left.get("high")
    if isinstance(low, int) and isinstance(high, int) and low > params.high:
        left = {"high": left.pop("high")} | left
    return list(left.items())
