"""When notes leave: improv's scheduler beside the loops that are usually written, on one score.

Each contender plays the same score in a process of its own, to nowhere, and writes down how late
each message was. `improv` waits as the player does: for an inbox, until the scheduler's next
deadline, with SCHED_FIFO where it is granted; beside it the same as the others have it. The others
are `time.sleep(delta)` from message to message, mido's `MidiFile.play()`, and asyncio sleeping
until each message's own time. They play alone, beside a busy thread in the same process (which
improv's player never has), and beside a busy process on each core. `--fifo` asks for the same
priority for the others too. The ranks are of all messages of all rounds together.

    python tests/bench/scheduling.py [--json] [--seconds 4] [--fifo]
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rounds import parser, ratio, say, show

from improv.music.event import Note
from improv.play.clock import Inbox, monotonic
from improv.play.scheduler import Scheduler, Start

TICK = 1 / 960  # seconds: every time is a tick of mido's, so that no contender has to round
LEAD = 0.05  # seconds before the first note
CONDITIONS = ("alone", "a busy thread", "busy processes")

Lateness = list[tuple[float, float]]  # (seconds into the score, seconds late)


def score(seconds: float) -> list[Note]:
    """Notes 25 to 250 ms apart, a chord now and then, the same each time."""
    rng, now, notes = random.Random(1), 0.0, []
    while now < seconds:
        for _ in range(rng.choice((1, 1, 1, 3))):
            duration = TICK * rng.randint(24, 480)
            notes.append(Note(rng.randint(36, 96), 64, now, duration))
        now += TICK * rng.choice((24, 48, 96, 120, 240))
    return notes


def messages(notes: list[Note]) -> list[float]:
    """When its messages are due, notes' ends among them."""
    return sorted(t for note in notes for t in (note.start, note.start + note.duration))


# --- contenders: each returns how late every message was


def improv(notes: list[Note]) -> Lateness:
    """The player's waiting: absolute deadlines, one inbox."""
    inbox: Inbox[None] = Inbox()
    scheduler, late = Scheduler(), []
    begin = monotonic() + LEAD
    scheduler.add(
        Note(note.pitch, note.velocity, begin + note.start, note.duration) for note in notes
    )
    serial = 0
    while (due := scheduler.due()) is not None:
        inbox.get_until(due)
        for item in scheduler.pop_due(monotonic()):
            late.append((item.due - begin, monotonic() - item.due))
            if isinstance(item, Start):
                serial += 1
                scheduler.owe(serial, item.due + item.note.duration)
    return late


def sleep_delta(notes: list[Note]) -> Lateness:
    """`time.sleep` for the time between two messages."""
    late, before = [], 0.0
    begin = time.monotonic() + LEAD
    time.sleep(LEAD)
    for due in messages(notes):
        time.sleep(due - before)
        before = due
        late.append((due, time.monotonic() - begin - due))
    return late


def mido_play(notes: list[Note]) -> Lateness:
    """Play by mido's `MidiFile.play()`."""
    import mido

    track, before = mido.MidiTrack(), 0
    for due in messages(notes):
        at = round(due / TICK)
        track.append(mido.Message("note_on", note=60, velocity=64, time=at - before))
        before = at
    file = mido.MidiFile(ticks_per_beat=480, tracks=[track])  # at 120 bpm a tick is TICK
    due, late = 0.0, []
    deltas = iter([message.time for message in file])
    begin = time.monotonic()
    for _ in file.play():
        due += next(deltas)
        late.append((due, time.monotonic() - begin - due))
    return late


def asyncio_sleep(notes: list[Note]) -> Lateness:
    """asyncio, sleeping until each message's own time."""

    async def play() -> Lateness:
        late = []
        begin = time.monotonic() + LEAD
        for due in messages(notes):
            await asyncio.sleep(begin + due - time.monotonic())
            late.append((due, time.monotonic() - begin - due))
        return late

    return asyncio.run(play())


PREFERRED = "improv"  # asks for the priority that the player asks for
CONTENDERS: dict[str, Callable[[list[Note]], Lateness]] = {
    PREFERRED: improv,
    "improv, as the others": improv,
    "time.sleep(delta)": sleep_delta,
    "mido play()": mido_play,
    "asyncio": asyncio_sleep,
}


