"""The command line: `improv` and its commands.

Rule: data on stdout, words on stderr, and every error one sentence with the exit code of its kind
(improv/errors.py). Each command imports what it needs when it runs: the screen has to be up in a
fraction of a second, so nothing heavy stands at the top. argparse for the same reason: 20 ms,
against 136 ms measured for a richer library.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from improv import train_options
from improv.errors import ImprovError, InputError, UsageError
from improv.options import (
    json_option,
    knob_options,
    number,
    opening,
    params,
    seed,
    shared_options,
    whole,
)

if TYPE_CHECKING:
    from improv.session.headless import Log
    from improv.session.terminal import PlayerProcess

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parser = _parser()
        if not given or (given[0].startswith("-") and given[0] not in _GLOBAL):
            given.insert(0, "play")  # `improv --seed 3` is `improv play --seed 3`
        options = parser.parse_args(given)
        command: Command = options.command
        return command(options)
    except ImprovError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our stdout has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def say(text: str) -> None:
    """One line for the musician."""
    print(f"improv: {text}", file=sys.stderr, flush=True)


_GLOBAL = {"-h", "--help", "--version"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


class _Version(argparse.Action):
    """Looks the version up only when asked: 25 ms of import that a start need not pay."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(f"improv {version('improv-midi')}")
        raise SystemExit(0)


def _parser() -> _Parser:
    parser = _Parser(
        prog="improv",
        description="A live MIDI improviser: play a phrase, and it goes on from it.",
        epilog="`improv` alone is `improv play`. Each command has its own --help.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which improv this is")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, help_, options, command in _COMMANDS:
        sub = commands.add_parser(name, help=help_, description=help_)
        options(sub)
        sub.set_defaults(command=command)
    return parser


# --- play


def _play_options(sub: argparse.ArgumentParser) -> None:
    shared_options(sub)
    spec = "virtual[:NAME], port:NAME, fluidsynth, file:TAKE.mid or none; may be repeated"
    sub.add_argument("--output", action="append", metavar="SPEC", help=spec)
    heard = "virtual[:NAME], port:NAME or none; may be repeated"
    sub.add_argument("--input", action="append", metavar="SPEC", help=heard)
    sub.add_argument("--seconds", type=number, metavar="S", help="play this long, then end")
    sub.add_argument("--headless", action="store_true", help="no screen")
    sub.add_argument(
        "--report", type=Path, metavar="FILE.json", help="at the end, write how it went"
    )
    sub.add_argument("--keep-playing", action="store_true", help="go on when the terminal is gone")
    knob_options(sub)


def _play(options: argparse.Namespace) -> int:
    from improv import config
    from improv.model.store import find
    from improv.ports.spec import parse_spec
    from improv.session.messages import ModelSetup, PlayerSetup
    from improv.session.terminal import PlayerProcess

    settings = config.load(options.config)
    base = settings.session
    for spec in (*(options.output or ()), *(options.input or ())):
        parse_spec(spec)
    seconds: float | None = options.seconds
    if seconds is not None and not 0 < seconds < float("inf"):
        raise UsageError(f"--seconds must be more than 0, not {seconds:g}")
    prompt = options.prompt or base.prompt
    model = options.model or base.model
    inputs = tuple(options.input) if options.input else base.inputs
    idle_start = 0.0 if prompt or inputs == ("none",) else 4.0
    setup = PlayerSetup(
        params=params(options, settings.params),
        seed=seed(base.seed if options.seed is None else options.seed),
        model=ModelSetup(model, options.device or base.device),
        opening=opening(prompt),
        idle_start=idle_start,
        outputs=tuple(options.output) if options.output else base.outputs,
        inputs=inputs,
        soundfont=options.soundfont or base.soundfont,
        seconds=seconds,
        keep_playing=options.keep_playing,
        keep_lateness=options.report is not None,
    )
    headless = options.headless
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        say("no terminal here, so there is no screen; playing on without one (--headless)")
        headless = True
    player = PlayerProcess(setup)
    player.start()
    try:
        find(model)  # while the ports open: a folder that is damaged is said before any screen
    except ImprovError:
        player.stop()
        raise
    reports = options.json or options.report is not None
    code, log = _headless(player, keep_notes=reports) if headless else _on_screen(player)
    if options.report is not None:
        from improv.ports.atomic import replace_bytes

        replace_bytes(options.report, json.dumps(log.summary()).encode())
    if options.json:
        print(json.dumps(log.summary()))
    return code


def _headless(player: PlayerProcess, *, keep_notes: bool) -> tuple[int, Log]:
    from improv.session import headless

    return headless.run(player, say, keep_notes=keep_notes)


def _on_screen(player: PlayerProcess) -> tuple[int, Log]:
    import gc

    # A seventh of the time to the screen went into collections that find nothing, since almost
    # all that a start makes stays. The app collects again once it is drawn.
    gc.disable()
    from improv.session.headless import Log
    from improv.ui.app import ImprovApp

    app = ImprovApp(player)
    try:
        app.run()
    finally:
        player.stop()
    log = Log()
    if app.farewell is not None:
        log.take(app.farewell)
        if app.farewell.exit_code:
            say(app.farewell.reason)
    return app.return_code or 0, log


# --- generate and plot


def _generate_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("out", type=Path, metavar="OUT.mid|OUT.wav")
    shared_options(sub)
    sub.add_argument("--notes", dest="count", type=whole, default=120, metavar="N", help="how many")
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="draw what was made as well")
    knob_options(sub, without=frozenset({"notes", "pause", "thru"}))


