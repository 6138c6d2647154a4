"""`improv generate`: compose offline."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from improv.commands.options import (
    knob_options,
    opening,
    params,
    preset,
    seed,
    shared_options,
    whole,
)
from improv.commands.saying import say
from improv.errors import UsageError


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("out", type=Path, metavar="OUT.mid|OUT.wav")
    shared_options(sub)
    sub.add_argument("--notes", dest="count", type=whole, default=120, metavar="N", help="how many")
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="draw what was made as well")
    knob_options(sub, without=frozenset({"notes", "pause", "thru", "morph", "recall"}))


def run(options: argparse.Namespace) -> int:
    from improv import config
    from improv.session import compose
    from improv.train.progress import bar

    settings = config.load(options.config)
    if options.count < 1:
        raise UsageError(f"--notes must be at least 1, not {options.count}")
    with bar("composing", "notes") as progress:
        made = compose.compose(
            out=options.out,
            model=options.model or settings.session.model,
            device=options.device or settings.session.device,
            params=params(options, preset(options, settings.params)),
            count=options.count,
            seed=seed(settings.session.seed if options.seed is None else options.seed),
            opening=opening(options.prompt or settings.session.prompt),
            soundfont=options.soundfont or settings.session.soundfont,
            plot=options.plot,
            progress=progress,
            say=say,
        )
    for knob in made.unused:
        say(f"the model {made.model} plays the same whatever {knob} is")
    say(f"wrote {made.notes} notes, {made.seconds:.1f} s, seed {made.seed}: {made.out}")
    if options.json:
        print(json.dumps(asdict(made)))
    return 0
