"""The command line: `improv` and its commands.

Rule: data on stdout, words on stderr, and every error one sentence with the exit code of its kind
(improv/errors.py). Each command imports what it needs when it runs: the screen has to be up in a
fraction of a second, so nothing heavy stands at the top. argparse for the same reason: 20 ms,
against 136 ms measured for a richer library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from improv.commands.saying import say
from improv.errors import ImprovError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if not given or (given[0].startswith("-") and given[0] not in _GLOBAL):
            given.insert(0, "play")  # `improv --seed 3` is `improv play --seed 3`
        options = _parser(given[0]).parse_args(given)
        code: int = options.command(options)
    except ImprovError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our stdout has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    return code


_GLOBAL = {"-h", "--help", "--version"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


class _Version(argparse.Action):
    """Looks the version up only when asked: 25 ms of import that a start need not pay."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(f"improv {version('improv-midi')}")
        raise SystemExit(0)


def _parser(named: str) -> _Parser:
    """Knows every command by name, and of the one that is `named` its options."""
    parser = _Parser(
        prog="improv",
        description="A live MIDI improviser: play a phrase, and it goes on from it.",
        epilog="`improv` alone is `improv play`. Each command has its own --help.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which improv this is")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, words in _COMMANDS.items():
        sub = commands.add_parser(name, help=words, description=words)
        if name == named:
            command = import_module(f"improv.commands.{name}")
            command.options(sub)
            sub.set_defaults(command=command.run, commands=tuple(_COMMANDS))
    return parser


_COMMANDS = {  # name, which is that of its module in improv.commands, to what it is for
    "play": "improvise live (the default)",
    "serve": "show the screen in a browser on this machine",
    "panic": "silence every improv on this machine",
    "generate": "compose a MIDI file or audio offline",
    "harmonise": "give a melody chords",
    "takes": "list what you have played; draw, render or keep it",
    "replay": "let a take happen again, or as it would have been",
    "plot": "draw a MIDI file: piano roll and distributions",
    "ports": "list the MIDI ports of this machine",
    "osc": "list the OSC addresses that improv understands",
    "completion": "what a shell needs to complete these commands",
    "calibrate": "measure how long an output takes to be heard",
    "models": "list the models there are",
    "bench": "time improv on this machine",
    "doctor": "check this machine, with a fix for each finding",
    "data": "prepare a dataset to train on",
    "train": "train a model",
    "evaluate": "measure a model on held-out music",
}


if __name__ == "__main__":
    sys.exit(main())
