"""The screen in a browser: who is let in, what a page may do, and that improv plays there."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from matplotlib.image import imread
from textual.color import Color

from improv.commands import serve
from improv.errors import DeviceError, UsageError
from improv.ui import serving
from improv.ui.serving import Serving
from improv.ui.theme import DARK, LIGHT

aiohttp = pytest.importorskip("aiohttp", reason='needs the extra: pip install "improv-midi[serve]"')
pytest.importorskip("textual_serve", reason='needs the extra: pip install "improv-midi[serve]"')

# A screen that speaks the protocol: it says its size and what was typed, until it is told to quit.
SCREEN = """
import os, sys
def packet(kind, text):
    data = text.encode()
    os.write(1, kind + len(data).to_bytes(4, "big") + data)
os.write(1, b"__GANGLION__\\n")
packet(b"D", os.environ["COLUMNS"] + "x" + os.environ["ROWS"])
while True:
    kind = sys.stdin.buffer.read(1)
    data = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big")).decode()
    if kind != b"D":
        if not kind or "quit" in data:
            break
    packet(b"D", data)
"""


@pytest.fixture
def command(tmp_path: Path) -> str:
    script = tmp_path / "screen.py"
    script.write_text(SCREEN)
    return f"{sys.executable} {script}"


@pytest.fixture
async def served(command: str) -> AsyncIterator[Serving]:
    there = Serving(command, 0, patience_s=0.0)
    await there.open()
    yield there
    await there.close()


async def got(served: Serving, path: str = "/", **headers: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(served.url + path, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


def visit(client, served: Serving, query: str = ""):
    return client.ws_connect(f"{served.url}/ws{query}", origin=served.url)


async def test_keys_go_in_and_the_screen_comes_out(served: Serving) -> None:
    """In the size of the browser's window; nonsense is left unanswered."""
    async with (
        aiohttp.ClientSession() as client,
        visit(client, served, "?width=100&height=33") as at,
    ):
        assert await at.receive_bytes() == b"100x33"
        for nonsense in ("{", "7", '["stdin"]', '["stdin", 7]', '["resize", {"width": 1}]'):
            await at.send_str(nonsense)
        await at.send_str(json.dumps(["stdin", "käse"]))
        assert (await at.receive_bytes()).decode() == "käse"
        await at.send_str(json.dumps(["ping", 5]))
        assert await at.receive_json() == ["pong", 5]


async def test_a_second_visitor_is_told_to_wait(served: Serving) -> None:
    """Page and screen alike; when the first has gone the next is let in."""
    async with aiohttp.ClientSession() as client:
        async with visit(client, served) as at:
            await at.receive_bytes()
            status, words = await got(served)
            assert (status, words) == (503, serving.TAKEN)
            with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                async with visit(client, served):
                    pass
        await asyncio.wait_for(served._free.wait(), 10)
        assert (await got(served))[0] == 200
        async with visit(client, served) as at:
            assert await at.receive_bytes() == b"80x24"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        ("/static/js/textual.js", {}, 200),
        ("/", {"Host": "evil.example"}, 403),
        ("/", {"Host": "evil.example:{port}"}, 403),
        ("/", {"Host": "127.0.0.1.evil.example:{port}"}, 403),
        ("/", {"Host": "192.168.1.7:{port}"}, 403),
        ("/", {"Host": "localhost:{port}"}, 200),
        ("/static/js/textual.js", {"Host": "evil.example"}, 403),
        ("/", {"Origin": "http://evil.example"}, 403),
        ("/ws", {}, 403),
        ("/ws", {"Origin": "null"}, 403),
        ("/ws", {"Origin": "http://evil.example:{port}"}, 403),
        ("/ws", {"Origin": "http://127.0.0.1:1"}, 403),
        ("/nowhere", {}, 404),
    ],
)
async def test_strangers_pages_and_names_are_refused(served, path, headers, status) -> None:
    """A name that was made to point here (DNS rebinding), and a script of another page."""
    port = served.url.rpartition(":")[2]
    given = {name: value.format(port=port) for name, value in headers.items()}
    assert (await got(served, path, **given))[0] == status


async def test_the_page_takes_nothing_from_elsewhere(served: Serving) -> None:
    """It names no other host, and forbids the browser to ask one."""
    async with aiohttp.ClientSession() as client, client.get(served.url) as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert page.count("://") == page.count(served.url.removeprefix("http")) == 1
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_it_listens_on_this_machine_alone(served: Serving) -> None:
    """On the loopback address, not on every one there is."""
    assert [each.getsockname()[0] for each in served._server.sockets] == ["127.0.0.1"]


async def test_a_port_that_is_taken_is_said(command: str) -> None:
    """With what to do about it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(DeviceError, match=r"can't be had .* --port"):
            await Serving(command, other.getsockname()[1]).open()


def test_without_the_extra_the_line_that_gets_it_is_said(monkeypatch) -> None:
    """And nothing is started."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DeviceError, match=r'pip install "improv-midi\[serve\]"'):
        serving.check()


def test_options_of_play_are_read_before_anything_is_started() -> None:
    """What is wrong is said in the terminal, and what is right is given on whole."""
    with pytest.raises(UsageError, match="--nonsense"):
        serve.command(["--nonsense"])
    assert serve.command(["--output", "port:My Synth"]).endswith("play --output 'port:My Synth'")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "--window-size=1200,800",
)  # fmt: skip


class Browser:
    """A page of headless Chromium, by its DevTools protocol."""

    def __init__(self, socket) -> None:
        self._socket = socket
        self._number = 0

    async def ask(self, method: str, **params: object) -> dict:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=20)
            if answer.get("id") == self._number:
                return answer["result"]

    async def type(self, letter: str) -> None:
        for kind in ("mousePressed", "mouseReleased"):  # so that the terminal has the keys
            await self.ask(
                "Input.dispatchMouseEvent", type=kind, x=600, y=20, button="left", clickCount=1
            )
        number = ord(letter.upper())
        for kind in ("keyDown", "keyUp"):
            await self.ask(
                "Input.dispatchKeyEvent", type=kind, text=letter, key=letter,
                code=f"Key{letter.upper()}", windowsVirtualKeyCode=number,
            )  # fmt: skip

    async def picture(self) -> bytes:
        return base64.b64decode((await self.ask("Page.captureScreenshot"))["data"])


def shares(picture: bytes) -> dict[str, float]:
    """How much of a picture is of the colours of improv's themes."""
    seen = (255 * imread(io.BytesIO(picture), format="png")[..., :3]).round().astype(int)
    wanted = {
        f"{name} {theme.name}": Color.parse(getattr(theme, name)).rgb
        for theme in (DARK, LIGHT)
        for name in ("background", "primary")
    }
    return {n: float((abs(seen - rgb).max(axis=2) < 12).mean()) for n, rgb in wanted.items()}


async def shown(browser: Browser, theme: str) -> bytes:
    """The picture, once the screen is drawn in these colours."""
    for _ in range(60):
        picture = await browser.picture()
        found = shares(picture)
        if found[f"background {theme}"] > 0.2 and found[f"primary {theme}"] > 0.002:
            return picture
        await asyncio.sleep(0.2)
    raise AssertionError(f"improv is not drawn in {theme}: {found}")


@pytest.fixture
def chromium_path() -> str:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must show the screen in a browser: Chromium is missing")
        pytest.skip("Chromium is not installed (apt: chromium)")
    return CHROMIUM


@pytest.mark.slow
async def test_a_browser_shows_the_screen_and_its_keys_turn_it(
    chromium_path: str, tmp_path: Path, monkeypatch
) -> None:
    """The whole of improv in headless Chromium: drawn in its colours, and in others by a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    command = serve.command(
        ["--input", "none", "--output", "none", "--model", "seed", "--seed", "3"]
    )
    served, profile = Serving(command, 0), tmp_path / "profile"
    await served.open()
    chromium = await asyncio.create_subprocess_exec(
        chromium_path, *FLAGS, f"--user-data-dir={profile}", served.url,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await told(profile / "DevToolsActivePort")
        async with aiohttp.ClientSession() as client:
            async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
                [page] = [each for each in await answer.json() if each["type"] == "page"]
            async with client.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                browser = Browser(socket)
                picture = await shown(browser, DARK.name)
                keep(picture)
                await browser.type("t")
                await shown(browser, LIGHT.name)
    finally:
        chromium.terminate()
        await chromium.wait()
        await served.close()


def keep(picture: bytes) -> None:
    """For somebody to look at, where a folder is named for it."""
    if folder := os.environ.get("IMPROV_PICTURES"):
        Path(folder, "browser.png").write_bytes(picture)


async def told(path: Path) -> str:
    """The first line of a file that is about to be written."""
    for _ in range(200):
        if path.exists() and (lines := path.read_text().split()):  # noqa: ASYNC240  # a small file
            return lines[0]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no {path}")
