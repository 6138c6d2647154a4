"""Several outputs at one due time: how far apart the send calls of a chord are.

A chord of four on three outputs is twelve sends. Each output is a MIDI port of its own where there
is a MIDI system (`--ports`), else it only writes down when it was called.

    python tests/bench/together.py [--json] [--ports] [--chords 300]
"""

from __future__ import annotations

import time
from typing import Any

from rounds import parser, show

from improv.music.event import Source
from improv.play.clock import Inbox, monotonic
from improv.play.effects import Send
from improv.play.interfaces import Message, Output
from improv.play.ledger import note_on
from improv.play.timing import Meter, Percentiles
from improv.ports import midi
from improv.ports.spec import parse_spec
from improv.session import realtime
from improv.session.outgoing import Outgoing

NAMES = ("first", "second", "third")
CHORD = (60, 64, 67, 72)
APART = 0.03  # seconds between chords


class Noted:
    """An output that writes down when it was sent to, and hands on where there is where to."""

    is_take = False

    def __init__(self, name: str, at: list[float], to: Output | None) -> None:
        self.name = name
        self._at = at
        self._to = to

    def send(self, message: Message, at: float, source: Source) -> None:
        self._at.append(time.monotonic())
        if self._to is not None:
            self._to.send(message, at, source)

    def close(self) -> None:
        if self._to is not None:
            self._to.close()


def main() -> None:
    options = parser(__doc__, rounds=1)
    options.add_argument("--ports", action="store_true", help="through three MIDI ports")
    options.add_argument("--chords", type=int, default=300, metavar="N")
    how = options.parse_args()
    meter, at = Meter(), [0.0]
    outgoing = Outgoing((), meter, monotonic, lambda _, why: print(why))
    for name in NAMES:
        to = midi.open_output(parse_spec(f"virtual:bench-{name}")) if how.ports else None
        outgoing.add(Noted(name, at, to))
    outgoing.footing = realtime.ask()
    realtime.freeze()
    inbox: Inbox[None] = Inbox()
    spread, late = Percentiles(how.chords), Percentiles(how.chords)
    begin = monotonic() + 0.1
    for count in range(how.chords):
        due = begin + count * APART
        inbox.get_until(due - realtime.AHEAD)
        at.clear()
        pitches = [pitch + count % 12 for pitch in CHORD]  # no key is still down
        outgoing.apply([Send(note_on(0, p, 64), due, Source.IMPROV) for p in pitches])
        inbox.get_until(outgoing.due())
        outgoing.depart()
        assert len(at) == len(NAMES) * len(CHORD)
        spread.add(1000 * (at[-1] - at[0]))
        late.add(1000 * (at[0] - due))
        outgoing.apply([Send(bytes((0x80, p, 0)), due, Source.YOU) for p in pitches])
    for output in list(outgoing.outputs.values()):
        output.close()
    figures = {"spread_ms": spread, "late_ms": late}
    rows = [["ms", "p50", "p99", "max"]]
    report: dict[str, Any] = {"benchmark": "together", "priority": outgoing.footing.priority}
    for name, words in (("spread_ms", "first to last of twelve sends"), ("late_ms", "the first")):
        seen = figures[name]
        p50, p99 = seen.at(0.5, 0.99)
        report[name] = {"p50": p50, "p99": p99, "max": seen.largest}
        rows.append([words, *(f"{value:.3f}" for value in report[name].values())])
    title = f"a chord of four on three outputs, priority {report['priority']}"
    show(report, [(title, rows)], how)


if __name__ == "__main__":
    main()
