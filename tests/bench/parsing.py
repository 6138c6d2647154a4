"""Notes read from MIDI files a CPU second: improv's reader beside pretty_midi and mido.

All are given the same bytes and asked for the same: pitch, velocity, start and duration in
seconds of every note. mido gives messages, so its notes are paired here, in the fewest lines that
do; improv reads through symusic, checks the file before, and finds beside that how long the pedal
let each note ring.
The files are performances of the ASAP pack where it is (IMPROV_DATA names its folder), else made.

    python tests/bench/parsing.py [--json] [--files 24]
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import mido
from rounds import beside, parser, show, table, timed

from improv.ports.midifile import read_arrays

with contextlib.redirect_stdout(sys.stderr):  # pyfluidsynth says on stdout where it found itself
    import pretty_midi

DATA = os.environ.get("IMPROV_DATA", Path(__file__).parents[2].parent / "shared" / "data")
PACK = "asap-performances.zip"


def performances(count: int) -> tuple[str, list[bytes]]:
    """Where they come from, and that many files, evenly spread over the pack."""
    try:
        with zipfile.ZipFile(Path(DATA) / PACK) as pack:
            names = sorted(name for name in pack.namelist() if name.lower().endswith(".mid"))
            chosen = [names[i * len(names) // count] for i in range(min(count, len(names)))]
            return PACK, [pack.read(name) for name in chosen]
    except OSError:
        return "made up", [_made(seed) for seed in range(count)]


def _made(seed: int) -> bytes:
    """Three thousand notes with a pedal, as a keyboard would record them."""
    rng, track, file = random.Random(seed), mido.MidiTrack(), mido.MidiFile(ticks_per_beat=480)
    events, now = [], 0
    for number in range(3000):
        now += rng.choice((0, 20, 60, 120, 240))
        pitch = rng.randint(30, 100)
        events.append((now, mido.Message("note_on", note=pitch, velocity=rng.randint(1, 127))))
        events.append((now + rng.randint(10, 400), mido.Message("note_off", note=pitch)))
        if not number % 4:
            pedal = rng.choice((0, 127))
            events.append((now, mido.Message("control_change", control=64, value=pedal)))
    before = 0
    for at, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(time=at - before))
        before = at
    file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def with_improv(content: bytes) -> int:
    return len(read_arrays(content, drums=True))


def with_pretty_midi(content: bytes) -> int:
    file = pretty_midi.PrettyMIDI(io.BytesIO(content))
    return sum(len(instrument.notes) for instrument in file.instruments)


def with_mido(content: bytes) -> int:
    now, held, notes = 0.0, {}, []
    for message in mido.MidiFile(file=io.BytesIO(content)):
        now += message.time
        if message.type not in {"note_on", "note_off"}:
            continue
        key = message.channel, message.note
        if message.type == "note_on" and message.velocity:
            held.setdefault(key, []).append((now, message.velocity))
        elif held.get(key):
            start, velocity = held[key].pop(0)
            notes.append((message.note, velocity, start, now - start))
    return len(notes)


READERS: dict[str, Callable[[bytes], int]] = {
    "improv": with_improv,
    "mido": with_mido,
    "pretty_midi": with_pretty_midi,
}


def main() -> None:
    options = parser(__doc__, rounds=5)
    options.add_argument("--files", type=int, default=24, metavar="N")
    how = options.parse_args()
    origin, files = performances(how.files)

    def reading(read: Callable[[bytes], int]) -> Callable[[], int]:
        return lambda: sum(read(content) for content in files)

    found = {name: reading(read)() for name, read in READERS.items()}  # warm, and counted
    rows = beside({name: timed(reading(read)) for name, read in READERS.items()}, how.rounds)
    rates = {row.name: round(1e6 / row.cpu_us) for row in rows}
    report = {
        "benchmark": "parsing",
        "files": len(files),
        "origin": origin,
        "notes": found,
        "notes_per_cpu_second": rates,
        "readers": [asdict(row) for row in rows],
    }
    speeds = [["", "notes", "notes a CPU second"]]
    speeds += [[name, f"{found[name]:,}", f"{rate:,}"] for name, rate in rates.items()]
    title = f"one note of {len(files)} files ({origin})"
    show(report, [table(title, rows), ("and so", speeds)], how)


if __name__ == "__main__":
    main()
