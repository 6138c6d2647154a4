"""Playing without a screen: notices on stderr, one JSON object at the end if it is asked for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any

from improv.errors import DeviceError
from improv.session.messages import Chorded, Ended, Goodbye, Notice, Report, Sounded
from improv.session.watched import WatchedPlayer

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
PLAYER_DIED = "the player process died; its log is named by `improv doctor`"


@dataclass(slots=True)
class Log:
    """What happened, as far as a script wants to know; the notes only if it asked for them."""

    keep_notes: bool = False
    notes: dict[int, dict[str, Any]] = field(default_factory=dict)
    chords: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    goodbye: Goodbye | None = None

    def take(self, report: Report) -> None:
        match report:
            case Sounded() if self.keep_notes:
                entry = asdict(report) | {"source": report.source.value, "end": None}
                del entry["serial"]
                self.notes[report.serial] = entry
            case Ended(serial=serial, at=at):
                if serial in self.notes:
                    self.notes[serial]["end"] = at
            case Chorded() if self.keep_notes:
                self.chords.append(asdict(report))
            case Notice(text=text):
                self.notices.append(text)
            case Goodbye():
                self.goodbye = report

    def summary(self) -> dict[str, Any]:
        """One JSON-ready object; times are seconds on the system's monotonic clock."""
        if self.goodbye is None:
            return {"error": "the player process died", "notices": self.notices}
        status = self.goodbye.status
        return {
            "reason": self.goodbye.reason,
            "exit_code": self.goodbye.exit_code,
            "hung": self.goodbye.sounding,
            "played": status.played,
            "heard": status.heard,
            "seed": status.seed,
            "model": status.model,
            "backend": status.backend,
            "device_why": status.device_why,
            "inputs": status.inputs,
            "outputs": status.outputs,
            "copied_most": status.copies.most,
            "by_heart_most": status.copies.most_by_heart,
            "params": asdict(status.params),
            "inert": sorted(status.inert),
            "timing": asdict(status.timing),
            "faults": dict(status.faults),
            "latency_ms": dict(status.latency_ms),
            "notices": self.notices,
            "notes": list(self.notes.values()),
            "chords": self.chords,
            "lateness": self.goodbye.lateness,
            "take": self.goodbye.take,
        }


def run(
    player: WatchedPlayer, say: Callable[[str], None], *, keep_notes: bool = False
) -> tuple[int, Log]:
    """Play until the player ends or a signal comes; the exit code and what happened.

    Args:
        player: started already.
        say: prints one line for the musician.
        keep_notes: remember every note, for a report.
    """
    log = Log(keep_notes)
    caught: list[int] = []
    wake = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        caught.append(number)
        wake.set()

    names = [name for name in SIGNALS if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), on_signal) for name in names}
    try:
        while not player.ended and not caught:
            _drain(player, log, say)
            wake.wait(0.05)
    finally:
        code = player.stop()
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
    _drain(player, log, say)
    if caught:
        return 128 + caught[0], log
    if code is None or code < 0:
        say(PLAYER_DIED)
        return DeviceError.exit_code, log
    return code, log


def _drain(player: WatchedPlayer, log: Log, say: Callable[[str], None]) -> None:
    for report in player.receive():
        log.take(report)
        if isinstance(report, Notice):
            say(report.text)
