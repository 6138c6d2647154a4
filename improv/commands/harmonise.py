"""`improv harmonise`: give a melody chords."""

from __future__ import annotations

import argparse
from pathlib import Path

from improv.commands.saying import say
from improv.errors import InputError, UsageError
from improv.music.comping import PATTERNS


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("melody", type=Path, metavar="MELODY.mid")
    sub.add_argument("out", type=Path, metavar="OUT.mid")
    words = 'play these instead of what the network hears, again and again: "| Am7 | D7 G7 |"'
    sub.add_argument("--chart", default="", metavar="CHORDS", help=words)
    words = "beats a minute of the melody, if not as its file says"
    sub.add_argument("--bpm", type=float, help=words)
    words = "beats of the melody before bar 1 (default: its first note begins that bar)"
    sub.add_argument("--upbeat", type=float, default=0.0, metavar="BEATS", help=words)
    sub.add_argument("--pattern", choices=PATTERNS, default="block")
    sub.add_argument("--channel", type=int, default=2, metavar="1-16")
    sub.add_argument("--instrument", metavar="NAME", help="by General MIDI name or number 0-127")
    sub.add_argument("--model", default="chords", metavar="NAME|DIR")


def run(options: argparse.Namespace) -> int:
    from improv.music import general_midi
    from improv.ports.atomic import replace_bytes
    from improv.ports.melody import bpm as tempo
    from improv.ports.midifile import read_notes
    from improv.session import harmonise

    if not 1 <= options.channel <= 16:
        raise UsageError(f"--channel must be from 1 to 16, not {options.channel}")
    program = 0 if options.instrument is None else general_midi.program(options.instrument)
    melody = read_notes(options.melody)
    given: float | None = options.bpm
    bpm = tempo(options.melody.read_bytes()) or 120.0 if given is None else given
    if not harmonise.LEAST_BPM <= bpm <= harmonise.MOST_BPM:
        raise UsageError(f"--bpm must be from 20 to 300, not {bpm:g}")
    if not 0 <= options.upbeat < harmonise.BAR:
        raise UsageError(f"--upbeat must be from 0 to below 4 beats, not {options.upbeat:g}")
    upbeat = options.upbeat > 0
    melody = harmonise.after_upbeat(melody, bpm, options.upbeat)
    names = harmonise.named(melody, bpm, options.chart, options.model, upbeat=upbeat)
    how = harmonise.Comping(options.pattern, options.channel - 1, program)
    content = harmonise.file(options.melody.stem, melody, names, bpm, how)
    try:
        replace_bytes(options.out, content)
    except OSError as error:
        raise InputError(f"{options.out} can't be written: {error.strerror}") from None
    bars = [" ".join(dict.fromkeys(names[at : at + 2])) for at in range(0, len(names), 2)]
    print("| " + " | ".join(bars) + " |")
    say(f"wrote {options.out}")
    return 0
