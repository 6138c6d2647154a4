"""Saves without their defence, as the first lines of a program: before it imports what saves."""

from __future__ import annotations

HALVES = """
import time
import improv.ports.atomic
def by_halves(path, data):
    with open(path, "wb") as file:
        for at in range(0, len(data), 64):
            file.write(data[at : at + 64])
            file.flush()
            time.sleep(0.002)  # a slow disk
improv.ports.atomic.replace_bytes = by_halves
"""
"""Small files are written over what is there, and slowly."""

OVER_WHAT_IS_THERE = """
from contextlib import contextmanager
import improv.model.folder
@contextmanager
def in_place(path):
    with open(path, "wb") as file:
        time.sleep(0.02)  # the same
        yield file
improv.model.folder.replace_file = in_place
def two_steps(fresh, path):
    if path.exists():
        path.rename(fresh.with_name(fresh.name + ".before"))
        time.sleep(0.3)
    fresh.rename(path)
improv.model.folder.put = two_steps
"""
"""After those: large files too, and a folder is away for a moment."""
