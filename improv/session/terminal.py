"""The terminal's end of the player: start it, command it, hear its reports."""

from __future__ import annotations

import subprocess
from collections import deque
from typing import Any

from improv.session import child, link
from improv.session.messages import Command, PlayerSetup, Quit, Report

PATIENCE = 12.0
"""Seconds that a player may take to end: as long as it gives its ports, its take and its words."""


class PlayerProcess:
    """A player in a process of its own; a PlayerLink (session/messages.py).

    Start it before the screen: a process can't be started inside a running Textual app.
    """

    def __init__(self, setup: PlayerSetup) -> None:
        self._setup = setup
        self._reports: deque[Report] = deque()
        self._gone = False
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: link.Writer | None = None
        self._reader: link.Reader | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the player; it comes up while the caller goes on."""
        self._process = child.start("improv.session.player_process", log="player")
        assert self._process.stdin is not None  # both are pipes  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._writer = link.Writer(self._process.stdin.fileno(), "player")
        self._writer.post(self._setup)
        self._writer.start()
        self._reader = link.Reader(self._process.stdout.fileno(), self._receive, "player")
        self._reader.start()

    def send(self, command: Command) -> None:
        """Queue a command; never blocks."""
        if self._writer is not None:
            self._writer.post(command)

    def receive(self) -> list[Report]:
        """All reports since the last call, in order."""
        reports = []
        while self._reports:
            reports.append(self._reports.popleft())
        return reports

    @property
    def ended(self) -> bool:
        """True when the player is gone and every report has been received."""
        return self._gone and not self._reports

    def stop(self, timeout: float = PATIENCE) -> int | None:
        """Ask the player to quit and wait for it; its exit code, or None if it had to be left.

        Closing the pipe is enough to make it release every note; it is killed only if it hangs.
        """
        if self._process is None or self._writer is None or self._reader is None:
            return None
        self.send(Quit())
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            code = None
        self._writer.close()
        self._reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def _receive(self, report: Any | None) -> None:
        if report is None:
            self._gone = True
        else:
            self._reports.append(report)
