"""`improv plot`: draw a MIDI file."""

from __future__ import annotations

import argparse
from pathlib import Path

from improv.commands.saying import say


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", type=Path, metavar="FILE.mid")
    sub.add_argument("--out", type=Path, required=True, metavar="PNG")


def run(options: argparse.Namespace) -> int:
    from improv.session import picture

    picture.draw_file(options.file, options.out)
    say(f"drew {options.out}")
    return 0
