"""The journal: all that happened to an engine, a line of text for each thing, as it happened.

A session's engine is a pure function of its beginning (`About`) and of its steps: which of its
methods was called, with what, and when. So the journal is enough to let a session happen again,
note for note. Each step keeps with it what it sent, so that what was heard needs no engine to be
written down, not this one nor a later one that would answer differently.

A line is JSON: an object is something about the session (the first line, and what is known only
later), a list is a step. Lines are only ever added, so that of a file that was cut off anywhere
all but its last line is whole. Nothing here touches a disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from improv.music.event import Note, Source
from improv.play.effects import Effect, Hush, Item, Send, Tell
from improv.play.messages import Chorded, Proposal
from improv.play.outbox import Outbox
from improv.play.params import Params

Kept = Send | Hush | Chorded
"""What is written down of what an engine does."""
Sent = tuple[float, bytes, Source]
"""When a message was due on the player's clock, the message, and whose it is."""


@dataclass(frozen=True, slots=True)
class About:
    """What a session begins with. Another engine made from it does the same of the same steps."""

    params: Params
    seed: int
    opening: tuple[Note, ...]
    idle_start: float | None = None
    limit: int | None = None
    version: str = ""  # of improv
    began: str = ""  # date and time, ISO 8601; none where it was composed offline
    model: str = ""  # none where it was never there
    digest: str = ""  # SHA-256 of its weights
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of the engine: the method, its argument but for the time, and what it sent."""

    now: float
    call: str
    item: Item | float | None = None
    effects: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A journal as it is read: its beginning, its steps, and whether the musician kept it.

    `damaged` counts the lines that could not be read.
    """

    about: About
    steps: tuple[Step, ...]
    kept: bool = False
    damaged: int = 0


# --- what is written


def about_line(known: About | dict[str, Any]) -> bytes:
    """What is known of the session; a later line adds to those before or replaces them."""
    known = named(known) if isinstance(known, About) else known
    return _line(known)


def step_line(step: Step, *, effects: bool = True) -> bytes:
    """A step; without effects it is only what went in."""
    line: list[Any] = [step.now, step.call, _tagged(step.item)]
    if effects and step.effects:
        line.append([_effect(effect) for effect in step.effects])
    return _line(line)


def named(about: About) -> dict[str, Any]:
    """As JSON, by field; the parameters by name."""
    known = {f.name: _plain(getattr(about, f.name)) for f in fields(about)}
    known["params"] = {f.name: getattr(about.params, f.name) for f in fields(Params)}
    return known


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=repr).encode() + b"\n"


def _tagged(item: Item | float | None) -> Any:
    if item is None or isinstance(item, float):
        return item
    if isinstance(item, Proposal):
        item = replace(item, inference_us=())  # which changes nothing
    return [type(item).__name__, *_plain(item)]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        # what no two are told apart by is for looking at, and changes nothing
        return [_plain(getattr(value, f.name)) for f in fields(value) if f.compare]
    return value


def _effect(effect: Kept) -> Any:
    if isinstance(effect, Hush):
        return 0
    if isinstance(effect, Chorded):
        return [effect.name, effect.at]
    return [effect.due, effect.message.hex(), effect.source.value, int(effect.audible)]


# --- what is read


def read(lines: bytes) -> Session | None:
    """The session of a journal, or None where not even its beginning is whole.

    A line that is damaged is left out. Raises ValueError where the beginning is of another kind
    of improv.
    """
    known: dict[str, Any] = {}
    steps: list[Step] = []
    damaged = 0
    for line in lines[: lines.rfind(b"\n") + 1].splitlines():
        try:
            part = json.loads(line)
            if isinstance(part, dict):
                known |= part
            else:
                steps.append(_step(part))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            damaged += 1
    if "seed" not in known:
        return None
    return Session(_about(known), tuple(steps), known.get("kept") is True, damaged)


