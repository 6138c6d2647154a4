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
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from improv.errors import ImprovError, InputError, UsageError
from improv.music.event import Note
from improv.play.params import KNOBS, Params

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


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def _parser() -> _Parser:
    parser = _Parser(
        prog="improv",
        description="A live MIDI improviser: play a phrase, and it goes on from it.",
        epilog="`improv` alone is `improv play`. Each command has its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"improv {version('improv-midi')}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, help_, options, command in _COMMANDS:
        sub = commands.add_parser(name, help=help_, description=help_)
        options(sub)
        sub.set_defaults(command=command)
    return parser


# --- options that several commands share


def _model_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", metavar="NAME", help="a model `improv models` lists, or a folder")
    sub.add_argument("--device", choices=("auto", "cpu", "gpu"), help="where the model runs")


def _json_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def _knob_options(sub: argparse.ArgumentParser, *, without: frozenset[str] = frozenset()) -> None:
    sub.add_argument("--instrument", metavar="NAME", help="by General MIDI name or number 0-127")
    for knob in KNOBS.values():
        if knob.name in {"program", *without}:
            continue
        flag = "--" + knob.name.replace("_", "-")
        words = f"{knob.help} (default {knob.default})"
        if knob.kind is bool:
            sub.add_argument(flag, action=argparse.BooleanOptionalAction, help=words)
        else:
            sub.add_argument(
                flag,
                dest=knob.name,
                type=_whole if knob.kind is int else _number,
                metavar="X",
                help=words,
            )


def _shared_options(sub: argparse.ArgumentParser) -> None:
    _model_options(sub)
    sub.add_argument("--config", type=Path, metavar="FILE.toml", help="see configs/default.toml")
    sub.add_argument("--prompt", metavar="FILE.mid", help="the phrase it goes on from")
    sub.add_argument("--seed", type=_whole, metavar="N", help="the same seed makes the same music")
    sub.add_argument("--soundfont", metavar="FILE.sf2", help="the sounds FluidSynth plays with")
    _json_option(sub)


def _params(options: argparse.Namespace, params: Params) -> Params:
    """The configured parameters with those of the command line over them."""
    from improv.music import general_midi

    if options.instrument is not None:
        params = params.with_value("program", general_midi.program(options.instrument))
    given = {name: getattr(options, name, None) for name in KNOBS}
    for name, value in given.items():
        if value is not None:
            params = params.with_value(name, value)
    return params


def _opening(prompt: str | None) -> tuple[Note, ...]:
    """The prompt's notes, or the built-in phrase."""
    if prompt is None:
        from improv.music.opening import phrase

        return phrase()
    from improv.ports.midifile import read_notes

    return read_notes(Path(prompt))


def _seed(given: int | None) -> int:
    seed = secrets.randbelow(1_000_000) if given is None else given
    if not 0 <= seed < 2**63:
        raise UsageError(f"a seed is a whole number from 0 up, not {given}")
    return seed


# --- play


def _play_options(sub: argparse.ArgumentParser) -> None:
    _shared_options(sub)
    spec = "virtual[:NAME], port:NAME, fluidsynth, file:TAKE.mid or none; may be repeated"
    sub.add_argument("--output", action="append", metavar="SPEC", help=spec)
    sub.add_argument("--input", action="append", metavar="SPEC", help=spec)
    sub.add_argument("--seconds", type=_number, metavar="S", help="play this long, then end")
    sub.add_argument("--headless", action="store_true", help="no screen")
    sub.add_argument("--keep-playing", action="store_true", help="go on when the terminal is gone")
    _knob_options(sub)


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
    find(model)  # a missing or damaged folder is said before anything starts
    inputs = tuple(options.input) if options.input else base.inputs
    idle_start = 0.0 if prompt or inputs == ("none",) else 4.0
    setup = PlayerSetup(
        params=_params(options, settings.params),
        seed=_seed(base.seed if options.seed is None else options.seed),
        model=ModelSetup(model, options.device or base.device),
        opening=_opening(prompt),
        idle_start=idle_start,
        outputs=tuple(options.output) if options.output else base.outputs,
        inputs=inputs,
        soundfont=options.soundfont or base.soundfont,
        seconds=seconds,
        keep_playing=options.keep_playing,
    )
    headless = options.headless
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        say("no terminal here, so there is no screen; playing on without one (--headless)")
        headless = True
    player = PlayerProcess(setup)
    player.start()
    if headless:
        return _play_headless(player, want_json=options.json)
    return _play_on_screen(player)


def _play_headless(player: Any, *, want_json: bool) -> int:
    from improv.session import headless

    code, log = headless.run(player, say)
    if want_json:
        print(json.dumps(log.summary()))
    return code


def _play_on_screen(player: Any) -> int:
    from improv.ui.app import ImprovApp

    app = ImprovApp(player)
    try:
        app.run()
    finally:
        player.stop()
    if app.farewell is not None and app.farewell.exit_code:
        say(app.farewell.reason)
    return app.return_code or 0


# --- generate and plot


def _generate_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("out", type=Path, metavar="OUT.mid|OUT.wav")
    _shared_options(sub)
    sub.add_argument(
        "--notes", dest="count", type=_whole, default=120, metavar="N", help="how many"
    )
    sub.add_argument("--plot", type=Path, metavar="OUT.png", help="draw what was made as well")
    _knob_options(sub, without=frozenset({"notes", "pause", "thru"}))


def _generate(options: argparse.Namespace) -> int:
    from improv import config
    from improv.session import compose

    settings = config.load(options.config)
    if options.count < 1:
        raise UsageError(f"--notes must be at least 1, not {options.count}")
    made = compose.compose(
        out=options.out,
        model=options.model or settings.session.model,
        device=options.device or settings.session.device,
        params=_params(options, settings.params),
        count=options.count,
        seed=_seed(settings.session.seed if options.seed is None else options.seed),
        opening=_opening(options.prompt or settings.session.prompt),
        soundfont=options.soundfont or settings.session.soundfont,
        plot=options.plot,
    )
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


# --- training


def _data_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("source", metavar="DIR|ZIP|maestro")
    _json_option(sub)


def _train_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--config", type=Path, required=True, metavar="FILE.toml")
    sub.add_argument("--data", required=True, metavar="DIR|ZIP", help="see `improv data`")
    sub.add_argument("--out", type=Path, metavar="DIR", help="default: runs/NAME")
    sub.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    _json_option(sub)


def _evaluate_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", required=True, metavar="NAME")
    sub.add_argument("--data", required=True, metavar="DIR|ZIP")
    sub.add_argument("--split", default="test", choices=("train", "validation", "test", "all"))
    sub.add_argument("--plot", type=Path, metavar="OUT.png")
    _json_option(sub)


def _with_training(run: str) -> Command:
    """A command of the train room, which needs the extra that brings TensorFlow."""

    def command(options: argparse.Namespace) -> int:
        from improv.session.child import libraries_to_log

        try:
            with libraries_to_log("train"):
                from improv.train import commands

                result: dict[str, Any] = getattr(commands, run)(options, say)
        except ModuleNotFoundError as error:
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
    ("ports", "list the MIDI ports of this machine", _json_option, _ports),
    ("models", "list the models there are", _json_option, _models),
    ("doctor", "check this machine, with a fix for each finding", _json_option, _doctor),
    ("data", "prepare a dataset to train on", _data_options, _with_training("data")),
    ("train", "train a model", _train_options, _with_training("train")),
    (
        "evaluate",
        "measure a model on held-out music",
        _evaluate_options,
        _with_training("evaluate"),
    ),
)


if __name__ == "__main__":
    sys.exit(main())
