"""Makes takes of journals in a process of its own, while a player plays.

An hour of music is some seconds of work, which in the player's own process would make notes late.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from improv.errors import ImprovError
from improv.play.messages import Level, Notice
from improv.session import child, link, takes
from improv.session.takes import Job, TakeWork


def ask(work: TakeWork) -> list[Notice]:
    """Have it done by a process of its own; what came of it. Waits; for a thread of its own."""
    with child.start("improv.session.take_process", log="takes") as process:
        assert process.stdin is not None  # both are pipes  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        with suppress(OSError):
            link.write(process.stdin.fileno(), work)
        said: list[Notice] | None = link.read(process.stdout.fileno())
    if said is None:
        words = f"the take could not be written (see {child.log_path('takes')}); its journal is"
        return [Notice(f"{words} kept", Level.ERROR)]
    return said


def do(work: TakeWork) -> list[Notice]:
    """Do it here."""
    if work.job is Job.RECOVER:
        return [
            Notice(r.words, Level.WARNING if r.path is None else Level.INFO)
            for r in takes.recover(work.path)
        ]
    try:
        made = takes.write(work.path) if work.job is Job.SAVE else takes.finish(work.path)
    except (ImprovError, OSError) as error:
        return [Notice(f"{error}; its journal is kept", Level.ERROR)]
    if made is None:
        if work.job is Job.FINISH:
            return []
        return [Notice("nothing has sounded yet, so there is no take to save", Level.WARNING)]
    return [Notice(f"saved: {made}" if work.job is Job.SAVE else f"the take: {made}")]


def main() -> int:
    inward, outward = child.take_pipes()
    if hasattr(os, "nice"):
        os.nice(10)
    work: TakeWork | None = link.read(inward)
    if work is None:
        return 0
    said = do(work)
    with suppress(OSError):  # the player is gone; the take is there
        link.write(outward, said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
