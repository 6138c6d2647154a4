"""The take: what was played, you and improv, as one MIDI file, and how it came about.

A file has a track of yours and one of improv's, with channels and program changes as they were
sent, beginning with the first note. Before them stands a track without notes: a text event with
what is known of the session as JSON, a marker for each turned knob where it was turned, and in
sequencer-specific events what it takes to let the session happen again (`Account`). A take is
written when it is closed, whole or not at all.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido

from improv.errors import DeviceError, InputError, UsageError
from improv.music.event import Source
from improv.play.interfaces import Message
from improv.ports.atomic import check_writable, replace_bytes
from improv.ports.midiwrite import Meta, Timed, midi_file

Sent = tuple[float, Message, Source]

_NAMES = {source: source.value for source in Source}  # what midifile reads them back by
_TEXT, _MARKER, _OWN = 0x01, 0x06, 0x7F  # kinds of meta events (Standard MIDI Files 1.0)
_ABOUT = "improv take "
_LOG = b"\x7dimprov "  # 0x7D: the manufacturer number for what is not sold
_CHUNK = 2**15  # bytes of a log in one event: some programs have a small room for them
LONG = 20_000  # messages, of a quarter of an hour or so
MAX_BYTES = 16 * 2**20  # of a take: an hour of ten notes a second is 2 MB
MAX_LOG = 32 * 2**20  # of its log, unpacked


@dataclass(frozen=True, slots=True)
class Account:
    """How music came about: what a take says besides its notes.

    `about` is JSON-ready; `marks` are (when on the player's clock, what was done); `log` is
    whatever lets it happen again.
    """

    about: Mapping[str, Any]
    marks: tuple[tuple[float, str], ...] = ()
    log: bytes = b""


class Take:
    """An output that remembers. Where no note sounded, no file is written.

    `account` is asked when it is closed.
    """

    is_take = True

    def __init__(self, path: str | Path) -> None:
        self.name = f"file:{path}"  # as it was written: ./take.mid stays ./take.mid
        self.path = _free(Path(path))
        self.account: Callable[[], Account | None] = lambda: None
        self._sent: list[Sent] = []
        self._closed = False
        self._written = False

    def send(self, message: Message, at: float, source: Source) -> None:
        if self._closed:
            raise DeviceError(f"the take {self.path} is closed")
        self._sent.append((at, message, source))

    def close(self) -> None:
        """Write the file. Raises DeviceError where that fails; closing again tries again."""
        self._closed = True
        if self._written:
            return
        if len(self._sent) > LONG:  # so that it is there, however long the rest takes
            self._keep(None)
        self._keep(self.account())
        self._written = True

    def _keep(self, account: Account | None) -> None:
        music = take_bytes(self._sent, account)
        if music is not None:
            keep(self.path, music)


def open_output(path: str | Path) -> Take:
    """A take that will be written to `path`. Raises UsageError if it could not be."""
    _check(Path(path))
    return Take(path)


def write(path: Path, sent: Iterable[Sent], account: Account | None = None) -> None:
    """Write a take over what is there. Raises UsageError on a path that can't be written."""
    _check(path)
    replace_bytes(path, take_bytes(sent, account) or midi_file(_title(), {}))


def keep(path: Path, music: bytes) -> None:
    """Write a take's file, whole or not at all. Raises DeviceError."""
    try:
        replace_bytes(path, music)
    except OSError as error:
        raise DeviceError(
            f"the take {path} could not be written: {error.strerror}; free some space, "
            "or check the folder"
        ) from None


def take_bytes(sent: Iterable[Sent], account: Account | None = None) -> bytes | None:
    """The file of a take, or None where no note sounded. Same arguments, same bytes."""
    in_order = sorted(sent, key=lambda event: event[0])
    first = next((at for at, message, _ in in_order if _is_onset(message)), None)
    if first is None:
        return None
    tracks: dict[str, list[Timed]] = {}
    notes: dict[str, int] = {}
    for source, name in _NAMES.items():
        of_source = [(at - first, message) for at, message, by in in_order if by is source]
        notes[name] = sum(_is_onset(message) for _, message in of_source)
        if notes[name]:
            tracks[name] = of_source
    seconds = round(in_order[-1][0] - first, 3)
    facts = {"notes": notes, "seconds": seconds}
    return midi_file(_title(), tracks, () if account is None else _metas(account, first, facts))


def _title() -> str:
    return "a take of improv"


def _metas(account: Account, first: float, facts: Mapping[str, Any]) -> Iterator[Meta]:
    about = json.dumps({**account.about, **facts}, separators=(",", ":"))
    yield 0.0, _TEXT, (_ABOUT + about).encode()
    # Letters only: a byte that looks like a message would send some readers astray.
    log = base64.b64encode(zlib.compress(account.log, 9))
    for at in range(0, len(log) if account.log else 0, _CHUNK):
        yield 0.0, _OWN, _LOG + log[at : at + _CHUNK]
    for when, words in account.marks:
        yield max(0.0, when - first), _MARKER, words.encode("ascii", "replace")


def read_about(path: Path) -> dict[str, Any]:
    """What a take says of its session. Raises InputError where it is none of improv's."""
    return _about(path, list(_own_metas(path)))


def read_account(path: Path) -> Account:
    """All a take says of its session but its marks, as it was written. Raises InputError."""
    metas = list(_own_metas(path))
    about = _about(path, metas)
    log = b"".join(data[len(_LOG) :] for kind, data in metas if kind == _OWN and _LOG in data[:16])
    try:
        unpacker = zlib.decompressobj()
        lines = unpacker.decompress(base64.b64decode(log, validate=True), MAX_LOG)
        if not unpacker.eof:
            raise ValueError("it is cut short or too large")  # noqa: TRY301  # told below
    except (ValueError, zlib.error) as error:
        raise InputError(
            f"{path} is a take, but what it takes to play it again is damaged: {error}; "
            "its notes are whole: `improv plot` draws them"
        ) from None
    return Account(about, (), lines)


def read_messages(path: Path) -> list[Timed]:
    """Every message of a MIDI file as (seconds, message), in order. Raises InputError."""
    try:
        now, messages = 0.0, []
        for message in mido.MidiFile(path):
            now += message.time
            if not message.is_meta:
                messages.append((now, bytes(message.bytes())))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; check the path") from None
    except (ValueError, EOFError, IndexError, KeyError, TypeError, ZeroDivisionError) as error:
        raise InputError(f"{path} is damaged: {error}; give another") from None
    return messages


def _about(path: Path, metas: list[tuple[int, bytes]]) -> dict[str, Any]:
    told = next((d for kind, d in metas if kind == _TEXT and d.startswith(_ABOUT.encode())), None)
    try:
        about = None if told is None else json.loads(told[len(_ABOUT) :])
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise InputError(
            f"{path} does not say how it was played: it is no take of improv, "
            "or another program has saved it since"
        )
    return about


def _own_metas(path: Path) -> Iterator[tuple[int, bytes]]:
    """(kind, data) of each meta event of the first track, as far as it has nothing else."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from None
    if data[:4] != b"MThd" or data[14:18] != b"MTrk":
        return
    at, end = 22, min(len(data), 22 + int.from_bytes(data[18:22]))
    while at < end:
        _, at = _number(data, at, end)
        if at + 2 > end or data[at] != 0xFF:
            return
        kind = data[at + 1]
        size, body = _number(data, at + 2, end)
        at = body + size
        if at > end:
            return
        yield kind, data[body:at]


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable-length number and where it ends; the end of all where it has none."""
    value = 0
    for i in range(at, min(at + 4, end)):
        value = value << 7 | data[i] & 0x7F
        if data[i] < 0x80:
            return value, i + 1
    return 0, end


def _free(path: Path) -> Path:
    """`path`, or with a number where a file of that name is: last night's take is kept."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _check(path: Path) -> None:
    try:
        check_writable(path)
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot write a MIDI file as {str(path)!r}: {reason}; give another path"
        ) from None


def _is_onset(message: Message) -> bool:
    return message[0] & 0xF0 == 0x90 and message[2] > 0
