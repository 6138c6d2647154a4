"""Strangers at `improv serve`: what they send is bounded, understood or left, and ends no visit.

Who is let in at all (other names, other pages, a second visitor) is in tests/ui/test_serving.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from ui.test_serving import SCREEN, visit

from improv.play.clock import monotonic
from improv.ui import callers, serving
from improv.ui.serving import Serving

aiohttp = pytest.importorskip("aiohttp", reason='needs the extra: pip install "improv-midi[serve]"')
pytest.importorskip("textual_serve", reason='needs the extra: pip install "improv-midi[serve]"')

HOSTILE = (
    "[" * 30_000,  # deeper than Python reads
    "9" * 30_000,
    '["stdin", "\\ud800"]',  # half a character
    '["resize", {"width": Infinity, "height": NaN}]',
    '["resize", {"width": 1e308, "height": -1e308}]',
    '["resize", {"width": [], "height": {}}]',
    '["resize", {"width": 1, "height": 1, "more": 1}]',
    '["deliver_chunk_request", "../../etc/passwd"]',
    '["__class__", {}]',
    "null",
    "",
)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    script = tmp_path / "screen.py"
    script.write_text(SCREEN)
    there = Serving(f"{sys.executable} {script}", 0, patience_s=0.0)
    await there.open()
    yield there
    await there.close()


async def answers(at: Any, words: str) -> None:
    """The screen is there and hears what is typed."""
    await at.send_str(json.dumps(["stdin", words]))
    while (said := await at.receive(10)).data != words.encode():
        assert said.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, said


async def test_whatever_is_said_the_visit_goes_on(served: Serving) -> None:
    """Nonsense, as text and as bytes, ends nothing and is not understood."""
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        for hostile in HOSTILE:
            await at.send_str(hostile)
            await at.send_bytes(hostile.encode("utf-8", "surrogatepass"))
        await at.send_bytes(bytes(range(256)))
        await answers(at, "here")


async def test_a_message_that_is_too_large_is_not_taken_in(served: Serving) -> None:
    """The visit is ended for it (1009) before it has been read, and the next one is let in."""
    async with aiohttp.ClientSession() as client:
        async with visit(client, served) as at:
            await answers(at, "x" * (serving.LARGEST // 2))
            await at.send_str(json.dumps(["stdin", "x" * serving.LARGEST]))
            assert (await at.receive(10)).type is aiohttp.WSMsgType.CLOSE
            assert at.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        await asyncio.wait_for(served._free.wait(), 10)
        async with visit(client, served) as at:
            await answers(at, "next")


class Idle:
    """Connections that are opened and say nothing, or every second one half a request."""

    def __init__(self, served: Serving) -> None:
        self._port = int(served.url.rpartition(":")[2])
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def add(self, count: int) -> None:
        for number in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._open.append((reader, writer))
            if number % 2:
                writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.")

    async def ended(self, seconds: float) -> int:
        """How many the other side has closed after so long."""
        reads = [asyncio.ensure_future(reader.read()) for reader, _ in self._open]
        done, pending = await asyncio.wait(reads, timeout=seconds)
        for read in pending:
            read.cancel()
        return len(done)

    def close(self) -> None:
        for _, writer in self._open:
            writer.close()


@pytest.fixture
def idle(served: Serving) -> Iterator[Idle]:
    made = Idle(served)
    yield made
    made.close()


async def test_two_hundred_who_only_wait_keep_nobody_out(served: Serving, idle: Idle) -> None:
    """All but the last few of them are sent away at once, and a visitor is let in."""
    await idle.add(200)
    assert len(served.callers) == callers.MOST
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        await answers(at, "here")
        assert await idle.ended(1.0) >= 200 - callers.MOST


async def test_half_a_request_is_not_waited_for(
    served: Serving, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor none; and a visit that has begun is not timed."""
    monkeypatch.setattr(callers, "PATIENCE_S", 0.3)
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        await idle.add(10)
        assert await idle.ended(5.0) == 10
        assert not len(served.callers)
        await answers(at, "here")


async def test_half_a_second_request_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one whose first was whole."""
    monkeypatch.setattr(serving, "IDLE_S", 0.3)
    there = Serving("true", 0)
    await there.open()
    host = there.url.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    try:
        writer.write(f"GET /nowhere HTTP/1.1\r\nHost: {host}\r\n\r\nGET / HT".encode())
        said = await asyncio.wait_for(reader.read(), 5.0)
    finally:
        writer.close()
        await there.close()
    assert said.startswith(b"HTTP/1.1 404")


async def test_without_its_patience_half_a_request_is_kept(
    served: Serving, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And as many of them as there are."""
    monkeypatch.setattr(callers, "PATIENCE_S", 600.0)
    monkeypatch.setattr(callers, "MOST", 1000)
    await idle.add(200)
    assert await idle.ended(1.0) == 0


async def flooded(served: Serving, count: int) -> float:
    """Send so many signs of life as fast as they go; seconds until each was answered in order."""
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        await at.receive_bytes(timeout=10)

        async def flood() -> None:
            for number in range(count):
                await at.send_str(json.dumps(["ping", number]))

        flooding, began = asyncio.create_task(flood()), monotonic()
        heard = [(await at.receive_json(timeout=10))[1] for _ in range(count)]
        taken = monotonic() - began
        await flooding
        assert heard == list(range(count))
        await answers(at, "here")
    return taken


async def test_a_flood_of_words_is_taken_at_a_bounded_rate_and_loses_nothing(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second's worth at once, and what is more waits."""
    monkeypatch.setattr(serving, "RATE", 150)
    assert await flooded(served, 300) > 0.95


async def test_without_its_rate_a_flood_is_taken_at_once(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As fast as it comes."""
    monkeypatch.setattr(serving, "RATE", 1e9)
    assert await flooded(served, 300) < 0.95
