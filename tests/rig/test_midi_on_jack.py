"""MIDI ports on a real JACK server, seen from another process."""

from __future__ import annotations

import statistics
import time

import pytest
from rig.support import FarEnd, Synth, soon, wait_for, wait_until

from improv.errors import DeviceError
from improv.music.event import Event, NoteOff, NoteOn, Source
from improv.ports.backend import Backend, PortWatch, available
from improv.ports.midi import open_input, open_output
from improv.ports.spec import parse_spec

OUT, IN = parse_spec("virtual:improv"), parse_spec("virtual:improv")


def test_what_is_sent_arrives_at_another_program(far: FarEnd) -> None:
    """A virtual output shows as improv:out, and its bytes arrive as they were sent."""
    output = open_output(OUT)
    assert output.port == "improv:out"
    far.connect("improv:out", far.midi_in)
    messages = [bytes((0x90, 60, 100)), bytes((0xC0, 5)), bytes((0x80, 60, 0))]
    for message in messages:
        output.send(message, time.monotonic(), Source.IMPROV)
    heard = wait_for(lambda: len(far.heard()) == 3 and far.heard())
    assert [h.data for h in heard] == messages
    output.close()


def test_input_and_output_of_one_name_are_both_found_by_name(far: FarEnd) -> None:
    """--input virtual:improv --output virtual:improv makes improv:out and improv-in:in."""
    source = open_input(IN, lambda _: None)
    output = open_output(OUT)
    assert {"improv:out", "improv-in:in"} <= set(far.ports())
    source.close()
    output.close()


def test_velocity_0_is_a_note_off_and_times_are_those_of_arrival(far: FarEnd) -> None:
    """What another program plays comes in normalised, stamped within 5 ms (median) of leaving."""
    events: list[Event] = []
    source = open_input(IN, events.append)
    far.connect(far.midi_out, source.port)
    start = soon()
    times = [start + 0.03 * number for number in range(20)]
    messages = (b"\x90\x3c\x40", b"\x90\x3c\x00")
    far.play([*zip(times, 10 * messages, strict=True), (times[-1] + 0.03, b"\xf8")])
    wait_for(lambda: len(events) == 20 and len(far.sent()) == 21)
    assert [type(event) for event in events] == 10 * [NoteOn, NoteOff]
    late = [event.at - at for event, at in zip(events, times, strict=True)]
    assert min(late) > -0.005
    assert statistics.median(late) < 0.005
    source.close()


def test_a_listener_that_raises_is_counted_and_the_rest_is_heard(far: FarEnd) -> None:
    """A fault in the listener costs one event, not the port."""
    pitches: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, NoteOn) and event.pitch == 61:
            raise RuntimeError
        pitches.append(event.pitch if isinstance(event, NoteOn) else -1)

    source = open_input(IN, listen)
    far.connect(far.midi_out, source.port)
    now = time.monotonic()
    far.play([(now + k * 0.002, bytes((0x90, 60 + k, 64))) for k in range(3)])
    wait_for(lambda: len(pitches) == 2)
    assert pitches == [60, 62]
    assert source.faults == 1
    source.close()


def test_2000_dense_notes_all_come_in_and_all_go_out(far: FarEnd) -> None:
    """2,000 note-ons, one each millisecond, through an input and on through an output."""
    output = open_output(OUT)
    source = open_input(
        IN, lambda e: output.send(bytes((0x90, e.pitch, e.velocity)), e.at, Source.YOU)
        if isinstance(e, NoteOn) else None
    )  # fmt: skip
    far.connect(far.midi_out, source.port)
    far.connect(output.port, far.midi_in)
    start = soon()
    notes = [bytes((0x90, k % 128, 1 + k // 128)) for k in range(2000)]
    far.play([(start + k * 0.001, note) for k, note in enumerate(notes)])
    wait_until(start + 2.0)
    wait_for(lambda: len(far.heard()) >= 2000)
    assert [h.data for h in far.heard()] == notes
    assert source.faults == 0
    source.close()
    output.close()


def test_an_existing_port_is_found_by_part_of_its_name(far: FarEnd, synth: Synth) -> None:
    """port:SYNTH finds synth:midi_00; a name that is not there is answered with what is."""
    output = open_output(parse_spec("port:SYNTH"))
    assert output.port == synth.midi_in
    output.close()
    with pytest.raises(DeviceError, match=r"no MIDI output named 'KeyStep'; found: .*'synth:midi"):
        open_output(parse_spec("port:KeyStep"))
    source = open_input(parse_spec(f"port:{far.midi_out}"), lambda _: None)
    assert source.port == far.midi_out
    source.close()


def test_closing_gives_the_port_back_and_sending_then_is_an_error(far: FarEnd) -> None:
    """After close the graph has no port of ours, and send says so rather than nothing."""
    source, output = open_input(IN, lambda _: None), open_output(OUT)
    for port in (source, output):
        port.close()
        port.close()
    wait_for(lambda: not any("improv" in name for name in far.ports()))
    with pytest.raises(DeviceError, match="virtual:improv is closed"):
        output.send(b"\x90\x3c\x40", 0.0, Source.IMPROV)


def test_jack_is_found_where_alsa_is_not_asked_for(far: FarEnd) -> None:
    """A watch lists others' ports, and sees ours come and go."""
    watch = PortWatch(Backend.JACK)
    assert far.midi_out in watch.look().inputs
    assert far.midi_in in watch.look().outputs
    output = open_output(OUT, Backend.JACK)
    assert output.port in watch.look().inputs
    assert output.port not in watch.look().without([output.port]).inputs
    output.close()
    assert output.port not in watch.look().inputs
    watch.close()
    assert available(Backend.JACK).backend is Backend.JACK


def test_a_second_improv_is_told_its_name(far: FarEnd) -> None:
    """JACK numbers a second client of one name; `port` says what others see."""
    first, second = open_output(OUT), open_output(OUT)
    assert first.port == "improv:out"
    assert second.port in far.ports()
    assert second.port != first.port
    first.close()
    second.close()
