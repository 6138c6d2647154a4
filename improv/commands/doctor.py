"""`improv doctor`: check this machine."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from improv.commands.options import json_option as options

__all__ = ["options", "run"]


def run(options: argparse.Namespace) -> int:
    from improv.session import doctor

    findings = doctor.examine()
    if options.json:
        print(json.dumps({"findings": [asdict(f) for f in findings]}, default=lambda o: o.value))
        return 0
    from rich.console import Console

    doctor.show(findings, Console())
    return 0
