"""`improv serve`: the screen in a browser on this machine."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from typing import NoReturn

from improv.commands import play
from improv.commands.saying import say
from improv.errors import UsageError


class _Play(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; after -- come options of `improv play`")


def options(sub: argparse.ArgumentParser) -> None:
    words = "where it is found, on this machine alone (default 8000)"
    sub.add_argument("--port", type=int, default=8000, metavar="PORT", help=words)
    sub.add_argument("play", nargs="*", metavar="-- OPTION", help="options of `improv play`")


def run(options: argparse.Namespace) -> int:
    import asyncio

    from improv.ui import serving

    if not 0 < options.port < 65536:
        raise UsageError(f"--port must be from 1 to 65535, not {options.port}")
    serving.check()
    asyncio.run(serving.serve(command(options.play), options.port, say))
    return 0


def command(given: list[str]) -> str:
    """The shell's words that start improv with these options. Raises UsageError on a wrong one."""
    parser = _Play(prog="improv serve --", add_help=False)
    play.options(parser)
    parser.parse_args(given)
    words = [sys.executable, "-m", "improv.cli", "play", *given]
    return (
        subprocess.list2cmdline(words) if sys.platform == "win32" else f"exec {shlex.join(words)}"
    )
