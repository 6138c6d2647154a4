"""The other end of the cables: a JACK client in a process of its own; `support.FarEnd` runs it.

It plays MIDI into others at given moments, writes down every message that comes, and records
audio. All times are seconds of CLOCK_MONOTONIC (`time.monotonic` of every process). Messages and
blocks are stamped when the JACK period that brings them begins to be processed here: the sample
clock of JACK's dummy driver slips 35-113 ms a run against the monotonic clock, so samples are not
counted across blocks.

A JACK server that is late runs two periods at once, and all that came in the first comes again in
the second: 6 messages in 6 soaks of three minutes, three at a time beside 2 and 8 busy processes,
where a log of what was sent has them once; the 4 that were looked at came 0.07 to 0.13 ms after the
first. So what comes twice within half a period is written down once.

Orders come as JSON lines on standard input, one answer line for each on standard output.
"""

from __future__ import annotations

import errno
import gc
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jack
import numpy as np


class Client:
    """Everything the realtime thread touches; it allocates little, and the collector is off."""

    def __init__(self, name: str) -> None:
        self.jack = opened(name)
        self.midi_in = self.jack.midi_inports.register("in")
        self.midi_out = self.jack.midi_outports.register("out")
        self.audio_in = self.jack.inports.register("audio")
        self.rate = self.jack.samplerate
        self.plans: list[deque[tuple[float, bytes]]] = []
        self.heard: list[tuple[float, bytes]] = []
        self.sent: list[tuple[float, bytes]] = []
        self.blocks: list[tuple[float, bytes]] = []
        self.recording = False
        self.flood: list[bytes] = []
        self.flood_rate, self.flood_until = 0.0, 0.0
        self.owed, self.flooded = 0.0, 0
        self.began, self.came = 0.0, []  # the period before
        self.jack.set_process_callback(self.process)

    def process(self, frames: int) -> None:
        now = time.monotonic()
        came = [(at, bytes(data)) for at, data in self.midi_in.incoming_midi_events()]
        if now - self.began > frames / self.rate / 2 or came != self.came:
            self.heard += [(now, data) for _, data in came]
        self.began, self.came = now, came
        self.midi_out.clear_buffer()
        end = now + frames / self.rate
        last = 0  # JACK wants the offsets of one period in order
        for plan in self.plans:
            while plan and plan[0][0] < end:
                at, data = plan[0]
                last = min(max(int((at - now) * self.rate), last), frames - 1)
                try:
                    self.midi_out.write_midi_event(last, data)
                except jack.JackError:  # this period is full: the next one takes it
                    break
                plan.popleft()
                self.sent.append((now, data))
        if now < self.flood_until:
            self.owed += self.flood_rate * frames / self.rate
            while self.owed >= 1:
                self.owed -= 1
                try:
                    message = self.flood[self.flooded % len(self.flood)]
                    self.midi_out.write_midi_event(frames - 1, message)
                except jack.JackError:  # this period is full
                    break
                self.flooded += 1
        if self.recording:
            self.blocks.append((now, bytes(self.audio_in.get_buffer())))


def opened(name: str, tries: int = 5) -> jack.Client:
    """A client of the server; one that is busy may not answer at once, and is asked again."""
    while True:
        tries -= 1
        try:
            return jack.Client(name, no_start_server=True)
        except jack.JackOpenError:
            if not tries:
                raise
            time.sleep(1.0)


def ports(client: Client) -> list[str]:
    """Every port in the graph; one that goes while it is looked up is asked for again."""
    while True:
        try:
            return [port.name for port in client.jack.get_ports()]
        except jack.JackError:
            continue


@contextmanager
def there_already() -> Iterator[None]:
    """A cable that is there already is as good as one that is made."""
    try:
        yield
    except jack.JackErrorCode as error:
        if error.code != errno.EEXIST:
            raise


def answer(client: Client, order: dict[str, Any]) -> Any:
    match order["do"]:
        case "connect" | "disconnect" as way:
            with there_already():
                getattr(client.jack, way)(order["source"], order["sink"])
        case "activate" | "deactivate" as way:
            getattr(client.jack, way)()
        case "ports":
            return ports(client)
        case "play":
            events = [(at, bytes.fromhex(data)) for at, data in order["events"]]
            client.plans.append(deque(sorted(events, key=lambda event: event[0])))
        case "flood":
            client.flood = [bytes.fromhex(data) for data in order["messages"]]
            client.flood_rate = order["rate"]
            client.flood_until = time.monotonic() + order["seconds"]
        case "flooded":
            return client.flooded
        case "heard":
            return [(at, data.hex()) for at, data in list(client.heard)]
        case "sent":
            return [(at, data.hex()) for at, data in list(client.sent)]
        case "record":
            client.recording = order["on"]
        case "audio":
            blocks = list(client.blocks)
            samples = [np.frombuffer(block, np.float32) for _, block in blocks]
            np.savez(
                order["path"],
                starts=np.array([at for at, _ in blocks]),
                samples=np.array(samples),
                rate=client.rate,
            )
        case unknown:
            raise ValueError(unknown)
    return None


def main(name: str) -> None:
    client = Client(name)
    gc.collect()
    gc.disable()
    with client.jack:
        print(json.dumps({"name": client.jack.name}), flush=True)
        for line in sys.stdin:
            try:
                reply = {"value": answer(client, json.loads(line))}
            except Exception as error:  # noqa: BLE001  # told to the test, which raises it
                reply = {"error": repr(error)}
            print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
