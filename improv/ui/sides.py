"""A and B: two states of all knobs, the one in force in brackets; a click goes to the other."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from improv.ui.state import State
from improv.ui.strip import DIM, Part, Words

HERE = "bold $primary"


class Sides(Words):
    """`switch` is called by a click."""

    def __init__(self, state: State, switch: Callable[[], None]) -> None:
        super().__init__(state, "sides")
        self._switch = switch
        self.tooltip = "two states of all knobs; / goes from one to the other"

    def words(self) -> Content:
        side = "A" if self.state.status is None else self.state.status.side
        a: list[Part] = [("[A]", HERE), (" B ", DIM)]
        b: list[Part] = [(" A ", DIM), ("[B]", HERE)]
        return self.spread(a if side == "A" else b, [])

    def on_click(self) -> None:
        self._switch()
