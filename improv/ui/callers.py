"""Connections to the screen in a browser that have yet to say what they want.

A browser asks at once, and whole. Who sends half a request, or none, would hold a connection for as
long as it likes, and many such all there are: so each has `PATIENCE_S` for its first request, and
where more than `MOST` keep silent the one that came first goes. Any page can make a browser open
connections to this machine, whoever answers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

PATIENCE_S = 5.0
"""For a whole first request. It comes from this machine, in a millisecond."""
MOST = 32
"""A browser opens six."""


class Callers:
    """Makes each connection's protocol with `make`, which is aiohttp's, and minds its silence."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._silent: dict[Any, asyncio.TimerHandle] = {}  # in the order they came

    def __call__(self) -> Any:
        """Somebody has connected: an asyncio.Protocol for him."""
        caller = self._make()
        loop = asyncio.get_running_loop()
        self._silent[caller] = loop.call_later(PATIENCE_S, self._send_away, caller)
        if len(self._silent) > MOST:
            self._send_away(next(iter(self._silent)))
        return caller

    def __len__(self) -> int:
        """How many have said nothing so far."""
        return len(self._silent)

    def heard(self, caller: Any) -> None:
        """This one has made a whole request."""
        if (timer := self._silent.pop(caller, None)) is not None:
            timer.cancel()

    def _send_away(self, caller: Any) -> None:
        self.heard(caller)
        caller.force_close()
