"""Makes takes of journals in a process of its own, while a player plays.

An hour of music is some seconds of work, which in the player's own process would make notes late.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from improv.errors import ImprovError
from improv.play.messages import Level, Notice
from improv.session import child, link, takes
from improv.session.takes import Job, TakeWork


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: what to tell the musician, and the take where one was written."""

    said: tuple[Notice, ...] = ()
    take: Path | None = None


def ask(work: TakeWork) -> Outcome:
    """Have it done by a process of its own. Waits; for a thread of its own."""
    with child.start("improv.session.take_process", log="takes") as process:
        assert process.stdin is not None  # both are pipes  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        with suppress(OSError):
            link.write(process.stdin.fileno(), work)
        told: tuple[tuple[Notice, ...], Path | None] | None = link.read(process.stdout.fileno())
    if told is None:
        words = f"the take could not be written (see {child.log_path('takes')}); its journal is"
        return Outcome((Notice(f"{words} kept", Level.ERROR),))
    return Outcome(*told)


def leave(work: TakeWork) -> subprocess.Popen[bytes]:
    """Have it done by a process that goes on when this one has ended."""
    process = child.start("improv.session.take_process", log="takes")
    assert process.stdin is not None  # both are pipes  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with suppress(OSError):
        link.write(process.stdin.fileno(), work)
    process.stdin.close()
    process.stdout.close()
    return process


def do(work: TakeWork) -> Outcome:
    """Do it here."""
    if work.job is Job.RECOVER:
        return Outcome(
            tuple(
                Notice(found.words, Level.WARNING if found.path is None else Level.INFO)
                for found in takes.recover(work.path)
            )
        )
    try:
        made = takes.write(work.path) if work.job is Job.SAVE else takes.finish(work.path)
    except (ImprovError, OSError, ValueError) as error:
        return Outcome((Notice(f"{error}; its journal is kept", Level.ERROR),))
    if made is None:
        if work.job is Job.FINISH:
            return Outcome()
        return Outcome(
            (Notice("nothing has sounded yet, so there is no take to save", Level.WARNING),)
        )
    word = "saved" if work.job is Job.SAVE else "the take"
    return Outcome((Notice(f"{word}: {made}"),), made)


def main() -> int:
    inward, outward = child.take_pipes()
    if hasattr(os, "nice"):
        os.nice(10)
    work: TakeWork | None = link.read(inward)
    if work is None:
        return 0
    done = do(work)
    with suppress(OSError):  # the player is gone; the take is there
        link.write(outward, (done.said, done.take))  # classes of this module are __main__'s here
    return 0


if __name__ == "__main__":
    sys.exit(main())