# --- one contender, in a process of its own


def perform(name: str, seconds: float, *, thread: bool, fifo: bool) -> dict[str, Any]:
    """Play the score; the figures of it, in ms."""
    notes = score(seconds)
    CONTENDERS[name](notes[:2])  # imported and warm
    if thread:
        threading.Thread(target=_compute, daemon=True).start()
    granted = fifo and _ask_for_fifo()
    cpu, wall = time.thread_time(), time.perf_counter()
    late = CONTENDERS[name](notes)
    share = (time.thread_time() - cpu) / (time.perf_counter() - wall)
    tenth = max(1, len(late) // 10)
    first, last = ([1000 * x for _, x in part] for part in (late[:tenth], late[-tenth:]))
    return {
        "lateness": [1000 * lateness for _, lateness in late],
        "drift": statistics.median(last) - statistics.median(first),
        "cpu_percent": 100 * share,
        "fifo": granted,
    }


def _ask_for_fifo() -> bool:
    try:  # as improv/session/realtime.py does
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(50))
    except (AttributeError, OSError):
        return False
    return True


def _compute() -> None:
    while True:
        sum(range(1000))


@contextmanager
def _busy(count: int) -> Iterator[None]:
    busy = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(count)]
    for process in busy:
        process.start()
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.join()


def apart(name: str, seconds: float, condition: str, *, fifo: bool) -> dict[str, Any]:
    """`perform` in a fresh process, under a condition."""
    command = [sys.executable, __file__, "--perform", name, "--seconds", str(seconds)]
    command += ["--thread"] if condition == "a busy thread" else []
    command += ["--fifo"] if fifo or name == PREFERRED else []
    with _busy((os.cpu_count() or 1) if condition == "busy processes" else 0):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _over_all(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Ranks of all messages together; drift and CPU as medians of the runs."""
    late = sorted(x for run in runs for x in run["lateness"])
    ranks = {name: late[int(share * len(late))] for name, share in (("p50", 0.5), ("p99", 0.99))}
    medians = {key: statistics.median(run[key] for run in runs) for key in ("drift", "cpu_percent")}
    return {**ranks, "max": late[-1], **medians}


def main() -> None:
    options = parser(__doc__, rounds=5)
    options.add_argument("--seconds", type=float, default=4.0, metavar="S", help="of score a round")
    options.add_argument("--fifo", action="store_true", help="SCHED_FIFO for the others too")
    options.add_argument(
        "--conditions", nargs="+", choices=CONDITIONS, default=CONDITIONS, metavar="NAME"
    )
    options.add_argument("--perform", choices=CONTENDERS, help="one contender, in this process")
    options.add_argument("--thread", action="store_true", help="beside a busy thread (--perform)")
    how = options.parse_args()
    if how.perform:
        print(json.dumps(perform(how.perform, how.seconds, thread=how.thread, fifo=how.fifo)))
        return
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for number in range(how.rounds):
        for condition in how.conditions:
            for name in CONTENDERS:
                say(f"round {number + 1} of {how.rounds}: {name}, {condition}")
                found = apart(name, how.seconds, condition, fifo=how.fifo)
                runs.setdefault((condition, name), []).append(found)
    report: dict[str, Any] = {}
    tables = []
    for condition in how.conditions:
        rows = [["", "p50 ms", "p99 ms", "max ms", "drift ms", "CPU %", "x p50", "x p99", "FIFO"]]
        first: dict[str, float] = {}
        for name in CONTENDERS:
            found = _over_all(runs[condition, name])
            first = first or found
            times = {f"times_{key}": ratio(found[key], first[key]) for key in ("p50", "p99")}
            fifo = all(run["fifo"] for run in runs[condition, name])
            report.setdefault(condition, {})[name] = {**found, **times, "fifo": fifo}
            cells = [f"{value:.3f}" for value in found.values()]
            cells += [f"{value:.1f}" for value in times.values()]
            rows.append([name, *cells, "yes" if fifo else "no"])
        tables.append((f"lateness, {condition}", rows))
    count = sum(len(run["lateness"]) for run in runs[how.conditions[0], PREFERRED])
    show(
        {"benchmark": "scheduling", "unit": "ms", "messages": count, "conditions": report},
        tables,
        how,
    )


if __name__ == "__main__":
    main()
