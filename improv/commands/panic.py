"""`improv panic`: silence every improv of yours on this machine, whatever its screen does.

The players are told by a signal, SIGUSR1, which each takes as its own panic; so a script, a key of
the desktop or another terminal can do it. Windows has no such signal.
"""

from __future__ import annotations

import argparse

PLAYER = r"-m improv\.session\.player_process$"
"""How a player's command line ends, see `session.child`: nobody else is to get a signal."""


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("pid", nargs="*", type=int, help="players to silence; all if left out")


def run(options: argparse.Namespace) -> int:
    import os
    import signal
    from contextlib import suppress

    from improv.commands.saying import say
    from improv.errors import UsageError

    number = getattr(signal, "SIGUSR1", None)
    if number is None:
        raise UsageError("no signals here: press ! on the screen, or send /improv/panic by OSC")
    silenced = 0
    for pid in options.pid or players():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
            silenced += 1
    if not silenced:
        raise UsageError("no improv is playing here")
    say(f"silenced: {silenced} improv")
    return 0


def players() -> list[int]:
    """The process of each player of this user."""
    import os
    import subprocess

    from improv.errors import DeviceError

    search = ["pgrep", "-U", str(os.getuid()), "-f", "--", PLAYER]
    try:
        found = subprocess.run(search, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DeviceError("pgrep is missing, by which players are found; name a PID") from error
    return [int(pid) for pid in found.stdout.split()]
