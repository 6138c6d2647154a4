"""How much memory processes hold between them (Linux; from the sum elsewhere).

A page that two of them map, of the interpreter or of the C library, is in memory once. `ps` counts
it for each, so that a sum of its figures says more than the machine has given.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path

_MAPPING = re.compile(rb"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ (\S+) (\d+)")  # its device and inode


def family(pid: int, generations: int = 3) -> dict[int, float]:
    """A process with its children (and theirs, and so on): resident memory of each in MB."""
    listed = subprocess.check_output(["ps", "-Ao", "pid=,ppid=,rss="], text=True)
    rows = [tuple(int(word) for word in line.split()) for line in listed.splitlines()]
    members = {pid}
    for _ in range(generations):
        members |= {child for child, parent, _ in rows if parent in members}
    return {child: rss / 1024 for child, _, rss in rows if child in members}


def together_mb(members: dict[int, float]) -> float:
    """Resident memory of processes in MB, with what several of them map counted once.

    What is a process's own counts whole; of each mapped file counts the process that has the most
    of it in memory, shared with whomever. Where the system doesn't say which is which: the sum.
    """
    own = 0
    shared: dict[tuple[bytes, bytes], int] = defaultdict(int)
    try:
        for pid in members:
            alone, files = _mapped(Path(f"/proc/{pid}/smaps").read_bytes())
            own += alone
            for file, size in files.items():
                shared[file] = max(shared[file], size)
    except OSError:  # another system, or one of them has just ended
        return sum(members.values())
    return (own + sum(shared.values())) / 1024


def _mapped(smaps: bytes) -> tuple[int, dict[tuple[bytes, bytes], int]]:
    """What a process has for itself, and of each mapped file with others, in kB."""
    own = 0
    files: dict[tuple[bytes, bytes], int] = defaultdict(int)
    mapping = (b"", b"")
    for line in smaps.splitlines():
        if found := _MAPPING.match(line):
            mapping = found[1], found[2]
        elif line.startswith((b"Private_Clean:", b"Private_Dirty:")):
            own += int(line.split()[1])
        elif line.startswith((b"Shared_Clean:", b"Shared_Dirty:")):
            files[mapping] += int(line.split()[1])
    return own, files
