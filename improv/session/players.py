"""Players who have a name: what they played is kept, a small file each, in the user's data folder.

A file is JSON: the name, and what they played last as `listen.evening` writes it, in base64. One
that can't be read is said and left as it is: nothing is kept in its place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import platformdirs

from improv.errors import InputError, UsageError
from improv.listen.evening import LONGEST
from improv.play.effects import AskPlayer, Effect, KeepPlayer
from improv.play.messages import Known
from improv.ports.atomic import replace_bytes

FORMAT = 1
MAX_BYTES = 2 * LONGEST
"""Of a file that can be one of these."""


def folder() -> Path:
    """Where they are; it need not be there."""
    return platformdirs.user_data_path("improv", appauthor=False) / "players"


def path(player: str) -> Path:
    """Where what a player played is, if anything is known of them."""
    return folder() / f"{player}.json"


def known(player: str) -> Known:
    """What a player played before; nothing of one who is new. Raises InputError."""
    where = path(player)
    try:
        with where.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Known(player, b"")
    except OSError as error:
        raise _unreadable(where, error.strerror or error) from None
    try:
        told = json.loads(data)
        if told["improv player"] != FORMAT:
            raise _unreadable(where, "it is of another improv")
        line = base64.b64decode(told["line"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unreadable(where, "it is damaged") from None
    return Known(player, line[-LONGEST:])


def keep(kept: KeepPlayer) -> None:
    """Keep what a player played, in place of what was kept of them. Raises UsageError."""
    told = {
        "improv player": FORMAT,
        "name": kept.player,
        "notes": len(kept.line),
        "line": base64.b64encode(kept.line).decode(),
    }
    where = path(kept.player)
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(where, json.dumps(told, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise UsageError(
            f"what {kept.player} plays can't be kept: cannot write {str(where)!r}: {error.strerror}"
        ) from None


def errands(effects: Iterable[Effect]) -> Iterator[Callable[[], Known | None]]:
    """The work with files that effects ask for; what comes of it is for the engine."""
    for effect in effects:
        if isinstance(effect, AskPlayer):
            yield partial(known, effect.player)
        elif isinstance(effect, KeepPlayer):
            yield partial(keep, effect)


def _unreadable(where: Path, why: object) -> InputError:
    return InputError(
        f"cannot read what was kept of a player, {str(where)!r}: {why}; put it away, or choose "
        "another player: until then nothing is learnt from it, and nothing kept there"
    )
