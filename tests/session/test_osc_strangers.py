"""What strangers may send over OSC: any bytes at all are data, bounded, and never raise."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from improv.ports.osc import LONGEST, LOOPBACK, MOST, TICK, decode, encode, parse_address

plain = st.one_of(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=40),
)


def flat(data: bytes) -> None:
    for address, arguments in decode(data):
        assert isinstance(address, str)
        assert all(type(each) in (bool, int, float, str) for each in arguments)


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=LONGEST))
def test_any_bytes_are_messages_or_nothing(data: bytes) -> None:
    """No exception, and nothing in what comes out but plain values."""
    flat(data)


@settings(max_examples=2000, deadline=None)
@given(
    st.lists(plain, max_size=6),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=8),
    st.integers(0, 300),
    st.sampled_from((b"", b"#bundle\0" + bytes(8))),
)
def test_a_damaged_message_is_messages_or_nothing(
    arguments: list[float | bool | str], changes: list[tuple[int, int]], end: int, head: bytes
) -> None:
    """A good one with some bytes changed and its end cut off, also where a bundle is promised."""
    data = bytearray(head + encode("/improv/temperature", tuple(arguments)))
    for at, byte in changes:
        data[at % len(data)] = byte
    flat(bytes(data[: end or None]))


def test_a_bundle_in_a_bundle_in_a_bundle_is_bounded() -> None:
    """As deep as a datagram has room for."""
    data = encode("/improv/temperature", (1.0,))
    while len(data) < LONGEST - 24:
        data = b"#bundle\0" + bytes(8) + len(data).to_bytes(4) + data
    flat(data)


def test_the_limits_are_those_that_are_written_down() -> None:
    """A kilobyte a datagram, 800 of them a second, and this machine alone."""
    assert LONGEST == 1024
    assert MOST / TICK == 800
    assert parse_address("9000") == (LOOPBACK, 9000)


UNKNOWN_TYPES = """
import socket, threading
from improv.ports.osc import OscInput
woken = threading.Event()
listener = OscInput(("127.0.0.1", 0), woken.set)
listener.start()
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.sendto(b"/x\\0\\0,zzzzzz\\0", ("127.0.0.1", listener.port))
out.sendto(b"/y\\0\\0,\\0\\0\\0", ("127.0.0.1", listener.port))
woken.wait(5)
print(len(listener.taken()) > 0)
listener.close()
"""


def test_types_that_nobody_knows_fill_no_log() -> None:
    """python-osc would write a line for each, a million a minute."""
    done = subprocess.run(
        [sys.executable, "-c", UNKNOWN_TYPES], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
