"""What a take says of its session besides its notes, and the session that it says it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from improv.errors import ImprovError, InputError
from improv.music.chord import NONE
from improv.play.messages import SetParam, Transport
from improv.ports.take import Account, read_account
from improv.session import journal
from improv.session.journal import About, Session, Step

FORMAT = 1
"""Of what a take says; another improv that reads it knows what to expect."""


def this_improv() -> str:
    """The version that is at work."""
    return version("improv-midi")


def account(about: About, steps: Iterable[Step], damaged: int = 0) -> Account:
    """For a take's file; `damaged` steps are missing."""
    steps = tuple(steps)
    said = journal.named(about)
    del said["opening"]  # it may be long, and stands in the log
    lines = [journal.about_line(about), *(journal.step_line(s, effects=False) for s in steps)]
    if damaged:
        said["damaged"] = damaged
    marks = sorted([*_marks(about, steps), *_chords(steps)], key=lambda mark: mark[0])
    return Account({"format": FORMAT, **said}, tuple(marks), b"".join(lines))


def read(path: Path) -> Session:
    """The session a take was of, without what its steps sent. Raises InputError."""
    told = read_account(path)
    if told.about.get("format") != FORMAT:
        raise InputError(
            f"{path} was played with improv {told.about.get('version') or 'of another kind'}, "
            f"and this is {this_improv()}: it can't play it again; its notes are whole"
        )
    try:
        return journal.read_strictly(told.log)
    except (ValueError, ImprovError) as error:
        raise InputError(
            f"{path} is a take, but what it takes to play it again is damaged: {error}; "
            "its notes are whole: `improv plot` draws them"
        ) from None


def _marks(about: About, steps: Iterable[Step]) -> Iterator[tuple[float, str]]:
    """Each knob as it was turned, `temperature=0.5`, and each key of the transport."""
    params = about.params
    for step in steps:
        match step.item:
            case SetParam(name=name, value=value):
                try:
                    params = params.with_value(name, value)
                except ImprovError:  # refused then too
                    continue
                yield step.now, f"{name}={getattr(params, name)}"
            case Transport(action=action):
                yield step.now, action.value


def _chords(steps: Iterable[Step]) -> Iterator[tuple[float, str]]:
    """Each chord by its symbol, as on a lead sheet."""
    for chord in journal.chords(steps):
        yield chord.at, "N.C." if chord.name == NONE else chord.name
