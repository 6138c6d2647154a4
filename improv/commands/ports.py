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
    from improv.session import latencies

    found, late = available(), latencies.stored()
    if options.json:
        listed = asdict(found) | {"latency_ms": late}
        print(json.dumps(listed, default=lambda backend: backend.value))
        return 0
    for title, names in (("inputs", found.inputs), ("outputs", found.outputs)):
        for name in names:
            ms = late.get(f"port:{name}") if title == "outputs" else None
            print(f"{title[:-1]:<7} {name}" + (f"  ({ms:g} ms)" if ms else ""))
        if not names:
            say(f"no MIDI {title} here besides the virtual one improv makes")
    return 0
