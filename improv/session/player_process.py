"""The player process: takes its pipes, starts the model's process, then plays.

The model's process comes first. It has the most to import, and while it does so, the player
imports the rest of itself: so little stands at the top here.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from improv.play.clock import Inbox
from improv.session import child, link
from improv.session.keeper import ModelKeeper
from improv.session.messages import Action, PlayerSetup, Quit, TerminalGone, Transport

if TYPE_CHECKING:
    from improv.session.player import Incoming


def main() -> int:
    inward, outward = child.take_pipes()
    setup: PlayerSetup | None = link.read(inward)
    if setup is None:
        return 0
    inbox: Inbox[Incoming] = Inbox()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the terminal's to understand
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: inbox.put(Quit()))
    if hasattr(signal, "SIGUSR1"):  # `improv panic`, which no screen can keep from coming
        signal.signal(signal.SIGUSR1, lambda *_: inbox.put(Transport(Action.PANIC)))
    keeper = ModelKeeper(setup.model, inbox.put)
    keeper.start()
    from improv.session.player import Player  # commands wait in the pipe meanwhile

    writer = link.Writer(outward, "terminal")
    writer.start()
    link.Reader(
        inward,
        lambda message: inbox.put(TerminalGone() if message is None else message),
        "terminal",
    ).start()
    code = Player(setup, inbox, keeper, writer.post).run()
    writer.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
