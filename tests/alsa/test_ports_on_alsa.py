"""Ports that are made and found on ALSA, whether their cables are there, and making them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from alsa.fixtures import Programs
from rig.support import wait_for

from improv.music.event import Event, NoteOff, NoteOn, Source
from improv.play.clock import monotonic
from improv.ports.backend import Backend, PortWatch
from improv.ports.midi import MidiInput, MidiOutput, open_input, open_output
from improv.ports.spec import parse_spec

Port = MidiInput | MidiOutput
ON, OFF = bytes((0x90, 60, 80)), bytes((0x80, 60, 0))


@pytest.fixture
def heard() -> list[Event]:
    """What came in by an input."""
    return []


@pytest.fixture
def opened(heard: list[Event]) -> Iterator[Callable[[str, str], Port]]:
    """Open "output" or "input" by its spec; closed at the end."""
    ports: list[Port] = []

    def open_it(way: str, spec: str) -> Port:
        wanted = parse_spec(spec)
        ports.append(open_output(wanted) if way == "output" else open_input(wanted, heard.append))
        return ports[-1]

    yield open_it
    for port in ports:
        port.close()


@pytest.fixture
def watch() -> Iterator[PortWatch]:
    made = PortWatch()
    yield made
    made.close()


Open = Callable[[str, str], Port]


def test_notes_go_both_ways_and_come_at_once(
    program: Programs, opened: Open, heard: list[Event]
) -> None:
    synth = program("synth")
    output, _ = opened("output", "port:synth:in"), opened("input", "port:synth:out")
    assert isinstance(output, MidiOutput)
    began = monotonic()
    for message in (ON, OFF):
        output.send(message, began, Source.IMPROV)
        synth.play(message)
    wait_for(lambda: len(heard) == 2 and len(synth.heard()) == 2, 5, "both notes")
    ended = monotonic()
    assert [m.data for m in synth.heard()] == [ON, OFF]
    assert [type(event) for event in heard] == [NoteOn, NoteOff]
    assert all(began <= event.at <= ended for event in heard)


@pytest.mark.parametrize(
    ("way", "spec"), [("output", "port:synth:in"), ("input", "port:synth:out")]
)
def test_a_program_that_leaves_and_returns_between_two_looks_is_missed(
    program: Programs, opened: Open, watch: PortWatch, way: str, spec: str
) -> None:
    synth = program("synth")
    port = opened(way, spec)
    assert port.is_there(watch.look())
    synth.leave()
    synth.come()
    there = watch.look()
    assert port.port in (there.outputs if way == "output" else there.inputs)
    assert not port.is_there(there)
    port.close()
    assert opened(way, spec).is_there(there)


def test_who_is_connected_to_a_port_of_ours_is_known_and_connected_again(
    program: Programs, opened: Open, watch: PortWatch
) -> None:
    synth = program("synth")
    output, source = opened("output", "virtual:improv"), opened("input", "virtual:improv")
    assert (output.port, source.port) == ("improv:out", "improv:in")
    assert output.plugged == source.plugged == ()
    assert output.plug(synth.midi_in)
    assert source.plug(synth.midi_out)
    assert output.plugged == (synth.midi_in,)
    assert source.plugged == (synth.midi_out,)
    assert output.plug(synth.midi_in), "connected already"
    synth.leave()
    assert output.plugged == source.plugged == ()
    assert not output.plug(synth.midi_in)
    synth.come()
    assert output.plug(synth.midi_in)
    assert isinstance(output, MidiOutput)
    output.send(ON, monotonic(), Source.IMPROV)
    wait_for(lambda: [m.data for m in synth.heard()] == [ON], 5, "the note")
    assert output.is_there(watch.look())


def test_a_second_improv_takes_no_port_from_the_first(opened: Open, watch: PortWatch) -> None:
    """Two of one name are then told apart by their numbers, which the first was not called by."""
    first = opened("output", "virtual:improv")
    second = opened("output", "virtual:improv")
    there = watch.look()
    assert first.port != second.port
    assert {first.port, second.port} <= set(there.inputs)
    assert first.is_there(there)
    assert second.is_there(there)
    second.close()
    assert first.port == "improv:out"
    assert first.is_there(watch.look())


def test_a_second_keyboard_of_one_make_takes_no_cable_from_the_first(
    program: Programs, opened: Open, watch: PortWatch
) -> None:
    program("keys")
    first = opened("input", "port:keys:out")
    program("keys")
    there = watch.look()
    assert "keys:out" not in there.inputs, "told apart by their numbers"
    assert first.is_there(there)


def test_alsa_comes_before_jack(watch: PortWatch) -> None:
    assert watch.backend is Backend.ALSA
