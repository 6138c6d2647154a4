"""`improv data`: prepare a dataset to train on."""

from __future__ import annotations

import argparse

from improv.commands import training
from improv.commands.options import json_option


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("source", metavar="DIR|ZIP|maestro")
    json_option(sub)


def run(options: argparse.Namespace) -> int:
    return training.run("data", options)
