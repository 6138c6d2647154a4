"""Words for the musician, on stderr; data alone goes to stdout."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """One line for the musician."""
    print(f"improv: {text}", file=sys.stderr, flush=True)
