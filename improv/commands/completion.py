"""`improv completion bash`: what a shell needs to complete commands, options and their words.

    eval "$(improv completion bash)"        # in ~/.bashrc

It is written out of the same parsers that read the command line, so it can't fall behind them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

_SCRIPT = """\
_improv() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
    local command=play word words=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in {commands}) command=$word; break ;; esac
    done
    case "$command $prev" in
{choices}
    esac
    if [ -z "$words" ]; then
        case $command in
{options}
        esac
        [ "$COMP_CWORD" -eq 1 ] && words="$words {names}"
    fi
    local IFS=$' \\n'
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _improv improv
"""


def options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("shell", choices=("bash",), help="the shell")


def run(options: argparse.Namespace) -> int:
    print(script({name: parser(name) for name in options.commands}), end="")
    return 0


def parser(command: str) -> argparse.ArgumentParser:
    """The parser of one command's options."""
    from importlib import import_module

    made = argparse.ArgumentParser()
    import_module(f"improv.commands.{command}").options(made)
    return made


def script(parsers: dict[str, argparse.ArgumentParser]) -> str:
    """For bash, of each command by its name."""
    choices, listed = [], []
    for name, made in parsers.items():
        actions = made._actions  # noqa: SLF001  # argparse has no other way to them
        spelt = [option for action in actions for option in action.option_strings]
        places = [word for a in actions if not a.option_strings for word in a.choices or ()]
        listed.append(f'            {name}) words="{_words([*spelt, *places])}" ;;')
        choices += [
            f"        {'|'.join(_quoted(name, o) for o in a.option_strings)})"
            f' words="{_words(_values(a))}" ;;'
            for a in actions
            if a.option_strings and _values(a)
        ]
    names = list(parsers)
    return _SCRIPT.format(
        commands="|".join(names),
        choices="\n".join(choices),
        options="\n".join(listed),
        names=_words(names),
    )


def _values(action: argparse.Action) -> list[str]:
    """The words an option takes, also those that a knob only shows: it may take others too."""
    shown = action.metavar if isinstance(action.metavar, str) else ""
    return [*map(str, action.choices or ())] or (shown.split("|") if "|" in shown else [])


def _quoted(command: str, option: str) -> str:
    return f'"{command} {option}"'


def _words(words: Iterable[object]) -> str:
    """Those a shell can complete: without blanks."""
    return " ".join(text for text in map(str, words) if " " not in text)
