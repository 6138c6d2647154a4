"""What the screen remembers from one session to the next: `screen.toml` beside the configuration.

Its colours, whether its first words were read, and the ports that were chosen there. A file that
can't be read or written costs a sentence and never the music.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from improv import config
from improv.errors import UsageError
from improv.ports.atomic import replace_bytes
from improv.ports.spec import Kind, parse_spec


@dataclass(frozen=True, slots=True)
class Looks:
    """What is remembered."""

    theme: str = ""  # as Textual calls it; none: the usual one
    toured: bool = False  # the first words were read
    outputs: tuple[str, ...] = ()  # as they were last chosen; none: whatever there is
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for spec in (*self.outputs, *self.inputs):
            parse_spec(spec)


def lasting(specs: tuple[str, ...]) -> tuple[str, ...]:
    """What is remembered of open ports: a take's file is of one evening."""
    return tuple(spec for spec in specs if parse_spec(spec).kind is not Kind.FILE)


def path() -> Path:
    """Where it is kept."""
    return config.user_path().with_name("screen.toml")


def stored() -> Looks:
    """What was remembered last. Raises UsageError, which names the file and key."""
    where = path()
    return config.load_table(where, Looks) if where.is_file() else Looks()


def store(**changed: str | bool | tuple[str, ...]) -> None:
    """Remember this, and keep the rest. Raises UsageError, also where what is there is damaged."""
    looks, where = replace(stored(), **changed), path()  # type: ignore[arg-type]  # fields by name
    lines = [
        "# What improv's screen remembers.",
        f"theme = {json.dumps(looks.theme)}",
        f"toured = {json.dumps(looks.toured)}",
        f"outputs = {json.dumps(looks.outputs, ensure_ascii=False)}",
        f"inputs = {json.dumps(looks.inputs, ensure_ascii=False)}",
    ]
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(where, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise UsageError(f"cannot write {str(where)!r}: {error.strerror}") from None