def _generate(options: argparse.Namespace) -> int:
    from improv import config
    from improv.session import compose
    from improv.train.progress import bar

    settings = config.load(options.config)
    if options.count < 1:
        raise UsageError(f"--notes must be at least 1, not {options.count}")
    with bar("composing", "notes") as progress:
        made = compose.compose(
            out=options.out,
            model=options.model or settings.session.model,
            device=options.device or settings.session.device,
            params=params(options, settings.params),
            count=options.count,
            seed=seed(settings.session.seed if options.seed is None else options.seed),
            opening=opening(options.prompt or settings.session.prompt),
            soundfont=options.soundfont or settings.session.soundfont,
            plot=options.plot,
            progress=progress,
        )
    for knob in made.unused:
        say(f"the model {made.model} plays the same whatever {knob} is")
    say(f"wrote {made.notes} notes, {made.seconds:.1f} s, seed {made.seed}: {made.out}")
    if options.json:
        print(json.dumps(asdict(made)))
    return 0


def _plot_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", type=Path, metavar="FILE.mid")
    sub.add_argument("--out", type=Path, required=True, metavar="PNG")


def _plot(options: argparse.Namespace) -> int:
    from improv.session import picture

    picture.draw_file(options.file, options.out)
    say(f"drew {options.out}")
    return 0


# --- what is here


def _ports(options: argparse.Namespace) -> int:
    from improv.ports.backend import available

    found = available()
    if options.json:
        print(json.dumps(asdict(found), default=lambda backend: backend.value))
        return 0
    for title, names in (("inputs", found.inputs), ("outputs", found.outputs)):
        for name in names:
            print(f"{title[:-1]:<7} {name}")
        if not names:
            say(f"no MIDI {title} here besides the virtual one improv makes")
    return 0


def _models(options: argparse.Namespace) -> int:
    from improv.model.store import list_models

    found = list_models()
    if options.json:
        print(json.dumps({"models": [asdict(model) for model in found]}, default=str))
        return 0
    for model in found:
        size = f"{model.parameters:,} weights"
        print(f"{model.name:<12} {model.architecture:<8} {size:>18}  {model.title}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from improv.session import doctor

    findings = doctor.examine()
    if options.json:
        print(json.dumps({"findings": [asdict(f) for f in findings]}, default=lambda o: o.value))
        return 0
    from rich.console import Console

    doctor.show(findings, Console())
    return 0


def _bench_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--seconds", type=number, default=20.0, metavar="S", help="how long it plays")
    sub.add_argument(
        "--soak", type=number, metavar="MINUTES", help="beside a busy process on each core"
    )
    sub.add_argument("--output", default="virtual:improv", metavar="SPEC", help="where it plays to")
    sub.add_argument("--model", default=None, metavar="NAME", help="see `improv models`")
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="lateness over time")
    json_option(sub)


def _bench(options: argparse.Namespace) -> int:
    from improv import config
    from improv.session import bench
    from improv.train.progress import bar

    seconds = 60 * options.soak if options.soak is not None else options.seconds
    if not 5 <= seconds < float("inf"):
        raise UsageError(f"a benchmark takes at least 5 seconds, not {seconds:g}")
    with bar("playing", "seconds") as progress:
        report, lateness = bench.bench(
            seconds=seconds,
            output=options.output,
            model=options.model or config.load(None).session.model,
            load=options.soak is not None,
            progress=progress,
        )
    if options.plot is not None:
        from improv.session import bench_picture

        bench_picture.draw(report, lateness, options.plot)
        say(f"drew {options.plot}")
    print(json.dumps(report, indent=None if options.json else 2))
    return 0


# --- training


def _with_training(run: str) -> Command:
    """A command of the train room, which needs the extra that brings TensorFlow."""

    def command(options: argparse.Namespace) -> int:
        from improv.session.child import libraries_to_log

        try:
            with libraries_to_log("train"):
                from improv.train import commands

                result: dict[str, Any] = getattr(commands, run)(options, say)
        except ModuleNotFoundError as error:
            if error.name == "tensorflow" and find_spec("jax") is not None:
                raise UsageError(
                    "JAX is here and TensorFlow is not; to train with JAX set KERAS_BACKEND=jax"
                ) from None
            raise InputError(
                f"training needs {error.name}; install it with: uv pip install 'improv-midi[train]'"
            ) from None
        if options.json:
            print(json.dumps(result))
        return 0

    return command


_COMMANDS: tuple[tuple[str, str, Callable[[argparse.ArgumentParser], None], Command], ...] = (
    ("play", "improvise live (the default)", _play_options, _play),
    ("generate", "compose a MIDI file or audio offline", _generate_options, _generate),
    ("plot", "draw a MIDI file: piano roll and distributions", _plot_options, _plot),
    ("ports", "list the MIDI ports of this machine", json_option, _ports),
    ("models", "list the models there are", json_option, _models),
    ("bench", "time improv on this machine", _bench_options, _bench),
    ("doctor", "check this machine, with a fix for each finding", json_option, _doctor),
    ("data", "prepare a dataset to train on", train_options.data, _with_training("data")),
    ("train", "train a model", train_options.train, _with_training("train")),
    (
        "evaluate",
        "measure a model on held-out music",
        train_options.evaluate,
        _with_training("evaluate"),
    ),
)


if __name__ == "__main__":
    sys.exit(main())
