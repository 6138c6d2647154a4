"""Bytes made into events, and the moments they are given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.event import Event, NoteOff, NoteOn, Other, Pulse
from improv.ports.wire import ArrivalClock, Sluice, to_event, to_pulse


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b"\x92\x3c\x40", NoteOn(1.0, 60, 64, 2)),
        (b"\x92\x3c\x00", NoteOff(1.0, 60, 2)),
        (b"\x82\x3c\x40", NoteOff(1.0, 60, 2)),
        (b"\xb0\x40\x7f", Other(1.0, b"\xb0\x40\x7f")),
        (b"\xc0\x05", Other(1.0, b"\xc0\x05")),
        (b"\xf8", None),
        (b"\xf0\x7e\x7f\xf7", None),
        (b"\x90\x3c", None),
        (b"\x90\x3c\x80", None),
        (b"\x3c\x40", None),
        (b"", None),
    ],
)
def test_channel_messages_become_events_and_nothing_else_does(
    data: bytes, event: Event | None
) -> None:
    """Velocity 0 is a note-off; what is cut short or no channel message is no event."""
    assert to_event(list(data), 1.0) == event


@given(st.lists(st.integers(0, 255), max_size=6))
def test_any_bytes_at_all_give_an_event_in_range_or_none(data: list[int]) -> None:
    """Whatever comes down the wire, pitches and velocities inside are legal."""
    event = to_event(data, 0.0)
    if isinstance(event, NoteOn):
        assert 0 <= event.pitch <= 127
        assert 1 <= event.velocity <= 127


def test_a_chord_polled_late_keeps_its_spacing() -> None:
    """Three notes 3 ms apart, seen in one late poll, are stamped 3 ms apart."""
    clock = ArrivalClock()
    first = clock.arrival(0.0, 10.000, 10.001)
    spread = [clock.arrival(0.003, 10.002, 10.012) for _ in range(3)]
    assert first == 10.001
    assert spread == pytest.approx([10.004, 10.007, 10.010])


def test_time_the_driver_left_out_is_made_up_for() -> None:
    """A filtered clock message takes its delta with it; no stamp is before the last poll."""
    clock = ArrivalClock()
    clock.arrival(0.0, 5.0, 5.001)
    assert clock.arrival(0.001, 6.0, 6.001) == 6.0
    assert clock.arrival(0.010, 6.009, 6.011) == pytest.approx(6.010)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.1), st.floats(0, 0.1)), max_size=50),
)
def test_arrivals_stay_between_the_polls_and_never_go_back(
    steps: list[tuple[float, float, float]],
) -> None:
    """Whatever deltas a driver invents, stamps lie between the polls around them, in order."""
    clock, now, last = ArrivalClock(), 100.0, 0.0
    for delta, idle, busy in steps:
        polled_before, now = now + idle, now + idle + busy
        at = clock.arrival(delta, polled_before, now)
        assert polled_before <= at <= now
        assert at >= last
        last = at


def test_a_clocks_messages_are_told_from_all_others() -> None:
    """Pulse, start, continue, stop, song position; no sense, no sysex, nothing cut short."""
    for data in ([0xF8], [0xFA], [0xFB], [0xFC], [0xF2, 3, 1]):
        assert to_pulse(data, 1.0) == Pulse(1.0, bytes(data))
        assert to_event(data, 1.0) is None
    for data in ([], [0xFE], [0xF2, 3], [0xF2, 200, 1], [0xF0, 1, 0xF7], [0xF8, 0], [0x90, 60, 1]):
        assert to_pulse(data, 1.0) is None


def test_a_clock_gone_wild_is_let_through_in_part() -> None:
    """10,000 a second come in, some 240 of them get by; a true clock gets by whole."""
    sluice = Sluice()
    assert sum(sluice.lets(k / 10_000) for k in range(100_000)) < 2500
    true = Sluice()
    assert all(true.lets(k / 120) for k in range(1200))
