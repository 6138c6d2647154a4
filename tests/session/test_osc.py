"""OSC over loopback: what is sent in turns knobs, what sounds is said, and nonsense is harmless."""

from __future__ import annotations

import queue
import socket
from dataclasses import dataclass, field

import pytest

from improv.cli import main
from improv.errors import DeviceError, UsageError
from improv.music.event import Source
from improv.play.messages import Chorded, Ended, Notice, Phase, SetParam, Sounded
from improv.play.params import KNOBS, Params
from improv.ports import osc as wire
from improv.ports.osc import LOOPBACK, encode, parse_address
from improv.session import osc
from improv.session.desk import Desk
from improv.session.messages import Do, Fade, RecallPreset, StorePreset, Turn
from improv.session.osc import Osc, OscWaiting

PATIENCE = 5.0  # seconds that a datagram may take on this machine


@dataclass
class Far:
    """Another program: sends to improv and hears what it says."""

    osc: Osc
    inbox: queue.SimpleQueue[OscWaiting]
    socket: socket.socket

    def send(self, address: str, *arguments) -> None:
        self.send_bytes(encode(address, arguments))

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendto(data, (LOOPBACK, self.osc.source.port))

    def items(self, now: float = 0.0):
        """What comes of what was sent, once it is there."""
        self.inbox.get(timeout=PATIENCE)
        return self.osc.items(now)

    def hear(self) -> tuple:
        (message,) = wire.decode(self.socket.recv(2048))
        return message


@dataclass
class Stands:
    """An engine, to the desk."""

    params: Params = field(default_factory=Params)
    serial: int = 4
    phase: Phase = Phase.PLAYING


@pytest.fixture
def far():
    """A pair of sockets on this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind((LOOPBACK, 0))
        there.settimeout(PATIENCE)
        inbox: queue.SimpleQueue[OscWaiting] = queue.SimpleQueue()
        made = osc.opened((LOOPBACK, 0), there.getsockname(), inbox.put)
        made.start()
        yield Far(made, inbox, there)
        made.close()


@pytest.mark.parametrize(
    ("address", "arguments", "command"),
    [
        ("/improv/param/temperature", (0.5,), Turn("temperature", 0.5)),
        ("/improv/param/velocity", (90.0,), Turn("velocity", 90)),
        ("/improv/param/thru", (0,), Turn("thru", value=False)),
        ("/improv/param/thru", ("on",), Turn("thru", value=True)),
        ("/improv/param/scale", ("Dorian",), Turn("scale", "dorian")),
        ("/improv/param/guard", (2,), Turn("guard", "strong")),
        ("/improv/param/chord", ("C E G",), Turn("chord", "C E G")),
        ("/improv/fader/density", (0.75,), Fade("density", 0.75)),
        ("/improv/fader/voice_2.density", (0.75,), Fade("voice_2.density", 0.75)),
        ("/improv/param/voice_3.velocity", (90.0,), Turn("voice_3.velocity", 90)),
        ("/improv/panic", (), Do("panic")),
        ("/improv/play", (), Do("play")),
        ("/improv/pause", (1,), Do("pause")),
        ("/improv/stop", (), Do("stop")),
        ("/improv/new", (), Do("new")),
        ("/improv/preset", ("ambient",), RecallPreset("ambient")),
        ("/improv/preset", (3.0,), RecallPreset("3")),
        ("/improv/preset/store", (3,), StorePreset(3)),
        ("/improv/undo", (), Do("undo")),
        ("/improv/redo", (), Do("redo")),
        ("/improv/save", (), Do("save")),
        ("/improv/ab", (), Do("ab")),
        ("/improv/tap", (), Do("tap")),
    ],
)
def test_a_message_is_a_command(address, arguments, command) -> None:
    """Numbers, words and truth values as their knobs have them."""
    assert osc.command((address, arguments)) == command


@pytest.mark.parametrize("name", KNOBS)
def test_every_parameter_has_an_address(name) -> None:
    """And takes its own default."""
    default = KNOBS[name].default
    assert osc.command((f"/improv/param/{name}", (default,))) == Turn(name, default)


@pytest.mark.parametrize(
    "message",
    [
        ("/improv/param/loudness", (1,)),
        ("/improv/param/velocity", ()),
        ("/improv/param", (1,)),
        ("/improv/param/do.pause", (1,)),
        ("/improv/fader/do.panic", (1.0,)),
        ("/improv/earlier", ()),
        ("/improv/fader/velocity", (2.0,)),
        ("/improv/fader/velocity", (float("nan"),)),
        ("/improv/preset/store", ("x",)),
        ("/improv/eval", ("__import__('os')",)),
        ("/elsewhere/panic", ()),
        ("", ()),
    ],
)
def test_what_says_nothing_to_improv_is_refused_in_a_sentence(message) -> None:
    """Which begins with OSC."""
    with pytest.raises(UsageError, match=r"^OSC: "):
        osc.command(message)


def test_a_message_turns_a_knob(far) -> None:
    """Through the socket and the desk, to what the engine is told."""
    far.send("/improv/param/velocity", 101)
    far.inbox.get(timeout=PATIENCE)
    desk = Desk(lambda _: None)
    desk._osc = far.osc
    assert desk.pass_on(OscWaiting(), Stands(), 0.0) == [SetParam(4, "velocity", 101)]


def test_of_many_turns_of_a_knob_the_last_is_taken(far) -> None:
    """In one turn of the player's loop; commands are all taken, in order."""
    source = far.osc.source
    source._messages.extend(("/improv/param/velocity", (n,)) for n in range(1, 99))
    source._messages.extend([("/improv/undo", ()), ("/improv/undo", ())])
    assert far.osc.items(0.0) == [Turn("velocity", 98), Do("undo"), Do("undo")]


