"""What processes hold in memory between them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from improv.session.resident import family, together_mb

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux says which memory is shared"
)

HOLD = """
import mmap, sys
file = open(sys.argv[1], "r+b")
shared = mmap.mmap(file.fileno(), 0)
own = bytearray(b"x") * int(sys.argv[2])
touched = sum(shared[::4096])
print("held", flush=True)
sys.stdin.read()
"""


def test_what_two_share_counts_once_and_what_each_has_for_itself_counts_for_each() -> None:
    """A file of 40 MB mapped by two, one with 8 and the other with 20 MB besides."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(40 << 20)
        holders = [_holder(file.name, own << 20) for own in (8, 20)]
        try:
            members = {pid: mb for holder in holders for pid, mb in family(holder.pid).items()}
            assert len(members) == 2
            alone = [together_mb({pid: mb}) for pid, mb in members.items()]
            both = together_mb(members)
        finally:
            for holder in holders:
                holder.communicate()
    assert max(alone) - min(alone) == pytest.approx(12, abs=1)
    assert sum(alone) - both == pytest.approx(40, abs=20)  # the file and the interpreter
    assert sum(alone) - both >= 40
    assert both < sum(members.values()) - 40


def test_one_alone_holds_what_the_system_says() -> None:
    members = family(os.getpid(), generations=0)
    assert list(members) == [os.getpid()]
    assert together_mb(members) == pytest.approx(members[os.getpid()], rel=0.1)


def test_the_sum_where_a_process_has_just_ended() -> None:
    assert together_mb({2**22 + 1: 3.0, 2**22 + 2: 4.0}) == 7.0


def _holder(path: str, own: int) -> subprocess.Popen[str]:
    """A process that maps a file, holds memory of its own, and lives until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, str(own)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder
