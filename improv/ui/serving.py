"""The screen in a browser: a small web server on this machine alone, for one visitor at a time.

Each visit starts improv as it would start in a terminal, in a process of its own that speaks
Textual's web protocol; textual-serve's AppService carries its words, and its page of xterm.js draws
them. When the visitor leaves, improv ends and every note with it.

Whoever reaches the screen can play it, so: it listens on 127.0.0.1 and nowhere else. A name that a
stranger's page has made point here (DNS rebinding) shows in the Host header, and another page's
script in Origin: both are refused. The page takes nothing from elsewhere (Content-Security-Policy).
A connection has a few seconds for its request (callers.py), a message of a page at most `LARGEST`
bytes, and of more than `RATE` a second the rest waits.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from improv.errors import DeviceError
from improv.ui.callers import PATIENCE_S as IDLE_S
from improv.ui.callers import Callers

LOOPBACK = "127.0.0.1"
PATIENCE_S = 3.0  # that one who comes waits for one who goes: a page that is loaded again does both
GOODBYE_S = 5.0  # that improv has to end
MOST = 500  # columns or lines of a terminal
LARGEST = 64 * 1024  # bytes of one message of a page: what is pasted
RATE = 500  # messages of a page a second, and that many at once: a mouse sends 120
TAKEN = "Somebody is at improv's screen already: one visitor at a time.\n"
_STATIC = "/static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>improv</title>
<link rel="stylesheet" href="{static}/css/xterm.css">
<style>
@font-face {{ font-family: "Roboto Mono";
  src: url("{static}/fonts/RobotoMono-VariableFont_wght.ttf"); }}
body {{ margin: 0; background: #0e1118; color: #d7dae4; font-family: "Roboto Mono", monospace; }}
.textual-terminal {{ width: 100vw; height: 100vh; }}
#ended {{ display: none; position: absolute; inset: 0; z-index: 9; background: #0e1118;
  text-align: center; padding-top: 40vh; }}
#ended a {{ color: #f2b84b; }}
body.-closed #ended {{ display: block; }}
</style>
<script src="{static}/js/textual.js"></script>
</head>
<body>
<div id="ended">improv has ended. <a href="/">Start it again</a></div>
<div id="terminal" class="textual-terminal" data-session-websocket-url="{socket}"
  data-font-size="{font}"></div>
</body>
</html>
"""

NONSENSE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What is raised by reading a message that means nothing; it is left."""
Handler = Callable[[Any], Awaitable[Any]]


def check() -> None:
    """Raise DeviceError where the extra is missing."""
    if importlib.util.find_spec("textual_serve") is None:
        raise DeviceError(
            'the screen in a browser needs textual-serve: pip install "improv-midi[serve]"'
        )


class Serving:
    """The server. `command` starts the screen, in a shell's words; port 0 is any that is free."""

    def __init__(
        self, command: str, port: int, *, patience_s: float = PATIENCE_S, font_px: int = 16
    ) -> None:
        self._command = command
        self._port = port
        self._patience_s = patience_s
        self._font_px = font_px
        self._free = asyncio.Event()
        self._free.set()
        self._runner: Any = None
        self._server: Any = None
        self.callers: Callers  # from `open` on

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    async def open(self) -> None:
        """Listen. Raises DeviceError where the port can't be had."""
        import textual_serve
        from aiohttp import web

        logging.getLogger("textual-serve").addHandler(logging.NullHandler())
        static = Path(textual_serve.__file__).parent / "static"

        @web.middleware
        async def guarded(request: Any, handler: Handler) -> Any:
            return await self._guarded(request, handler)

        app = web.Application(middlewares=[guarded])
        app.router.add_get("/", self._index)
        app.router.add_get("/ws", self._visit)
        app.router.add_static(_STATIC, static)
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_S)
        await self._runner.setup()
        self.callers = Callers(self._runner.server)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self.callers, LOOPBACK, self._port)
        except OSError as error:
            await self._runner.cleanup()
            raise DeviceError(
                f"port {self._port} can't be had ({error.strerror}); choose another with --port"
            ) from None
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End, and a visit with it."""
        self._server.close()
        await self._runner.cleanup()

    async def _guarded(self, request: Any, handler: Handler) -> Any:
        """Refuse what did not come from this machine's own page; say what a page may do."""
        from aiohttp import web

        self.callers.heard(request.protocol)
        hosts = {f"{LOOPBACK}:{self._port}", f"localhost:{self._port}"}
        origin = request.headers.get("Origin")
        if request.host not in hosts:
            raise web.HTTPForbidden(text=f"improv's screen is at {self.url} alone.\n")
        if origin not in {None, *(f"http://{host}" for host in hosts)} or (
            origin is None and request.path == "/ws"
        ):
            raise web.HTTPForbidden(text="Another page may not play improv.\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _is_free(self) -> bool:
        """Whether nobody is here, or goes soon."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._free.wait(), self._patience_s)
        return self._free.is_set()

    async def _index(self, request: Any) -> Any:
        from aiohttp import web

        if not await self._is_free():
            raise web.HTTPServiceUnavailable(text=TAKEN)
        socket = f"ws://{request.host}/ws"
        page = PAGE.format(static=_STATIC, socket=socket, font=self._font_px)
        return web.Response(text=page, content_type="text/html")

    async def _visit(self, request: Any) -> Any:
        from aiohttp import web

        if not await self._is_free() or not self._free.is_set():
            raise web.HTTPServiceUnavailable(text=TAKEN)
        self._free.clear()
        try:
            socket = web.WebSocketResponse(heartbeat=15, max_msg_size=LARGEST)
            await socket.prepare(request)
            await self._play(socket, request.query)
        finally:
            self._free.set()
        return socket

    async def _play(self, socket: Any, query: Any) -> None:
        """Start improv, and carry words both ways until either ends."""
        from textual_serve.app_service import AppService
        from textual_serve.download_manager import DownloadManager

        service = AppService(
            self._command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,
            download_manager=DownloadManager(),
        )
        await service.start(_size(query.get("width"), 80), _size(query.get("height"), 24))
        pace = Pace()
        try:
            async for message in socket:
                await pace.wait()
                with suppress(*NONSENSE):
                    await _pass_on(service, socket, json.loads(message.data))
        finally:
            await _end(service)


class Pace:
    """At most `RATE` steps a second, and that many at once; what is sent meanwhile waits."""

    def __init__(self) -> None:
        self._spent_until = 0.0  # if each step took its share of a second

    async def wait(self) -> None:
        """Take a step, once there is room for it."""
        now = asyncio.get_running_loop().time()
        self._spent_until = max(self._spent_until, now) + 1.0 / RATE
        await asyncio.sleep(max(0.0, self._spent_until - now - 1.0))


async def _end(service: Any) -> None:
    """Have improv say goodbye, and end it if it does not."""
    process = service._process  # noqa: SLF001  # which AppService leaves to the system
    with suppress(TimeoutError, ConnectionError, RuntimeError):
        await asyncio.wait_for(service.stop(), GOODBYE_S)
    try:
        await asyncio.wait_for(process.wait(), GOODBYE_S)
    except TimeoutError:
        process.kill()  # its player hears that, and lets every note go
        await process.wait()
    process.stdin.close()


async def _pass_on(service: Any, socket: Any, said: list[Any]) -> None:
    """One message of the page: what was typed, the size of its terminal, or a sign of life."""
    match said:
        case ["stdin", str(keys)]:
            await service.send_bytes(keys.encode())
        case ["resize", {"width": width, "height": height}]:
            await service.set_terminal_size(_size(width, 80), _size(height, 24))
        case ["ping", when]:
            await socket.send_json(["pong", when])
        case ["focus", *_]:
            await service.focus()
        case ["blur", *_]:
            await service.blur()


def _size(given: Any, usual: int) -> int:
    """Columns or lines that a terminal can have."""
    try:
        return min(MOST, max(1, int(given)))
    except (TypeError, ValueError, OverflowError):
        return usual


async def serve(command: str, port: int, say: Callable[[str], None]) -> None:
    """Listen until it is cancelled."""
    serving = Serving(command, port)
    await serving.open()
    try:
        say(f"the screen is at {serving.url}, for one visitor at a time; Ctrl+C ends it")
        await asyncio.Event().wait()
    finally:
        await serving.close()
