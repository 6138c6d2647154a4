"""`improv replay`: let a take happen again, as it was or as it would have been."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from improv.commands.options import json_option, model_options
from improv.commands.saying import say
from improv.errors import ModelRefused, UsageError
from improv.play.params import KNOBS, Value

if TYPE_CHECKING:
    from improv.model.store import ModelFolder
    from improv.session.journal import About, Sent, Session
    from improv.session.replay import Replay


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("take", metavar="TAKE", help="a file, a name `improv takes` lists, or last")
    sub.add_argument("--out", type=Path, required=True, metavar="OUT.mid|OUT.wav")
    words = "hear what would have been, with this knob there all along; may be repeated"
    sub.add_argument("--set", action="append", metavar="KNOB=VALUE", help=words)
    model_options(sub)
    sub.add_argument("--soundfont", metavar="FILE.sf2", help="the sounds of a .wav")
    json_option(sub)


def run(options: argparse.Namespace) -> int:
    from improv.ports import take
    from improv.session import account, journal, takes

    if options.out.suffix.lower() not in {".mid", ".midi", ".wav"}:
        raise UsageError(f"{options.out.name!r} must end in .mid or .wav")
    for recovered in takes.recover(takes.folder()):  # `last` may be one that was cut off
        say(recovered.words)
    source = takes.find(takes.folder(), options.take)
    session = account.read(source)
    before = source.read_bytes()
    made = _play(session, options)
    told = account.account(made.about, made.steps)
    sent = journal.sent(made.steps)
    music = take.take_bytes(sent, told)
    if options.out.suffix.lower() == ".wav":
        _render(sent, options.out, options.soundfont)
    else:
        take.write(options.out, sent, told)
    anew = made.about != session.about or bool(options.set) or options.model is not None
    facts = {
        "out": str(options.out),
        "as_it_was": not anew,
        "same_bytes": music == before,
        "proposals": made.proposals,
        "drawn_the_same": made.same,
    }
    say(_words(facts, source, session.about))
    if options.json:
        print(json.dumps(facts))
    return 0


def _play(session: Session, options: argparse.Namespace) -> Replay:
    from improv.model.loading import load
    from improv.model.store import digest, find
    from improv.session import players, replay
    from improv.session.naming import Naming
    from improv.train.progress import bar

    changed = dict(_knob(text) for text in options.set or ())
    anew = bool(changed) or options.model is not None
    replay.with_values(session.about.params, changed)  # before a model is loaded
    folder = None
    if options.model or session.about.model:
        folder = find(options.model or session.about.model)
        if not anew:
            _check_same(session.about, digest(folder), folder)
    total = max(1, len(session.steps))
    with bar("playing", "steps") as progress:

        def done(steps: int) -> None:
            progress(steps, total)

        if not anew:
            known = None if folder is None else load(folder, options.device or "auto")
            return replay.again(session, known, done)
        if folder is None:
            raise UsageError("no model played in this take; say with --model which would have")
        improviser = load(folder, options.device or "auto")
        made = replay.otherwise(session, improviser, changed, done, Naming(say), players.known)
    from dataclasses import replace

    return replace(made, about=replace(made.about, digest=digest(folder)))


def _knob(text: str) -> tuple[str, Value]:
    from improv.play import knobs

    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or name not in KNOBS:
        raise UsageError(f"--set must be KNOB=VALUE, not {text!r}; knobs: {', '.join(KNOBS)}")
    return name, knobs.read(KNOBS[name], value.strip())


def _check_same(about: About, found: str, folder: ModelFolder) -> None:
    if about.digest and about.digest != found:
        raise ModelRefused(
            f"the take was played by another {about.model!r} ({about.digest[:12]}) than the one "
            f"that is here ({found[:12]}); --model {folder.name} lets this one play what it would"
        )


def _render(sent: list[Sent], out: Path, soundfont: str | None) -> None:
    from improv.ports import wav

    in_order = [(at, message) for at, message, _ in sorted(sent, key=lambda event: event[0])]
    first = next((at for at, message in in_order if message[0] & 0xF0 == 0x90), 0.0)
    wav.render_wav(out, [(max(0.0, at - first), message) for at, message in in_order], soundfont)


def _words(facts: dict[str, object], source: Path, about: About) -> str:
    if not facts["as_it_was"]:
        return f"wrote {facts['out']}: what would have been"
    drawn = f"the model drew {facts['drawn_the_same']} of {facts['proposals']} proposals the same"
    if facts["same_bytes"]:
        return f"wrote {facts['out']}: {source.name} again, to the byte; {drawn}"
    return (
        f"wrote {facts['out']}, which is not {source.name} to the byte: it was played with improv "
        f"{about.version}; {drawn}"
    )
