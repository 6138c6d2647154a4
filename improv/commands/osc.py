"""`improv osc`: the page of OSC addresses."""

from __future__ import annotations

import argparse


def options(sub: argparse.ArgumentParser) -> None:
    del sub  # it has none


def run(options: argparse.Namespace) -> int:
    from improv.play.params import KNOBS
    from improv.session.osc import PAGE

    del options
    for address, words in PAGE:
        print(f"  {address:<38}{words}" if words else f"\n{address}\n" if address else "")
    print("\nNAME is one of\n")
    for knob in KNOBS.values():
        values = ", ".join(knob.choices) or f"{knob.low:g} to {knob.high:g} {knob.unit}".rstrip()
        print(f"  {knob.name:<18}{'0 or 1' if knob.kind is bool else values}")
    return 0
