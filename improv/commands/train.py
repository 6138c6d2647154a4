"""`improv train`: train a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from improv.commands import training
from improv.commands.options import json_option


def options(sub: argparse.ArgumentParser) -> None:
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


def run(options: argparse.Namespace) -> int:
    return training.run("train", options)
