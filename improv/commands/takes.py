"""`improv takes`: what you have played, and what can be done with it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from improv.commands.options import json_option
from improv.commands.saying import say
from improv.errors import UsageError
from improv.session import takes
from improv.session.takes import TakeInfo


def options(sub: argparse.ArgumentParser) -> None:
    json_option(sub)
    what = sub.add_subparsers(dest="what", metavar="WHAT", title="besides listing them")
    named = "a file, a name of the list or a part of it, or last"
    for name, words, metavar in (
        ("plot", "draw a take", "PNG"),
        ("render", "what a take sounds like", "WAV"),
        ("save", "keep a take that nobody saved", None),
    ):
        one = what.add_parser(name, help=words, description=words)
        one.add_argument("take", metavar="TAKE", help=named)
        if metavar is not None:
            one.add_argument("--out", type=Path, required=True, metavar=metavar)
    what.choices["render"].add_argument("--soundfont", metavar="FILE.sf2", help="its sounds")


def run(options: argparse.Namespace) -> int:
    folder = takes.folder()
    for recovered in takes.recover(folder):
        say(recovered.words)
    match options.what:
        case "plot":
            from improv.session import picture

            picture.draw_file(takes.find(folder, options.take), options.out)
            say(f"drew {options.out}")
        case "render":
            _render(takes.find(folder, options.take), options.out, options.soundfont)
            say(f"wrote {options.out}")
        case "save":
            info = takes.choose(takes.listing(folder), options.take)
            say(f"saved: {info.path if info.saved else takes.save(info, folder)}")
        case _:
            _list(takes.listing(folder), folder, as_json=options.json)
    return 0


def _list(found: list[TakeInfo], folder: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"folder": str(folder), "takes": [asdict(t) for t in found]}, default=str))
        return
    for take in found:
        minutes, seconds = divmod(round(take.seconds), 60)
        try:
            when = f"{datetime.fromisoformat(take.began):%d %b %Y %H:%M}"
        except ValueError:  # composed, not played
            when = ""
        print(
            f"{take.name:<20} {when:<17} {minutes:>4}:{seconds:02} "
            f"{take.you:>6} yours {take.improv:>6} its  {take.model:<10} "
            f"{'saved' if take.saved else ''}".rstrip()
        )
    if not found:
        say(f"no takes yet; play, and they are in {folder}")
    elif not all(take.saved for take in found):
        say(f"those not saved are kept until {takes.RECENT} are newer; `improv takes save NAME`")


def _render(take: Path, out: Path, soundfont: str | None) -> None:
    from improv.ports import wav
    from improv.ports.take import read_messages

    if out.suffix.lower() != ".wav":
        raise UsageError(f"{out.name!r} must end in .wav")
    wav.render_wav(out, read_messages(take), soundfont)
