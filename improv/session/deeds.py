"""What each deed of `play.deeds` is to the player."""

from __future__ import annotations

from improv.play import deeds
from improv.play.messages import Action, Phase, Transport
from improv.play.params import Params
from improv.session.messages import Command, SaveTake, SwitchSides, Tap, Undo


def command(deed: str, phase: Phase, params: Params, now: float) -> Command:
    """The command for one of `deeds.DEEDS`, done at `now`."""
    match deed:
        case deeds.START:
            return Transport(deeds.started(phase, params))
        case deeds.AB:
            return SwitchSides()
        case "undo" | "redo":
            return Undo(redo=deed == "redo")
        case "tap":
            return Tap(now)
        case "save":
            return SaveTake()
    return Transport(Action(deed))
