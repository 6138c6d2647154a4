"""What is kept: how long the take is, up to where it was saved, and how far one can go back.

It stands where it can always be seen, beside the names of the pages, and says so much as there is
room for.
"""

from __future__ import annotations

from textual.content import Content

from improv.session.messages import Status, TakeState
from improv.ui.state import State
from improv.ui.strip import DIM, PLAIN, Part, Words, length


class Kept(Words):
    """The take and the undo history."""

    def __init__(self, state: State) -> None:
        super().__init__(state, "kept")

    def words(self) -> Content:
        status = self.state.status
        return self.spread([], [] if status is None else kept(status, self.size.width - 1))


def kept(status: Status, width: int) -> list[Part]:
    """The fullest words that fit a width."""
    take, (undo, redo) = status.take, status.undo
    signs: list[Part] = [("  ↶", DIM), (f"{undo}", PLAIN), (" ↷", DIM), (f"{redo} ", PLAIN)]
    words: list[Part] = [("  undo ", DIM), (f"{undo}", PLAIN), (" redo ", DIM), (f"{redo} ", PLAIN)]
    for parts in (
        [*_take(take, spelt=True), (" ", DIM), *words],
        [*_take(take), *_saved(take), *words],
        [*_take(take), *_saved(take), *signs],
        [*_take(take), *signs],
        [*_take(take), ("  ↶", DIM), (f"{undo} ", PLAIN)],
    ):
        if length(parts) <= width:
            return parts
    return _take(take)


def _take(take: TakeState, *, spelt: bool = False) -> list[Part]:
    """Whether it is recorded, and how long it is."""
    if take.seconds is None:
        return [("○ ", DIM), ("no take yet" if spelt else "no take", DIM)]
    mark = ("✗ ", "bold $error") if take.trouble else ("● ", "$error")
    if not spelt:
        return [mark, (_clock(take.seconds), PLAIN)]
    word = "only in memory " if take.trouble else "take "
    saved = _saved(take) or [(" not saved", DIM)]
    return [mark, (word, DIM), (_clock(take.seconds), PLAIN), (" ", DIM), *saved]


def _saved(take: TakeState) -> list[Part]:
    if take.saved is None:
        return []
    return [(" saved ", DIM), (_clock(take.saved), PLAIN)]


def _clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
