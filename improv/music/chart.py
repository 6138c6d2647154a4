"""A lead sheet's chords as typed: "| Am7 | D7 G7 | % |"."""

from __future__ import annotations

from functools import lru_cache

from improv.errors import UsageError
from improv.music import chord

HALVES = 2  # of a bar: the finest that a chart is played in
NONE = "off"  # no chart
READY = {
    "pop": "| C | G | Am | F |",
    "turnaround": "| Cmaj7 Am7 | Dm7 G7 |",
    "minor": "| Am | Dm | Am | E7 |",
    "blues": "| C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 |",
}
"""Charts by name."""


@lru_cache(maxsize=16)
def read(text: str) -> tuple[str, ...]:
    """The chord of each half bar. One chord fills its bar, two share it, % is the bar before.

    Raises UsageError where a bar has more, or what is no chord.
    """
    halves: list[str] = []
    bars = [bar.split() for bar in READY.get(text, text).strip().strip("|").split("|")]
    for number, names in enumerate(bars, start=1):
        if names == ["%"] and halves:
            halves += halves[-HALVES:]
        elif 1 <= len(names) <= HALVES:
            for name in names:
                if not chord.is_chord(name):
                    chord.pitch_classes(name)  # which says what is wrong
            halves += [names[0], names[-1]]
        else:
            found = " ".join(names) or "nothing"
            raise UsageError(
                f"bar {number} of the chart has {found}; give each bar one chord or two, as in "
                '"| Am7 | D7 G7 |", or % to repeat the bar before'
            )
    return tuple(halves)


def is_chart(text: str) -> bool:
    """Whether `read` knows it."""
    try:
        return bool(read(text))
    except UsageError:
        return False


def at(text: str, bar: int, share: float) -> str:
    """The chord at a place in a bar, 0 to 1, of a chart that goes round and round from bar 0."""
    halves = read(text)
    return halves[(bar * HALVES + int(share * HALVES)) % len(halves)]