def read_strictly(lines: bytes) -> Session:
    """As `read`, for what must be whole. Raises ValueError on anything that is not."""
    try:
        parts = [json.loads(line) for line in lines.splitlines()]
        known: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                known |= part
        return Session(_about(known), tuple(_step(p) for p in parts if isinstance(p, list)))
    except (TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"{error!r} in a step") from None


def _about(known: dict[str, Any]) -> About:
    """Raises ValueError, or UsageError for a parameter that is out of range."""
    there = {f.name: known[f.name] for f in fields(About) if f.name in known}
    hints = _hints(About)
    try:
        made: dict[str, Any] = {
            name: Params(**value) if name == "params" else _made(hints[name], value)
            for name, value in there.items()
        }
        return About(**made)
    except TypeError as error:
        raise ValueError(f"this improv does not know all of it: {error}") from None


def _step(line: list[Any]) -> Step:
    now, call, item, *rest = line
    if type(now) not in {int, float} or not isinstance(call, str):
        raise ValueError(f"no step: {line!r}")
    effects = tuple(_effect_of(entry) for entry in rest[0]) if rest else ()
    return Step(float(now), call, _item(item), effects)


def _effect_of(entry: Any) -> Kept:
    if entry == 0:
        return Hush()
    if len(entry) == 2:
        return Chorded(str(entry[0]), float(entry[1]))
    due, message, source, audible = entry
    return Send(bytes.fromhex(message), float(due), Source(source), bool(audible))


def _item(entry: Any) -> Item | float | None:
    if entry is None or isinstance(entry, (int, float)):
        return None if entry is None else float(entry)
    kind = _KINDS[entry[0]]
    made: Item = _made(kind, entry[1:])
    return made


def _made(hint: Any, value: Any) -> Any:
    """A value of the type `hint`, from what `_plain` made of it. Raises ValueError."""
    made = value
    if hint is bytes:
        made = bytes.fromhex(value)
    elif hint is float and type(value) is int:
        made = float(value)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        made = hint(value)
    elif isinstance(hint, type) and is_dataclass(hint):
        hints, names = _hints(hint), [f.name for f in fields(hint)]
        if len(value) > len(names):
            raise ValueError(f"{hint.__name__} has no {len(value)} fields")
        # fewer were written by an improv that did not know the others: they have defaults
        made = hint(*(_made(hints[n], part) for n, part in zip(names, value, strict=False)))
    elif get_origin(hint) is tuple:
        made = tuple(_made(get_args(hint)[0], part) for part in value)
    elif get_origin(hint) in {UnionType, Union}:
        kinds = get_args(hint)
        if type(value) not in kinds and not (value is None and NoneType in kinds):
            made = _made(kinds[0], value)
    elif type(value) is not hint:
        raise ValueError(f"{value!r} is no {hint}")
    return made


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Item)}


# --- what was heard


def sent(steps: Iterable[Step]) -> list[Sent]:
    """What an output without latency was sent, in order."""
    box, out = Outbox(), []

    def leave(by: float) -> None:
        while (due := box.due()) is not None and due <= by:
            for departure in box.pop(due):
                send = departure.send
                out.append((min(departure.at, due), send.message, send.source))

    for step in steps:
        leave(step.now)
        for effect in step.effects:
            if isinstance(effect, Hush):
                box.cut(step.now)
            elif isinstance(effect, Send):
                box.put(effect, step.now)
            leave(step.now)
    leave(float("inf"))
    return out


def chords(steps: Iterable[Step]) -> list[Chorded]:
    """The chords that were in force, in order."""
    return [each for step in steps for each in step.effects if isinstance(each, Chorded)]


def kept(effects: Iterable[Effect]) -> tuple[Kept, ...]:
    """Those effects that are written down: what reaches outputs, and chords."""
    told = (e.report if isinstance(e, Tell) else e for e in effects)
    return tuple(e for e in told if isinstance(e, Kept))
