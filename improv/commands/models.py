"""`improv models`: what models there are."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from improv.commands.options import json_option as options

__all__ = ["options", "run"]


def run(options: argparse.Namespace) -> int:
    from improv.model.store import list_models

    found = list_models()
    if options.json:
        print(json.dumps({"models": [asdict(model) for model in found]}, default=str))
        return 0
    for model in found:
        size = f"{model.parameters:,} weights"
        print(f"{model.name:<12} {model.architecture:<8} {size:>18}  {model.title}")
    return 0
