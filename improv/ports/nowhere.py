"""An output that leads nowhere: ``none``. The notes are still counted and reported."""

from __future__ import annotations

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.interfaces import Message


class Nowhere:
    """Swallows what it is sent."""

    name = "none"
    is_take = False

    def __init__(self) -> None:
        self._closed = False

    def send(self, message: Message, at: float, source: Source) -> None:  # noqa: ARG002  # Output's
        if self._closed:
            raise DeviceError(f"the output {self.name} is closed")

    def close(self) -> None:
        self._closed = True
