"""Ports opened and closed while it plays: nothing hangs, nothing is opened twice or left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rig.support import FarEnd, Heard, wait_for

from improv.music.opening import phrase
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session.messages import (
    ModelSetup,
    PlayerSetup,
    Report,
    SetInputs,
    SetOutputs,
    SetParam,
    Status,
    Strike,
)
from improv.session.terminal import PlayerProcess

PORTS = ("virtual:choice",)


class Chosen:
    """A player and what it last said is open."""

    def __init__(self) -> None:
        setup = PlayerSetup(Params(), 3, ModelSetup("seed", "cpu"), phrase(), None, PORTS, PORTS)
        self.player = PlayerProcess(setup)
        self.player.start()
        self._last: Status | None = None

    def status(self) -> Status | None:
        for report in self.player.receive():
            self._note(report)
        return self._last

    def _note(self, report: Report) -> None:
        if isinstance(report, Status):
            self._last = report

    def wait_open(self, outputs: tuple[str, ...], inputs: tuple[str, ...]) -> None:
        wait_for(
            lambda: (now := self.status()) and (now.outputs, now.inputs) == (outputs, inputs),
            seconds=15.0,  # beside a test that computes
            word=f"{outputs} and {inputs}",
        )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which improv is started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chosen(rig: object, here: Path) -> Iterator[Chosen]:
    chosen = Chosen()
    chosen.wait_open(PORTS, PORTS)
    yield chosen
    chosen.player.stop()


def down(heard: list[Heard]) -> int:
    return sum(m.is_on for m in heard) - sum(m.is_off for m in heard)


def hold(far: FarEnd) -> None:
    """A chord held with the pedal down."""
    far.connect("choice:out", far.midi_in)
    far.connect(far.midi_out, "choice-in:in")
    chord = [bytes((0xB0, 64, 127)), bytes((0x90, 60, 90)), bytes((0x90, 64, 90))]
    far.play([(monotonic(), message) for message in chord])
    wait_for(lambda: down(far.heard()) == 2, word="the chord")


def test_closing_an_input_lets_its_keys_and_pedal_go(far: FarEnd, chosen: Chosen) -> None:
    """No release will ever come from a keyboard that is not listened to any more."""
    hold(far)
    chosen.player.send(SetInputs(()))
    wait_for(lambda: down(far.heard()) == 0, word="the release of both keys")
    wait_for(lambda: bytes((0xB0, 64, 0)) in [m.data for m in far.heard()], word="pedal up")


def test_a_port_asked_for_again_while_it_opens_is_opened_once(far: FarEnd, chosen: Chosen) -> None:
    """Two choices in haste name a port that is still being opened: there is one of it."""
    chosen.player.send(SetOutputs((*PORTS, "virtual:more")))
    chosen.player.send(SetOutputs((*PORTS, "virtual:more", "virtual:last")))
    chosen.wait_open((*PORTS, "virtual:more", "virtual:last"), PORTS)
    chosen.player.send(SetOutputs(PORTS))
    wait_for(
        lambda: not [p for p in far.ports() if p.startswith(("more", "last"))],
        word="both ports to be gone",
    )


def test_a_port_closed_while_it_opens_does_not_stay(far: FarEnd, chosen: Chosen) -> None:
    """Chosen and at once not chosen: it is closed as soon as it has opened."""
    chosen.player.send(SetOutputs((*PORTS, "virtual:brief")))
    chosen.player.send(SetInputs((*PORTS, "virtual:brief")))
    chosen.player.send(SetOutputs(PORTS))
    chosen.player.send(SetInputs(PORTS))
    # the rack works in order, so that the two before have opened and closed once this is there
    chosen.player.send(SetOutputs((*PORTS, "virtual:after")))
    chosen.wait_open((*PORTS, "virtual:after"), PORTS)
    wait_for(lambda: not [p for p in far.ports() if "brief" in p], word="it to be gone")


def test_a_port_of_ours_can_be_opened_again(far: FarEnd, chosen: Chosen) -> None:
    """Closed by mistake, a port with a name of its own is still in the list."""
    chosen.player.send(SetOutputs(()))
    chosen.wait_open((), PORTS)
    now = chosen.status()
    assert now is not None
    assert set(PORTS) <= set(now.output_choices)


def test_a_take_in_this_folder_can_be_chosen(chosen: Chosen, here: Path) -> None:
    """Its name is in the list; closed it is written, and opened again another is."""
    for name in ("", "-2"):
        wait_for(lambda: (now := chosen.status()) and len(now.output_choices) > 2, word="choices")
        now = chosen.status()
        assert now is not None
        (take,) = (spec for spec in now.output_choices if spec.startswith("file:improv-"))
        chosen.player.send(SetOutputs((*PORTS, take)))
        chosen.wait_open((*PORTS, take), PORTS)
        chosen.player.send(Strike(60, 80, 0.05))
        written = here / f"{take.removeprefix('file:').removesuffix('.mid')}{name}.mid"
        chosen.player.send(SetOutputs(PORTS))
        wait_for(written.exists, word=f"{written}")
        chosen.wait_open(PORTS, PORTS)  # or what is told next may still be of before
        assert len(read_notes(written)) == 1


def test_a_fault_in_the_player_ends_in_silence(far: FarEnd, chosen: Chosen) -> None:
    """Whatever breaks it, every note is let go before it ends."""
    hold(far)
    chosen.player.send(SetParam("no number", "velocity", 80))  # type: ignore[arg-type]  # the fault
    wait_for(lambda: chosen.status() and chosen.player.ended, word="its end")
    wait_for(lambda: down(far.heard()) == 0, word="silence")
    assert chosen.player.stop() == 1
