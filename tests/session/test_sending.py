"""Whoever watches a player knows when it is in a send that doesn't return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rig.playing import setup

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.params import Params
from improv.session.messages import (
    Command,
    ModelState,
    Notice,
    Phase,
    PlayerSetup,
    Report,
    SetOutputs,
    Status,
    Timing,
)
from improv.session.sending import EXCUSED, LIMIT, Sending, Watch
from improv.session.watched import WatchedPlayer


@dataclass
class Driver:
    """An output; `meanwhile` is what happens before its send returns."""

    meanwhile: Callable[[], object] = lambda: None
    name: str = "port:Volca Keys"
    is_take: bool = False

    def send(self, message: bytes, at: float, source: Source) -> None:
        self.meanwhile()

    def close(self) -> None:
        pass


def test_a_send_that_does_not_return_is_seen_and_one_that_does_is_not() -> None:
    """By the name of the output, after a second in which it was the same one."""
    watch, found = Watch(), list[str | None]()
    sending = Sending(watch.path)

    def look() -> None:
        found.extend(watch.stuck(now) for now in (10.0, 10.0 + LIMIT, 10.01 + LIMIT))

    sending.send(Driver(look), b"\x90\x3c\x40", 0.0, Source.IMPROV)
    assert found == [None, None, "port:Volca Keys"]
    assert watch.stuck(20.0) is None
    assert not Path(watch.path).exists()  # nothing of it is left when both are killed
    watch.close()


def test_many_sends_in_a_row_are_not_one_long_one() -> None:
    """Each look finds it in another send."""
    watch, found = Watch(), list[str | None]()
    sending = Sending(watch.path)
    for number in range(20):
        driver = Driver(lambda at=number: found.append(watch.stuck(0.9 * LIMIT * at)))
        sending.send(driver, b"\xf8", 0.0, Source.IMPROV)
    assert found == [None] * 20
    watch.close()


def test_a_port_that_is_being_opened_excuses_a_send_for_a_while() -> None:
    """It holds Python's lock, as a driver does that hangs; and it may hang itself."""
    watch, found = Watch(), list[str | None]()
    sending = Sending(watch.path)

    def look() -> None:
        with sending.at_ports():
            found.extend(watch.stuck(now) for now in (10.0, 11.5, 12.4))
        found.append(watch.stuck(12.4 + LIMIT))
        with sending.at_ports():
            found.extend(watch.stuck(now) for now in (10.0 + EXCUSED + LIMIT, 20.0))

    sending.send(Driver(look), b"\x90\x3c\x40", 0.0, Source.IMPROV)
    assert found == [None, None, None, None, "port:Volca Keys", "port:Volca Keys"]
    watch.close()


def test_a_machine_that_slept_is_not_a_driver_that_hangs() -> None:
    """What was asleep with the player counts from when it woke."""
    watch, found = Watch(), list[str | None]()
    sending = Sending(watch.path)

    def look() -> None:
        found.append(watch.stuck(10.0))
        found.append(watch.stuck(5000.0, asleep=True))
        found.append(watch.stuck(5000.1))
        found.append(watch.stuck(5000.1 + LIMIT))

    sending.send(Driver(look), b"\xf8", 0.0, Source.IMPROV)
    assert found == [None, None, None, "port:Volca Keys"]
    watch.close()


def test_a_driver_that_refuses_has_returned() -> None:
    """Its error goes on to the player as ever; also where nobody watches."""

    def refuse() -> None:
        raise DeviceError("no")

    watch = Watch()
    for sending in (Sending(watch.path), Sending()):
        with pytest.raises(DeviceError):
            sending.send(Driver(refuse), b"\xf8", 0.0, Source.IMPROV)
    assert watch.stuck(1.0) is watch.stuck(9.0) is None
    watch.close()


@dataclass
class Puppet:
    """In place of a player's process: what it was started with, and its end on demand."""

    setup: PlayerSetup
    pid: int | None = None
    ended: bool = False
    to_say: list[Report] = field(default_factory=list)
    sent: list[Command] = field(default_factory=list)

    def start(self) -> None:
        self.sending = Sending(self.setup.sending)

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def receive(self) -> list[Report]:
        said, self.to_say = self.to_say, []
        return said

    def stop(self) -> int:
        return 0


SPOKEN = Status(
    now=0.0, phase=Phase.PLAYING, params=Params(), serial=0, outputs=(), inputs=(),
    output_choices=(), input_choices=(), model="seed", model_state=ModelState.READY, backend="",
    seed=1, context=0, played=0, heard=0, timing=Timing(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("port:Volca Keys", [("port:Volca Keys",), ("port:Volca Keys",)]),
        ("virtual:improv", [(), ("virtual:improv",)]),
    ],
)
def test_an_output_in_which_a_player_hung_is_left_out_of_the_next(
    name: str, left_out: list[tuple[str, ...]]
) -> None:
    """At once; a port of improv's own only after the second time. Chosen again, it is had again."""
    now, made, told = [0.0], list[Puppet](), list[str]()

    def make(given: PlayerSetup) -> Puppet:
        made.append(Puppet(given, to_say=[SPOKEN]))
        return made[-1]

    player = WatchedPlayer(setup(outputs=(name, "virtual:b")), make, lambda: now[0])

    def watched_for_two_seconds() -> None:
        for _ in range(8):
            now[0] += 0.26
            told.extend(report.text for report in player.receive() if isinstance(report, Notice))

    player.start()
    for number, expected in enumerate(left_out):
        player.receive()
        told.clear()
        hanging = made[number]
        hanging.sending.send(Driver(watched_for_two_seconds, name), b"\xf8", 0.0, Source.IMPROV)
        words = " ".join(told)
        assert words.count(f"{name} took no more notes") == 1
        assert ("chosen again" in words) == bool(expected)
        hanging.ended = True
        player.receive()
        assert (made[-1].setup.outputs, made[-1].setup.left_out) == ((name, "virtual:b"), expected)
    player.receive()
    player.send(SetOutputs((name,)))
    made[-1].ended = True
    player.receive()
    assert made[-1].setup.left_out == ()
    player.stop()