def test_nonsense_is_harmless_and_told_once_a_second(far) -> None:
    """Broken, too long, of no kind: what comes after is heard."""
    for data in (b"", b"\x00", b"#bundle\x00" + b"\xff" * 99, b"/improv\x00,i", b"x" * 5000):
        far.send_bytes(data)
    far.send("/improv/nothing", "x" * 900)
    far.send("/improv/param/velocity", 3.5, 4.5)
    far.send("/improv/panic")
    items = far.items()
    while Do("panic") not in items:
        items += far.items(0.5)
    assert len([item for item in items if isinstance(item, Notice)]) == 1
    assert len(items) == 2


def test_a_flood_leaves_a_bounded_queue(far) -> None:
    """However many are sent while nobody takes them, and the rest still works."""
    for n in range(3000):
        far.send("/improv/preset", str(n))
    far.inbox.get(timeout=PATIENCE)
    assert far.inbox.empty()  # one word to the player, not thousands
    assert len(far.osc.items(0.0)) <= wire.WAITING


def test_what_sounds_is_said(far) -> None:
    """With whose it is, and its end; and the chord in force."""
    heard = []
    report = far.osc.beside(heard.append)
    report(Sounded(5, 60, 80, 1.0, Source.YOU))
    report(Sounded(6, 64, 70, 1.0, Source.IMPROV))
    report(Ended(5, 2.0))
    report(Chorded("Am7", 2.0))
    assert far.hear() == ("/improv/note", (5, 60, 80, "you"))
    assert far.hear() == ("/improv/note", (6, 64, 70, "improv"))
    assert far.hear() == ("/improv/note/end", (5,))
    assert far.hear() == ("/improv/chord", ("Am7",))
    assert len(heard) == 4


def test_a_port_that_is_taken_is_said(far) -> None:
    """A device error, before anything plays."""
    with pytest.raises(DeviceError, match=r"OSC can't listen on 127.0.0.1:\d+: "):
        osc.opened((LOOPBACK, far.osc.source.port), None, far.inbox.put)


def test_without_osc_nothing_is_opened() -> None:
    """It is off unless asked for."""
    nothing = osc.opened(None, None, lambda _: None)
    nothing.start()
    assert nothing.items(0.0) == []
    assert nothing.beside(print) is print
    nothing.close()


def test_an_address_is_this_machine_unless_it_says_another() -> None:
    """A port alone is loopback."""
    assert parse_address("9000") == ("127.0.0.1", 9000)
    assert parse_address("10.0.0.2:9001") == ("10.0.0.2", 9001)
    assert parse_address("[::1]:9001") == ("::1", 9001)
    for text in ("", "x", "0", "65536", "host:", "9000:x"):
        with pytest.raises(UsageError, match=r"\[HOST:\]PORT"):
            parse_address(text)


def test_the_page_of_addresses_has_every_parameter(capsys) -> None:
    """As data, on stdout."""
    assert main(["osc"]) == 0
    page = capsys.readouterr().out
    assert all(f"  {name} " in page for name in KNOBS)
    assert "/improv/panic" in page
