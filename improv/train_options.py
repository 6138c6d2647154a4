"""The options of `improv data`, `train` and `evaluate`; nothing heavy is imported for them."""

from __future__ import annotations

import argparse
from pathlib import Path

from improv.options import json_option, whole


def data(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("source", metavar="DIR|ZIP|maestro")
    json_option(sub)


def train(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--data", required=True, metavar="DIR|ZIP", help="see `improv data`")
    sub.add_argument(
        "--init",
        metavar="NAME|DIR",
        help="the model to go on from; without --config: the default one",
    )
    sub.add_argument(
        "--config", type=Path, metavar="FILE.toml", help="default: configs/fine-tune.toml"
    )
    sub.add_argument("--name", metavar="NAME", help="default: the configuration's, or the music's")
    sub.add_argument("--out", type=Path, metavar="DIR", help="default: runs/NAME")
    sub.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    json_option(sub)


def evaluate(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", required=True, metavar="NAME")
    sub.add_argument("--data", required=True, metavar="DIR|ZIP")
    sub.add_argument("--split", default="test", choices=("train", "validation", "test", "all"))
    words = "foretell this many, evenly spread; 0 (the default) is all"
    sub.add_argument("--notes", dest="most", type=whole, default=0, metavar="N", help=words)
    words = "what a model that knows styles hears the music as, and plays in"
    sub.add_argument("--style", default="classical", choices=("classical", "pop"), help=words)
    words = "notes it hears before each (default 25), up to what it was trained over"
    sub.add_argument("--context", type=whole, default=25, metavar="N", help=words)
    words = "let it go on from this many prompts (default 60); 0 is none"
    sub.add_argument("--generate", type=whole, default=60, metavar="N", help=words)
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="draw it all")
    json_option(sub)
