"""The take: what was played, you and improv, kept while it sounds and written as a MIDI file.

Recording is a list that grows, so that nothing on the way of a note waits for a disk; the file
is written when the take is closed, whole or not at all. It has a track of yours and one of
improv's, with channels and program changes as they were sent. It begins with the first note.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from improv.errors import DeviceError, UsageError
from improv.music.event import Source
from improv.play.interfaces import Message
from improv.ports.atomic import check_writable, replace_bytes
from improv.ports.midiwrite import Timed, midi_file

_NAMES = {source: source.value for source in Source}  # what midifile reads them back by


class Take:
    """An output that remembers. Where no note sounded, no file is written."""

    is_take = True

    def __init__(self, path: str | Path) -> None:
        self.name = f"file:{path}"  # as it was written: ./take.mid stays ./take.mid
        self.path = _free(Path(path))
        self._sent: list[tuple[float, Message, Source]] = []
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
        _write(self.path, self._sent)
        self._written = True


def open_output(path: str | Path) -> Take:
    """A take that will be written to `path`. Raises UsageError if it could not be."""
    _check(Path(path))
    return Take(path)


def write_midi(path: Path, messages: Sequence[Timed]) -> None:
    """Write what improv played, as (seconds, message), the first note where it stands.

    Raises UsageError on a path that can't be written.
    """
    _check(path)
    tracks = {_NAMES[Source.IMPROV]: messages}
    replace_bytes(path, midi_file("improv", tracks))


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


def _write(path: Path, sent: Iterable[tuple[float, Message, Source]]) -> None:
    in_order = sorted(sent, key=lambda event: event[0])
    first = next((at for at, message, _ in in_order if _is_onset(message)), None)
    if first is None:
        return
    tracks: dict[str, list[Timed]] = {}
    for source, name in _NAMES.items():
        of_source = [(at - first, message) for at, message, by in in_order if by is source]
        if any(_is_onset(message) for _, message in of_source):
            tracks[name] = of_source
    try:
        replace_bytes(path, midi_file("a take of improv", tracks))
    except OSError as error:
        raise DeviceError(
            f"the take {path} could not be written: {error.strerror}; free some space, "
            "or check the folder"
        ) from None


def _is_onset(message: Message) -> bool:
    return message[0] & 0xF0 == 0x90 and message[2] > 0
