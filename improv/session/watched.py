"""A player that is watched: one that dies or stands still is started again, and its notes released.

Theory of operation. A killed player can't release what sounds through its ports, so the process
that outlives it does: the terminal remembers what the player reported, and starts another one on
the same ports with the same knobs, which first sends every release there is (session/aftermath.py)
and then goes on from the notes that were heard last. A player that says nothing for `SILENCE`
seconds spins inside a driver (rtmidi on a dead JACK server does, holding Python's lock) and is
killed first; one that has been in a send for a second (session/sending.py) is killed then, and the
next does without that output until it was unplugged or is chosen again. More than `DEATHS`
deaths in `WINDOW` seconds are not a mishap: it stays down then.

Everything happens inside `receive`, which the screen calls 25 times a second: no thread, no lock.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from signal import SIGTERM

from improv.music.event import Note
from improv.play.clock import Clock, monotonic
from improv.ports.spec import Kind
from improv.session.messages import (
    Command,
    Ended,
    Goodbye,
    Level,
    Notice,
    Phase,
    Planned,
    PlayerSetup,
    Report,
    SetInputs,
    SetOutputs,
    Sounded,
    Status,
)
from improv.session.sending import Watch
from improv.session.terminal import PlayerProcess

DEATHS, WINDOW = 3, 30.0
SILENCE = 4.0
"""Seconds without a word after which a player is stuck: it speaks ten times a second."""
ASLEEP = 1.0
"""Seconds between two looks after which it is the terminal that was stopped, not the player."""
PAUSE = 1.0
"""Seconds before the music goes on, so that who listens can find the port and hear the release."""
KEPT = 25  # notes that another player goes on from


class WatchedPlayer:
    """A PlayerLink (session/messages.py) that outlives its player."""

    def __init__(
        self,
        setup: PlayerSetup,
        make: Callable[[PlayerSetup], PlayerProcess] = PlayerProcess,
        clock: Clock = monotonic,
    ) -> None:
        self._setup = setup
        self._make = make
        self._clock = clock
        self._began = clock()
        self._sends = Watch()
        self._player = make(replace(setup, sending=self._sends.path))
        self._hung_in: set[str] = set()  # outputs
        self._known = Known()
        self._deaths: deque[float] = deque()
        self._heard_at = self._looked_at = clock()
        self._over = False  # it said goodbye, was told to quit or stays down
        self._returning = False

    @property
    def pid(self) -> int | None:
        """Of the player that lives now."""
        return self._player.pid

    def start(self) -> None:
        self._player.start()

    def send(self, command: Command) -> None:
        """Queue a command; never blocks."""
        if isinstance(command, SetOutputs):
            left = tuple(spec for spec in self._setup.left_out if spec not in command.specs)
            self._setup = replace(self._setup, outputs=command.specs, left_out=left)
        elif isinstance(command, SetInputs):
            self._setup = replace(self._setup, inputs=command.specs)
        self._player.send(command)

    @property
    def ended(self) -> bool:
        """True when no player lives or will, and every report has been received."""
        return self._over and self._player.ended

    def stop(self) -> int | None:
        """Ask the player to quit and wait for it; its exit code, or None if it had to be left."""
        self._over = True
        code = self._player.stop()
        self._sends.close()
        return code

    def receive(self) -> list[Report]:
        """All reports since the last call, in order; those of a death and a return among them."""
        now = self._clock()
        reports = [self._known.taken(report) for report in self._player.receive()]
        asleep = now - self._looked_at > ASLEEP
        if reports or asleep:
            self._heard_at = now
        self._looked_at = now
        hung = self._sends.stuck(now, asleep=asleep)
        if self._known.farewell:
            self._over = True
        if self._over:
            return reports
        if self._returning and self._known.spoke:
            self._returning = False
            reports.append(Notice("the player is back, and all that rang was let go"))
        if self._player.ended:
            reports += self._bury(now)
        elif hung is not None:
            reports.append(self._leave_out(hung))
            self._kill()
        elif self._known.spoke and now - self._heard_at > SILENCE:
            self._heard_at = now
            self._kill()
            words = f"the player has said nothing for {SILENCE:g} s; starting it again"
            reports.append(Notice(words, Level.ERROR))
        return reports

    def _leave_out(self, output: str) -> Notice:
        """Have the next player do without an output; our own virtual port is made anew once."""
        words = f"{output} took no more notes and held the player up; it is started again"
        if output in self._hung_in or not output.startswith(OURS):
            left = tuple(dict.fromkeys((*self._setup.left_out, output)))
            self._setup = replace(self._setup, left_out=left)
            words += f" without {output}, until that is unplugged and back or chosen again"
        self._hung_in.add(output)
        self._sends.close()  # what it says is known
        return Notice(words, Level.ERROR)

    def _kill(self) -> None:
        if self._player.pid is not None:
            with suppress(OSError):
                os.kill(self._player.pid, KILL)  # one that spins hears nothing else

    def _bury(self, now: float) -> list[Report]:
        """Start another player after one that has died, unless too many have."""
        self._player.stop()
        self._deaths.append(now)
        while self._deaths[0] < now - WINDOW:
            self._deaths.popleft()
        ended = self._known.ends(now)
        if not self._known.spoke:  # it can't live here; its log says why
            self._over = True
            return ended
        if len(self._deaths) > DEATHS:
            self._over = True
            words = "the player died too often and stays down; see `improv doctor`"
            return [*ended, Notice(words, Level.ERROR)]
        self._sends.close()
        self._sends = Watch()
        resumed = self._known.resumed(self._setup, self._began, now)
        self._player = self._make(replace(resumed, sending=self._sends.path))
        self._player.start()
        self._known = self._known.after()
        self._heard_at, self._returning = now, True
        return [*ended, Notice("the player died; starting it again", Level.ERROR)]


OURS = f"{Kind.VIRTUAL.value}:"
KILL = 9 if os.name == "posix" else SIGTERM  # Windows: TerminateProcess


class Known:
    """What is known of a player from its reports: enough for another to go on in its place."""

    def __init__(self, status: Status | None = None, offset: int = 0) -> None:
        self.spoke = False
        self.farewell = False
        self._status = status
        self._offset = offset  # so that no two players give two notes one serial
        self._notes: dict[int, Note] = {}  # the last to have begun, by serial
        self._sounding: dict[int, int] = {}  # serial to pitch
        self._planned: tuple[Note, ...] = ()
        self._last_serial = offset

    def taken(self, report: Report) -> Report:
        """Remember a report; the same with serials of this session, not of this player."""
        match report:
            case Sounded():
                report = replace(report, serial=report.serial + self._offset)
                self._last_serial = max(self._last_serial, report.serial)
                self._sounding[report.serial] = report.pitch
                note = Note(report.pitch, report.velocity, report.start, 0.0, report.source)
                self._notes[report.serial] = note
                while len(self._notes) > KEPT:
                    del self._notes[next(iter(self._notes))]
            case Ended():
                report = replace(report, serial=report.serial + self._offset)
                self._end(report.serial, report.at)
            case Planned():
                self._planned = report.notes
            case Status():
                if report.sounding is not None:
                    serials = frozenset(serial + self._offset for serial in report.sounding)
                    report = replace(report, sounding=serials)
                self._status, self.spoke = report, True
            case Goodbye():
                self.farewell = True
        return report

    def ends(self, now: float) -> list[Report]:
        """The end of each note that sounds, since the player won't say it."""
        sounding = tuple(self._sounding)
        for serial in sounding:
            self._end(serial, now, let_go=False)
        return [Ended(serial, now) for serial in sounding]

    def _end(self, serial: int, at: float, *, let_go: bool = True) -> None:
        if let_go:
            self._sounding.pop(serial, None)
        note = self._notes.get(serial)
        if note is not None and not note.duration:
            self._notes[serial] = replace(note, duration=max(0.0, at - note.start))

    def hanging(self, now: float) -> frozenset[int]:
        """Pitches that may ring on: what sounded, and what began with no time to say so."""
        begun = (note.pitch for note in self._planned if note.start <= now)
        return frozenset((*self._sounding.values(), *begun))

    def resumed(self, setup: PlayerSetup, began: float, now: float) -> PlayerSetup:
        """How to start a player that goes on from here."""
        assert self._status is not None  # it spoke  # noqa: S101
        idle = setup.idle_start
        if self._status.phase is Phase.PLAYING:
            idle = PAUSE
        elif self._status.phase in {Phase.PAUSED, Phase.STOPPED}:
            idle = None
        seconds = setup.seconds
        return replace(
            setup,
            params=self._status.params,
            opening=tuple(self._notes.values()) or setup.opening,
            idle_start=idle,
            seconds=None if seconds is None else max(0.1, began + seconds - now),
            hanging=self.hanging(now),
            plugged=self._status.plugged,
            unheard=self._status.unheard,
        )

    def after(self) -> Known:
        """What is known of the next one before it speaks."""
        return Known(self._status, self._last_serial)
