"""`improv bench`: time improv on this machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from improv.commands.options import json_option, number
from improv.commands.saying import say
from improv.errors import UsageError


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--seconds", type=number, default=20.0, metavar="S", help="how long it plays")
    sub.add_argument(
        "--soak", type=number, metavar="MINUTES", help="beside a busy process on each core"
    )
    sub.add_argument("--output", default="virtual:improv", metavar="SPEC", help="where it plays to")
    sub.add_argument("--model", default=None, metavar="NAME", help="see `improv models`")
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="lateness over time")
    json_option(sub)


def run(options: argparse.Namespace) -> int:
    from improv import config
    from improv.session import bench
    from improv.train.progress import bar

    seconds = 60 * options.soak if options.soak is not None else options.seconds
    if not 5 <= seconds < float("inf"):
        raise UsageError(f"a benchmark takes at least 5 seconds, not {seconds:g}")
    with bar("playing", "seconds") as progress:
        report, lateness = bench.bench(
            seconds=seconds,
            output=options.output,
            model=options.model or config.load(None).session.model,
            load=options.soak is not None,
            progress=progress,
        )
    if options.plot is not None:
        from improv.session import bench_picture

        bench_picture.draw(report, lateness, options.plot)
        say(f"drew {options.plot}")
    print(json.dumps(report, indent=None if options.json else 2))
    return 0
