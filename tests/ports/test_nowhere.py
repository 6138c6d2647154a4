"""The output that leads nowhere."""

from __future__ import annotations

import pytest

from improv.errors import DeviceError
from improv.music.event import Source
from improv.ports.nowhere import Nowhere


def test_it_swallows_until_it_is_closed() -> None:
    """Sending is fine, sending after close is an error as on every output."""
    output = Nowhere()
    output.send(b"\x90\x3c\x40", 0.0, Source.IMPROV)
    output.close()
    output.close()
    with pytest.raises(DeviceError, match="none is closed"):
        output.send(b"\x80\x3c\x00", 0.0, Source.IMPROV)
