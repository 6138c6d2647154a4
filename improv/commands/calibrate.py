"""`improv calibrate`: measure how long an output takes to be heard, so that improv compensates."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from improv.commands.options import json_option, number, whole
from improv.commands.saying import say
from improv.errors import UsageError

ROUNDS = {"cable": 40, "sound": 20}


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--output", required=True, metavar="SPEC", help="the output to measure")
    way = sub.add_mutually_exclusive_group(required=True)
    words = "a cable leads from the output to this input: measure the round trip"
    way.add_argument("--input", metavar="SPEC", help=words)
    words = "hear its sound: jack[:PORT], or microphone (of the sound card that JACK has)"
    way.add_argument("--listen", metavar="WHERE", help=words)
    sub.add_argument("--rounds", type=whole, metavar="N", help="default 40, by sound 20")
    words = "wait this long for the cable or the first sound (default 10)"
    sub.add_argument("--wait", type=number, default=10.0, metavar="S", help=words)
    words = "1 to 16, for the clicks of an instrument that is listened to (default 1)"
    sub.add_argument("--channel", type=whole, default=1, metavar="N", help=words)
    sub.add_argument("--soundfont", metavar="FILE", help="an .sf2 or .sf3 file for FluidSynth")
    sub.add_argument("--dry-run", action="store_true", help="measure, but store nothing")
    json_option(sub)


def run(options: argparse.Namespace) -> int:
    from improv.session import latencies, measuring
    from improv.train.progress import bar

    by_sound = options.listen is not None
    rounds = options.rounds
    if rounds is None:
        rounds = ROUNDS["sound" if by_sound else "cable"]
    if not 5 <= rounds <= 1000:
        raise UsageError(f"--rounds must be from 5 to 1000, not {rounds}")
    if not 0 < options.wait <= 600:
        raise UsageError(f"--wait must be from 0 to 600 seconds, not {options.wait:g}")
    if not 1 <= options.channel <= 16:
        raise UsageError(f"--channel must be from 1 to 16, not {options.channel}")
    latencies.stored()  # a damaged file is said before minutes of clicks
    with bar("measuring", "rounds") as progress:
        if by_sound:
            found = measuring.by_sound(
                options.output,
                options.listen,
                rounds=rounds,
                wait=options.wait,
                channel=options.channel - 1,
                soundfont=options.soundfont,
                say=say,
                progress=progress,
            )
        else:
            found = measuring.over_cable(
                options.output,
                options.input,
                rounds=rounds,
                wait=options.wait,
                say=say,
                progress=progress,
            )
    where = None if options.dry_run else latencies.store(found.device, found.latency_ms)
    if options.json:
        print(json.dumps(asdict(found) | {"stored": where and str(where)}))
        return 0
    trip = found.round_trip_ms
    print(
        f"{found.device}  {found.latency_ms:.2f} ms  (round trip p50 {trip.p50:.2f},"
        f" p95 {trip.p95:.2f}, max {trip.max:.2f}; {found.returned} of {found.rounds})"
    )
    say(found.words)
    if where is None:
        say("nothing was stored (--dry-run)")
    else:
        say(f"stored in {where}; improv compensates it from now on")
    return 0
