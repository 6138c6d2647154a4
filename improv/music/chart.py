"""A lead sheet's chords as typed: "| Am7 | D7 G7 | % |"."""

from __future__ import annotations

from improv.errors import UsageError
from improv.music import chord

HALVES = 2  # of a bar: the finest that a chart is played in


def read(text: str) -> tuple[str, ...]:
    """The chord of each half bar. One chord fills its bar, two share it, % is the bar before.

    Raises UsageError where a bar has more, or what is no chord.
    """
    halves: list[str] = []
    bars = [bar.split() for bar in text.strip().strip("|").split("|")]
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
