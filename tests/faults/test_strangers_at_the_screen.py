"""Strangers at `improv serve`: what they send is bounded, understood or left, and ends no visit.

Who is let in at all (other names, other pages, a second visitor) is in tests/ui/test_serving.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ui.test_serving import SCREEN, visit

from improv.ui import serving
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


async def test_two_hundred_who_only_wait_keep_nobody_out(served: Serving) -> None:
    """Open connections that say nothing, or half a request."""
    port = int(served.url.rpartition(":")[2])
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in idle[::2]:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.")
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        await answers(at, "here")
    for _, writer in idle:
        writer.close()


async def test_a_flood_of_words_delays_and_loses_nothing(served: Serving) -> None:
    """Two thousand signs of life, as fast as they go, are answered in order."""
    async with aiohttp.ClientSession() as client, visit(client, served) as at:
        await at.receive_bytes(timeout=10)

        async def flood() -> None:
            for number in range(2000):
                await at.send_str(json.dumps(["ping", number]))

        flooding = asyncio.create_task(flood())
        heard = [(await at.receive_json(timeout=10))[1] for _ in range(2000)]
        await flooding
        assert heard == list(range(2000))
        await answers(at, "here")
