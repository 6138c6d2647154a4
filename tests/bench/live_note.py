"""What a note costs in playing: CPU time on one thread, with the caches warm and cold.

The route that plays: the improviser, sampling and constraints included. A note is drawn every
25 ms in the second row, as in playing, so that whatever else the machine did meanwhile is in the
caches and the network isn't. The last row is the first note after a player's interruption: primed
anew with 25 notes, then drawn.

    python tests/bench/live_note.py [--json] [--model default] [--notes 200]
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

from rounds import parser, say, show

from improv.model.loading import load
from improv.music.opening import phrase
from improv.play.interfaces import Improviser
from improv.play.params import Params

GAP = 0.025  # seconds
CARRIED = 30  # notes drawn before it is primed anew, between the notes that are timed
Note = Callable[[int], None]


def taken(notes: int, note: Note, before: Note) -> list[float]:
    """CPU microseconds of the thread for each note; what is done before it is not timed."""
    found = []
    for number in range(notes):
        before(number)
        began = time.thread_time_ns()
        note(number)
        found.append((time.thread_time_ns() - began) / 1000)
    return found


def situations(improviser: Improviser, notes: int) -> dict[str, list[float]]:
    """What each note took, by the situation it was drawn in."""
    params, context = Params(), phrase()

    def draw(number: int) -> None:
        improviser.draw(params, (1, number))

    def primed(number: int) -> None:
        improviser.prime(context)
        draw(number)

    def go_on(number: int) -> None:
        if number % CARRIED == 0:
            primed(number)

    def wait(number: int) -> None:
        go_on(number)
        time.sleep(GAP)

    taken(CARRIED, draw, go_on)  # warm
    return {
        "one after the other": taken(notes, draw, go_on),
        "one every 25 ms": taken(notes, draw, wait),
        "primed anew, and a note": taken(notes, primed, lambda _: None),
    }


def main() -> None:
    options = parser(__doc__, rounds=5)
    options.add_argument("--model", default="default", metavar="NAME")
    options.add_argument("--notes", type=int, default=200, metavar="N", help="a round")
    how = options.parse_args()
    improviser = load(how.model, "cpu")
    gc.collect()
    gc.freeze()  # as the model's process does
    rounds: list[dict[str, list[float]]] = []
    for number in range(how.rounds):
        say(f"round {number + 1} of {how.rounds}")
        rounds.append(situations(improviser, how.notes))
    report: dict[str, Any] = {"benchmark": "live note", "model": how.model, "cpu_us": {}}
    rows = [["", "p50", "of the rounds", "p99", "of the rounds"]]
    for name in rounds[0]:
        centiles = [statistics.quantiles(each[name], n=100) for each in rounds]
        row: list[str] = [name]
        report["cpu_us"][name] = {}
        for centile in (50, 99):
            values = sorted(cuts[centile - 1] for cuts in centiles)
            median = statistics.median(values)
            report["cpu_us"][name][f"p{centile}"] = [values[0], median, values[-1]]
            row += [f"{median:,.0f}", f"{values[0]:,.0f}-{values[-1]:,.0f}"]
        rows.append(row)
    show(report, [(f"a note of {how.model}, CPU us", rows)], how)


if __name__ == "__main__":
    main()
