"""`improv ports`: what MIDI ports there are."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from improv.commands.options import json_option as options
from improv.commands.saying import say

__all__ = ["options", "run"]


def run(options: argparse.Namespace) -> int:
    from improv.ports.backend import available

    found = available()
    if options.json:
        print(json.dumps(asdict(found), default=lambda backend: backend.value))
        return 0
    for title, names in (("inputs", found.inputs), ("outputs", found.outputs)):
        for name in names:
            print(f"{title[:-1]:<7} {name}")
        if not names:
            say(f"no MIDI {title} here besides the virtual one improv makes")
    return 0
