"""Measuring a latency: what comes back, what does not, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from improv.errors import InputError
from improv.music.event import NoteOff, NoteOn, Source
from improv.session.calibration import Clicks, Loop, Summary, by_cable, by_ear


class VirtualTime:
    """A clock that jumps, and an inbox on it: events come when they are due."""

    def __init__(self) -> None:
        self.now = 100.0
        self.coming: list[NoteOn | NoteOff] = []

    def __call__(self) -> float:
        return self.now

    def get_until(self, deadline: float) -> NoteOn | NoteOff | None:
        self.coming.sort(key=lambda event: event.at)
        if self.coming and self.coming[0].at <= deadline:
            self.now = max(self.now, self.coming[0].at)
            return self.coming.pop(0)
        self.now = max(self.now, deadline)
        return None


class Cable:
    """An output whose notes come back after `delay(number)` seconds, or never (None)."""

    def __init__(self, time: VirtualTime, delay: Callable[[int], float | None]) -> None:
        self._time = time
        self._delay = delay
        self.name, self.is_take = "port:Synth", False
        self.sent: list[bytes] = []

    def send(self, message: bytes, at: float, source: Source) -> None:
        self.sent.append(message)
        if message[0] & 0xF0 == 0x90:
            delay = self._delay(sum(m[0] & 0xF0 == 0x90 for m in self.sent))
            if delay is not None:
                on = NoteOn(at + delay, message[1], message[2], message[0] & 0x0F)
                self._time.coming.append(on)

    def close(self) -> None:
        pass


def loop(delay: Callable[[int], float | None]) -> tuple[Loop, Cable, VirtualTime]:
    time = VirtualTime()
    cable = Cable(time, delay)
    return Loop(cable, time, time), cable, time  # type: ignore[arg-type]  # an Inbox of one method


def test_every_trip_is_measured_and_every_note_is_ended() -> None:
    """40 rounds over a cable of 7 ms; what came for warming up is not counted."""
    made, cable, _ = loop(lambda number: 0.050 if number <= 8 else 0.007)
    assert list(made.trips(40)) == pytest.approx([0.007] * 40)
    ons = [m for m in cable.sent if m[0] & 0xF0 == 0x90]
    offs = [m for m in cable.sent if m[0] & 0xF0 == 0x80]
    assert [m[1] for m in ons] == [m[1] for m in offs]
    assert all(0 < m[2] <= 127 and m[1] <= 127 for m in ons)


def test_what_else_arrives_is_ignored() -> None:
    """A keyboard beside it, and a copy of the note before, are nobody's answer."""
    made, cable, time = loop(lambda number: 0.020)
    time.coming += [NoteOn(100 + 0.001 * k, 60 + k % 12, 64) for k in range(2000)]
    time.coming += [NoteOff(100 + 0.0011 * k, 60) for k in range(2000)]
    assert list(made.trips(30)) == pytest.approx([0.020] * 30)
    assert cable.sent


def test_a_lossy_cable_is_refused_as_soon_as_it_is_known() -> None:
    """Every third note lost: fewer than 80 % can return, so the rest is not waited for."""
    made, _, time = loop(lambda number: None if number % 3 == 0 else 0.002)
    trips = list(made.trips(40))
    assert len(trips) < 40
    with pytest.raises(InputError, match=r"only \d+ of \d+ notes came back from a to b, and 80 %"):
        by_cable("a", "b", trips, inside=False)
    assert time.now < 100 + 12


def test_one_note_in_ten_may_be_lost() -> None:
    """80 % is enough; what was lost is counted."""
    made, _, _ = loop(lambda number: None if number % 10 == 0 else 0.002)
    found = by_cable("a", "b", list(made.trips(40)), inside=True)
    assert (found.rounds, found.returned) == (40, 36)


def test_a_cable_that_is_not_there_yet_is_waited_for() -> None:
    """The musician is told once, and patched in time it goes on; else it says so."""
    told: list[str] = []
    made, _, _ = loop(lambda number: None if number < 6 else 0.002)
    assert made.find(10.0, lambda: told.append("waiting"))
    assert told == ["waiting"]
    made, _, time = loop(lambda number: None)
    assert not made.find(3.0, lambda: None)
    assert time.now == pytest.approx(103.0, abs=0.3)


def test_the_halves_are_told_only_where_they_are_known() -> None:
    """Within this computer all is the output's; over a cable half is a guess, and is said to be."""
    trips: list[float | None] = [0.001 * k for k in range(1, 21)]
    inside = by_cable("virtual:a", "virtual:b", trips, inside=True)
    assert inside.round_trip_ms == Summary(10.0, 19.0, 20.0)
    assert (inside.output_ms, inside.input_ms, inside.latency_ms) == (10.0, 0.0, 10.0)
    cable = by_cable("port:a", "port:b", trips, inside=False)
    assert (cable.output_ms, cable.input_ms, cable.latency_ms) == (None, None, 5.0)
    assert "5.00 ms off at most" in cable.words


def test_what_jack_knows_is_taken_into_account() -> None:
    """What the sound card adds after the port is added, what it added before is taken off."""
    heard: list[float | None] = [0.010] * 10
    synth = by_ear("fluidsynth:jack", "jack:synth:left", heard, capture=0.0, playback=0.0027)
    assert (synth.output_ms, synth.input_ms, synth.latency_ms) == (12.7, 0.0, 12.7)
    card = by_ear("port:a", "jack:system:capture_1", heard, capture=0.003, playback=0.0)
    assert (card.output_ms, card.input_ms) == (7.0, 3.0)


def test_clicks_are_heard_lost_and_refused() -> None:
    """Each click is waited for until it sounds; too many unheard end it early."""

    def clicks(delay: Callable[[int], float | None]) -> Iterator[float | None]:
        time = VirtualTime()
        cable = Cable(time, lambda number: None)

        def hear(sent: float, until: float) -> float | None:
            late = delay(sum(m[0] & 0xF0 == 0x90 for m in cable.sent))
            return None if late is None or sent + late > until else sent + late

        return Clicks(cable, hear, time, time, channel=9, pitch=75).onsets(10)  # type: ignore[arg-type]

    assert list(clicks(lambda number: 0.012)) == pytest.approx([0.012] * 10)
    some = list(clicks(lambda number: None if number == 3 else 0.012))
    assert some.count(None) == 1
    assert len(list(clicks(lambda number: None))) == 3
