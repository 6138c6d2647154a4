"""The terminal going away: signals, hang-ups and a screen nobody reads any more.

Textual 8.2 cleans up on no signal, its input thread spins on a terminal that was closed, and its
output thread dies with it, after which the thirty-first write would block for ever. This is the
whole of what is done about that; on Windows none of it applies.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable

from textual.driver import Driver

EXIT_CODES = {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}
HUNG_UP = EXIT_CODES["SIGHUP"]


def steady_driver() -> type[Driver] | None:
    """Textual's driver made to outlive its terminal; None where another will do, as a browser's."""
    if sys.platform == "win32" or "TEXTUAL_DRIVER" in os.environ:
        return None
    from textual.drivers.linux_driver import LinuxDriver  # needs termios, which Windows lacks

    class SteadyDriver(LinuxDriver):
        def write(self, data: str) -> None:
            writer = self._writer_thread
            if writer is not None and writer.is_alive():
                writer.write(data)

        def close(self) -> None:
            writer = self._writer_thread
            if writer is not None and writer.is_alive():
                writer.stop()

        def run_input_thread(self) -> None:
            # EIO is how Linux says that the terminal was closed; `hung_up` tells the app.
            with contextlib.suppress(OSError):
                super().run_input_thread()

    return SteadyDriver


def hung_up() -> bool:
    """Whether the terminal on standard input is gone. Asks the system, never blocks."""
    try:
        poll = select.poll()
        poll.register(sys.__stdin__.fileno(), select.POLLIN)  # type: ignore[union-attr]  # None is caught below
        events = poll.poll(0)
    except (AttributeError, OSError, ValueError):
        return False
    return any(mask & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, mask in events)


def on_signals(leave: Callable[[int], None]) -> None:
    """Call `leave(exit code)` in the running loop on SIGHUP, SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for name, code in EXIT_CODES.items():
        # Windows has no SIGHUP and its loop takes no handlers; nor does any but a main thread.
        with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), leave, code)
