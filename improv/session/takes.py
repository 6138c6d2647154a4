"""The takes there are: where they lie, which are kept, and those of sessions that were cut off.

In the user's data folder (or where IMPROV_TAKES says) stand the takes the musician saved, for
ever, and in `recent` beneath it the last twenty that nobody saved. A session under way has its
journal there, locked for as long as its player lives: a journal that can be locked is one of a
player that died, and is made into a take by whoever finds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from improv.errors import ImprovError, InputError, UsageError
from improv.session import journal

RECENT = 20
"""Takes that nobody saved are kept up to this many."""
JOURNAL = ".journal"


class Job(Enum):
    """What a process is asked to do, see `take_process`."""

    SAVE = "save"  # a session under way
    FINISH = "finish"  # one that has ended
    RECOVER = "recover"  # those of players that died


@dataclass(frozen=True, slots=True)
class TakeWork:
    """`path` is the journal, or for RECOVER the folder of takes."""

    job: Job
    path: Path


@dataclass(frozen=True, slots=True)
class TakeInfo:
    """What a list of takes shows of one."""

    name: str
    began: str  # ISO 8601
    seconds: float
    you: int  # notes
    improv: int
    model: str
    saved: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of the journal of a session that was cut off: a take, or why there is none."""

    name: str
    path: Path | None
    problem: str = ""

    @property
    def words(self) -> str:
        if self.path is None:
            return f"the take {self.name} was cut off and can't be finished yet: {self.problem}"
        return f"the session of {self.name} was cut off; its take is whole: {self.path}"


def folder() -> Path:
    """Where takes are; it need not be there."""
    asked = os.environ.get("IMPROV_TAKES")
    if asked:
        return Path(asked).expanduser()
    return platformdirs.user_data_path("improv", appauthor=False) / "takes"


def recent(takes: Path) -> Path:
    """Where those stand that nobody saved, and the journals."""
    return takes / "recent"


def is_free(takes: Path, name: str) -> bool:
    """Whether no take has this name."""
    return not any((place / f"{name}.mid").exists() for place in (takes, recent(takes)))


def write(path: Path) -> Path | None:
    """Write the take of a journal as it stands.

    Where it is now, or None where no note sounded. Raises DeviceError, OSError.
    """
    with _alone(path.parent):
        return _write(path, b"") if path.exists() else None


def finish(path: Path, more: bytes = b"") -> Path | None:
    """Write the take of a journal that has ended, and remove the journal. As `write`.

    `more` is what could not be written to the journal.
    """
    with _alone(path.parent):
        target = _write(path, more) if path.exists() else None
        path.unlink(missing_ok=True)
        if target is not None:
            tidy(path.parent)
    return target


def _write(path: Path, more: bytes) -> Path | None:
    from improv.ports import take
    from improv.session.account import account

    session = journal.read(path.read_bytes() + more)
    if session is None:
        return None
    told = account(session.about, session.steps, session.damaged)
    music = take.take_bytes(journal.sent(session.steps), told)
    if music is None:
        return None
    target = place_of(path, kept=session.kept)
    take.keep(target, music)
    return target


def place_of(path: Path, *, kept: bool) -> Path:
    """Where the take of a journal belongs."""
    return (path.parent.parent if kept else path.parent) / f"{path.stem}.mid"


def recover(takes: Path) -> list[Recovered]:
    """Finish the takes of players that died. Leaves those under way alone."""
    done = []
    for path in sorted(recent(takes).glob(f"*{JOURNAL}")):
        with suppress(FileNotFoundError), _claimed(path) as dead:
            if not dead:
                continue
            try:
                target = finish(path)
            except (OSError, ImprovError, ValueError) as error:
                done.append(Recovered(path.stem, None, str(error)))
            else:
                if target is not None:
                    done.append(Recovered(path.stem, target))
    return done


def tidy(unsaved: Path) -> None:
    """Remove all takes that nobody saved but the last."""
    for old in sorted(unsaved.glob("*.mid"))[:-RECENT]:
        old.unlink(missing_ok=True)


def save(info: TakeInfo, takes: Path) -> Path:
    """Keep a take for ever. Raises UsageError."""
    target = takes / info.path.name
    try:
        info.path.rename(target)
    except OSError as error:
        raise UsageError(f"{info.name} can't be moved to {takes}: {error.strerror}") from None
    return target


def listing(takes: Path) -> list[TakeInfo]:
    """All takes, oldest first. A file there that is no take of improv is left out."""
    found = []
    for place in (takes, recent(takes)):
        for path in place.glob("*.mid"):
            with suppress(InputError, ValueError, TypeError):
                found.append(_info(path, saved=place == takes))
    return sorted(found, key=lambda take: take.name)


def find(takes: Path, wanted: str) -> Path:
    """A take by its file, its name, a part of its name that no other has, or `last`.

    Raises UsageError.
    """
    if Path(wanted).is_file():
        return Path(wanted)
    return choose(listing(takes), wanted).path


def choose(there: list[TakeInfo], wanted: str) -> TakeInfo:
    """Of these the one that is wanted. Raises UsageError."""
    if wanted == "last" and there:
        return there[-1]
    named = [t for t in there if t.name == wanted] or [t for t in there if wanted in t.name]
    if len(named) == 1:
        return named[0]
    names = ", ".join(take.name for take in (named or there)[-5:]) or "none yet"
    what = "several takes have" if named else "no take has"
    raise UsageError(f"{what} {wanted!r} in the name, and there is no such file; takes: {names}")


def _info(path: Path, *, saved: bool) -> TakeInfo:
    from improv.ports.take import read_about

    about = read_about(path)
    notes = about.get("notes")
    notes = notes if isinstance(notes, dict) else {}
    return TakeInfo(
        path.stem,
        _printable(about.get("began", "")),
        float(about.get("seconds") or 0.0),
        int(notes.get("you") or 0),
        int(notes.get("improv") or 0),
        _printable(about.get("model", "")),
        saved,
        path,
    )


def _printable(text: object) -> str:
    """What a file says of itself, without what would move a terminal's cursor."""
    return "".join(character for character in str(text)[:40] if character.isprintable())


# --- whose a journal is


def claim(descriptor: int) -> bool:
    """Lock an open journal for as long as it is open; False where another process has it."""
    return _lock(descriptor, wait=False)


def _lock(descriptor: int, *, wait: bool) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows lets nobody remove or rename what another has open
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


@contextmanager
def _alone(unsaved: Path) -> Iterator[None]:
    """One at a time, in all processes.

    A save that began before a session was cut off must not end after the session's take was
    finished, which is longer.
    """
    descriptor = os.open(unsaved / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _claimed(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield claim(descriptor)
    finally:
        os.close(descriptor)
