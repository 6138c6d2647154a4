"""`improv evaluate`: measure a model on held-out music."""

from __future__ import annotations

import argparse
from pathlib import Path

from improv.commands import training
from improv.commands.options import json_option, whole


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", required=True, metavar="NAME")
    sub.add_argument("--data", required=True, metavar="DIR|ZIP")
    sub.add_argument("--split", default="test", choices=("train", "validation", "test", "all"))
    words = "foretell this many, evenly spread; 0 (the default) is all"
    sub.add_argument("--notes", dest="most", type=whole, default=0, metavar="N", help=words)
    words = "what a model that knows styles hears the music as; melody: its tracks of that name"
    sub.add_argument(
        "--style", default="classical", choices=("classical", "pop", "melody"), help=words
    )
    words = "notes it hears before each (default 25), up to what it was trained over"
    sub.add_argument("--context", type=whole, default=25, metavar="N", help=words)
    words = "let it go on from this many prompts (default 60); 0 is none"
    sub.add_argument("--generate", type=whole, default=60, metavar="N", help=words)
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="draw it all")
    json_option(sub)


def run(options: argparse.Namespace) -> int:
    return training.run("evaluate", options)
