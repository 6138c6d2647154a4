"""`improv play`: improvise live."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from improv.commands.options import (
    knob_options,
    number,
    opening,
    params,
    preset,
    seed,
    shared_options,
)
from improv.commands.saying import say
from improv.errors import DeviceError, ImprovError, UsageError

if TYPE_CHECKING:
    from improv.session.headless import Log
    from improv.session.watched import WatchedPlayer


def options(sub: argparse.ArgumentParser) -> None:
    shared_options(sub)
    spec = "virtual[:NAME], port:NAME, fluidsynth, file:TAKE.mid or none; may be repeated"
    sub.add_argument("--output", action="append", metavar="SPEC", help=spec)
    heard = "virtual[:NAME], port:NAME or none; may be repeated"
    sub.add_argument("--input", action="append", metavar="SPEC", help=heard)
    late = "how long after it is sent to this output is heard, if `improv calibrate` can't tell"
    sub.add_argument("--output-latency", action="append", metavar="SPEC=MS", help=late)
    sub.add_argument("--osc", metavar="[HOST:]PORT", help="be told by OSC; see `improv osc`")
    sub.add_argument("--osc-out", metavar="HOST:PORT", help="say by OSC what sounds")
    clicks = "an output that clicks on each beat, on channel 10; off if left out"
    sub.add_argument("--metronome", metavar="SPEC", help=clicks)
    sub.add_argument("--seconds", type=number, metavar="S", help="play this long, then end")
    sub.add_argument("--headless", action="store_true", help="no screen")
    sub.add_argument(
        "--report", type=Path, metavar="FILE.json", help="at the end, write how it went"
    )
    sub.add_argument("--keep-playing", action="store_true", help="go on when the terminal is gone")
    knob_options(sub)


def run(options: argparse.Namespace) -> int:
    from improv import config
    from improv.model.store import find
    from improv.play.params import LINK
    from improv.ports import linked
    from improv.ports.spec import parse_spec
    from improv.session import latencies
    from improv.session.messages import ModelSetup, PlayerSetup
    from improv.session.watched import WatchedPlayer

    settings = config.load(options.config)
    base = settings.session
    metronome = options.metronome or base.metronome
    for spec in (*(options.output or ()), *(options.input or ()), metronome or "none"):
        parse_spec(spec)
    seconds: float | None = options.seconds
    if seconds is not None and not 0 < seconds < float("inf"):
        raise UsageError(f"--seconds must be more than 0, not {seconds:g}")
    prompt = options.prompt or base.prompt
    model = options.model or base.model
    headless = options.headless
    if not headless and not _has_screen():
        say("no terminal here, so there is no screen; playing on without one (--headless)")
        headless = True
    outputs = tuple(options.output) if options.output else base.outputs
    inputs = tuple(options.input) if options.input else base.inputs
    measured = options.report is not None  # which is nobody's evening: nothing is remembered
    patient = (outputs, inputs) == (None, None) and not headless and not measured
    if patient:
        outputs, inputs = _chosen_last()
    idle_start = 0.0 if prompt or inputs == ("none",) else 4.0
    setup = PlayerSetup(
        params=params(options, preset(options, settings.params)),
        seed=seed(base.seed if options.seed is None else options.seed),
        model=ModelSetup(model, options.device or base.device),
        opening=opening(prompt),
        idle_start=idle_start,
        outputs=outputs,
        inputs=inputs,
        patient=patient,
        soundfont=options.soundfont or base.soundfont,
        seconds=seconds,
        keep_playing=options.keep_playing,
        keep_lateness=options.report is not None,
        latency_ms=latencies.wanted(base.latency, options.output_latency or ()),
        metronome=None if metronome is None else str(parse_spec(metronome)),
        active_sensing=base.active_sensing,
        osc=_osc(options.osc),
        osc_out=_osc(options.osc_out),
    )
    if setup.params.sync == LINK:
        linked.check()
    player = WatchedPlayer(setup)
    player.start()
    try:
        find(model)  # while the ports open: a folder that is damaged is said before any screen
    except ImprovError:
        player.stop()
        raise
    reports = options.json or options.report is not None
    if headless:
        code, log = _headless(player, keep_notes=reports)
    else:
        code, log = _on_screen(player, remember=not measured)
    if options.report is not None:
        from improv.ports.atomic import replace_bytes

        replace_bytes(options.report, json.dumps(log.summary()).encode())
    if options.json:
        print(json.dumps(log.summary()))
    return code


def _chosen_last() -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The outputs and inputs that were last chosen on the screen; None where none were."""
    from improv.session import looks_file

    try:
        looks = looks_file.stored()
    except UsageError:  # the screen says what is wrong with it
        return None, None
    return looks.outputs or None, looks.inputs or None


def _has_screen() -> bool:
    """Whether there is a terminal, or a browser's (`improv serve`).

    Textual draws on stderr: were that a file, the keys would be read and nothing seen.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return "TEXTUAL_DRIVER" in os.environ or all(stream.isatty() for stream in streams)


def _osc(given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    from improv.ports import osc

    osc.check()
    return osc.parse_address(given)


def _headless(player: WatchedPlayer, *, keep_notes: bool) -> tuple[int, Log]:
    from improv.session import headless

    return headless.run(player, say, keep_notes=keep_notes)


def _on_screen(player: WatchedPlayer, *, remember: bool) -> tuple[int, Log]:
    import gc

    # A seventh of the time to the screen went into collections that find nothing, since almost
    # all that a start makes stays. The app collects again once it is drawn.
    gc.disable()
    from improv.session.headless import PLAYER_DIED, Log
    from improv.session.messages import Goodbye
    from improv.ui.app import ImprovApp

    app = ImprovApp(player, remember=remember)
    try:
        app.run()
    finally:
        player.stop()
    log, code = Log(), app.return_code or 0
    # a player that took longer to finish than a screen can stay has said so meanwhile
    farewell = app.farewell or next((r for r in player.receive() if isinstance(r, Goodbye)), None)
    if farewell is None:
        say(PLAYER_DIED)
        return code or DeviceError.exit_code, log
    log.take(farewell)
    if farewell.exit_code:
        say(farewell.reason)
    if farewell.take:
        say(f"the take: {farewell.take}")
    return code or farewell.exit_code, log
