"""A program on ALSA that plays and is played to, on ports of its own."""

from __future__ import annotations

import time
from typing import Any

from rig.support import Heard

from improv.ports.backend import rtmidi


class FarEnd:
    """Its ports are called `NAME:in` and `NAME:out`; each is a client, as rtmidi makes them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.midi_in, self.midi_out = f"{name}:in", f"{name}:out"
        self._heard: list[Heard] = []
        self._clients: list[Any] = []
        self.come()

    def come(self) -> None:
        """Make its ports, with no cable."""
        module = rtmidi()
        api = module.API_LINUX_ALSA
        took, gave = module.MidiIn(api, name=self.name), module.MidiOut(api, name=self.name)
        for client, port in ((took, "in"), (gave, "out")):
            client.set_client_name(self.name)  # otherwise that of the first one of the process
            client.open_virtual_port(port)
        took.ignore_types(sysex=False, timing=False, active_sense=False)
        took.set_callback(
            lambda item, _: self._heard.append(Heard(time.monotonic(), bytes(item[0])))
        )
        self._clients = [took, gave]

    def leave(self) -> None:
        """Take its ports away, and their cables with them."""
        for client in self._clients:
            client.close_port()
            client.delete()
        self._clients = []

    def play(self, *messages: bytes) -> None:
        """Send them at once."""
        for message in messages:
            self._clients[1].send_message(message)

    def heard(self) -> list[Heard]:
        """Every message that has arrived, in order."""
        return list(self._heard)
