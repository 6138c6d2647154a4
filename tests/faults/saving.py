"""Programs that save and are killed; and what they begin with to save without their defence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Self

from rig.support import wait_until

from improv.play.clock import monotonic

LIVES = """
import os
for _ in sys.stdin:
    if pid := os.fork():
        os.waitpid(pid, 0)
        print("dead", flush=True)
        continue
    try:
        n = 0
        save(n)
        print(os.getpid(), flush=True)
        while True:
            n = 1 - n
            save(n)
    finally:
        os._exit(1)
"""


class Saver:
    """A program that has a function `save` and lives only to save, again and again.

    Each of its lives is a process of its own, whose end is that of a power cut; all are forked from
    one that has imported what saving needs.
    """

    def __init__(self, program: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import sys\n{program}{LIVES}", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ),
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def kill(self, after: float) -> None:
        """Let it save for so many seconds, and then no more."""
        said, told = self._process.stdout, self._process.stdin
        assert said is not None
        assert told is not None
        print(file=told, flush=True)
        word = said.readline()
        assert word.strip().isdecimal(), "it died by itself"
        wait_until(monotonic() + after)
        os.kill(int(word), signal.SIGKILL)
        assert said.readline() == "dead\n"


HALVES = """
import time
import improv.ports.atomic
def by_halves(path, data):
    with open(path, "wb") as file:
        for at in range(0, len(data), 64):
            file.write(data[at : at + 64])
            file.flush()
            time.sleep(0.002)  # a slow disk
improv.ports.atomic.replace_bytes = by_halves
"""
"""Small files are written over what is there, and slowly."""

OVER_WHAT_IS_THERE = """
from contextlib import contextmanager
import improv.model.folder
@contextmanager
def in_place(path):
    with open(path, "wb") as file:
        time.sleep(0.02)  # the same
        yield file
improv.model.folder.replace_file = in_place
def two_steps(fresh, path):
    if path.exists():
        path.rename(fresh.with_name(fresh.name + ".before"))
        time.sleep(0.3)
    fresh.rename(path)
improv.model.folder.put = two_steps
"""
"""After those: large files too, and a folder is away for a moment."""
