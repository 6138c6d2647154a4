"""Which of your held keys a note-off belongs to.

Rule: one key of one channel is one note at a time. A key struck again without a release ends the
note before it (some keyboards send that); a release of a key that is not down means nothing.
"""

from __future__ import annotations

from improv.music.event import NoteOff, NoteOn


class Pairing:
    """The keys that are down, by channel and pitch, each with its note's serial number."""

    def __init__(self) -> None:
        self._down: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._down)

    def is_down(self, pitch: int) -> bool:
        """Whether the key of a pitch is down on any channel."""
        return any(key[1] == pitch for key in self._down)

    def press(self, event: NoteOn, serial: int) -> int | None:
        """Note a key going down; the serial of the note it cuts off, if it was down already."""
        key = (event.channel, event.pitch)
        before = self._down.get(key)
        self._down[key] = serial
        return before

    def release(self, event: NoteOff) -> int | None:
        """The serial of the note that ends, or None if that key was not down."""
        return self._down.pop((event.channel, event.pitch), None)

    def forget(self, channel: int | None = None) -> list[int]:
        """Take every key as released, or those of one channel; their serials."""
        keys = [key for key in self._down if channel is None or key[0] == channel]
        return [self._down.pop(key) for key in keys]
