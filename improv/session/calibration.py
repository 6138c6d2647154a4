"""Measuring an output's latency: short notes out, and the moment each comes back or is heard.

Two ways. Over a cable from the output to an input the round trip is measured, and split only
where both ends are improv's own ports: no hardware lies between, and an arrival is stamped when
the driver brings it. Through an audio port of JACK the sound itself is, and JACK knows what its
sound cards add. One note is under way at a time, and what is not that note is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from improv.errors import InputError
from improv.music.event import Event, NoteOn, Source
from improv.play.clock import Clock, Inbox
from improv.play.interfaces import Output
from improv.play.ledger import NOTE_OFF, note_on

ENOUGH = 80
"""Percent of the notes that must come back for a measurement to be believed."""
PATIENCE = 0.5
"""Seconds after which a note is not waited for any longer."""
KNOCK = 0.25
"""Seconds between notes while nothing has come back at all."""
WARM_UP = 8
"""Notes before the first that counts: an input's clock settles by them (`ports.wire`)."""
APART = 0.030
"""Seconds from a note's return to the next, and a little more, so as to meet no period's beat."""
BEFORE, LISTEN, LOOK = 0.030, 1.0, 0.050
"""Seconds heard before a click, waited for it at most, and between looks."""
SILENCE, LONG_SILENCE = 0.2, 1.0
"""Seconds after a click; twice as many after each that was drowned in the tail of another."""
GOLDEN = 0.6180339887  # multiples of it, less their whole part, are spread evenly (Weyl)


@dataclass(frozen=True, slots=True)
class Summary:
    """Times in ms: nearest-rank percentiles, and the largest."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, seconds: list[float]) -> Summary:
        """Of times in seconds, one at least."""
        ordered = sorted(1000 * value for value in seconds)
        p50, p95 = (ordered[ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
        return cls(round(p50, 3), round(p95, 3), round(ordered[-1], 3))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured. Halves that nobody can know are None, and `latency_ms` is then a guess."""

    device: str
    through: str  # the input or audio port that heard it
    rounds: int
    returned: int
    round_trip_ms: Summary
    output_ms: float | None
    input_ms: float | None
    latency_ms: float  # what improv is to compensate
    words: str  # how the halves are known, or why not


def by_cable(device: str, through: str, trips: list[float | None], *, inside: bool) -> Calibration:
    """What round trips over a cable say. `inside`: it lies within this computer.

    Raises InputError where too few came back.
    """
    returned = _returned(trips, f"from {device} to {through}")
    trip = Summary.of(returned)
    if inside:
        words = (
            "both ends are improv's own ports, and what arrives is stamped at once: all of it is"
            " the output's"
        )
        return Calibration(
            device, through, len(trips), len(returned), trip, trip.p50, 0.0, trip.p50, words
        )
    half = round(trip.p50 / 2, 3)
    words = (
        f"over a cable only the sum is known: half of it is taken as the output's, which is"
        f" {half:.2f} ms off at most"
    )
    return Calibration(device, through, len(trips), len(returned), trip, None, None, half, words)


def by_ear(
    device: str,
    through: str,
    onsets: list[float | None],
    *,
    capture: float,
    playback: float,
) -> Calibration:
    """What onsets in recorded sound say, each in seconds after its note was sent.

    Args:
        device: the output.
        through: the audio port that was listened to.
        onsets: None for a note that was not heard.
        capture: seconds from the air to that port.
        playback: seconds from that port to the air, where it lies before the loudspeaker.

    Raises InputError where too few were heard.
    """
    heard = _returned(onsets, f"from {device} at {through}")
    trip = Summary.of(heard)
    out = round(max(0.0, trip.p50 + 1000 * (playback - capture)), 3)
    into = round(1000 * capture, 3)
    words = (
        f"JACK says that {1000 * playback:.1f} ms of playback come after what was heard, and"
        f" {into:.1f} ms of capture are in it"
    )
    return Calibration(device, through, len(onsets), len(heard), trip, out, into, out, words)


class Loop:
    """An output cabled to an input: sends notes, and waits for each in the inbox of that input."""

    def __init__(
        self, output: Output, inbox: Inbox[Event], clock: Clock, channel: int = 15
    ) -> None:
        self._output = output
        self._inbox = inbox
        self._clock = clock
        self._channel = channel
        self._count = 0

    def find(self, wait: float, waiting: Callable[[], None]) -> bool:
        """Whether a note comes back within `wait` seconds; `waiting` is told if it takes two."""
        end = self._clock() + wait
        knocks = 0
        while self._clock() < end:
            if self._trip(KNOCK) is not None:
                return True
            knocks += 1
            if knocks == 2:
                waiting()
        return False

    def trips(self, rounds: int) -> Iterator[float | None]:
        """The seconds each note took to come back; None for one that did not.

        Ends early where too many are lost already.
        """
        lost = 0
        for number in range(-WARM_UP, rounds):
            if not _enough(rounds - lost, rounds):
                return
            trip = self._trip(PATIENCE)
            if number >= 0:
                lost += trip is None
                yield trip
            self._rest(APART * (1 + self._count * GOLDEN % 1))

    def _trip(self, patience: float) -> float | None:
        self._count += 1
        pitch, velocity = 24 + self._count % 80, 1 + self._count * 37 % 127
        off = bytes((NOTE_OFF | self._channel, pitch, 0))
        sent = self._clock()
        self._output.send(note_on(self._channel, pitch, velocity), sent, Source.IMPROV)
        try:
            while (event := self._inbox.get_until(sent + patience)) is not None:
                if not isinstance(event, NoteOn):
                    continue
                if (event.pitch, event.velocity, event.channel) == (pitch, velocity, self._channel):
                    return max(0.0, event.at - sent)  # a stamp is good to a poll, see ports.wire
            return None
        finally:
            self._output.send(off, self._clock(), Source.IMPROV)

    def _rest(self, seconds: float) -> None:
        until = self._clock() + seconds
        while self._inbox.get_until(until) is not None:
            pass  # offs, and whatever else comes


class Clicks:
    """An output that is listened to: sends clicks, and waits until each is heard.

    `hear` is given when a click was sent and when to stop, and says when it sounded. Nothing is
    ever put into `time`: what waits there waits for time.
    """

    def __init__(
        self,
        output: Output,
        hear: Callable[[float, float], float | None],
        time: Inbox[None],
        clock: Clock,
        *,
        channel: int,
        pitch: int,
    ) -> None:
        self._output = output
        self._hear = hear
        self._time = time
        self._clock = clock
        self._on = note_on(channel, pitch, 127)
        self._off = bytes((NOTE_OFF | channel, pitch, 0))

    def find(self, wait: float, waiting: Callable[[], None]) -> bool:
        """Whether a click is heard within `wait` seconds; `waiting` is told if it takes two."""
        end = self._clock() + wait
        clicks = 0
        while self._clock() < end:
            if self._onset() is not None:
                return True
            clicks += 1
            if clicks == 2:
                waiting()
        return False

    def onsets(self, rounds: int) -> Iterator[float | None]:
        """The seconds after which each click was heard; None for one that was not.

        Ends early where too many are lost already.
        """
        lost, silence = 0, SILENCE
        for number in range(rounds):
            if not _enough(rounds - lost, rounds):
                return
            onset = self._onset()
            lost += onset is None
            if onset is None:
                silence = min(2 * silence, LONG_SILENCE)
            yield onset
            self._time.get_until(self._clock() + silence * (1 + number * GOLDEN % 1))

    def _onset(self) -> float | None:
        self._time.get_until(self._clock() + BEFORE)
        sent = self._clock()
        self._output.send(self._on, sent, Source.IMPROV)
        try:
            onset = None
            while onset is None and (now := self._clock()) < sent + LISTEN:
                self._time.get_until(now + LOOK)
                onset = self._hear(sent, now)
            if onset is not None:  # once more with all of its attack, which says how loud it is
                self._time.get_until(self._clock() + LOOK)
                onset = self._hear(sent, self._clock())
            return None if onset is None else max(0.0, onset - sent)
        finally:
            self._output.send(self._off, self._clock(), Source.IMPROV)


def _returned(trips: list[float | None], way: str) -> list[float]:
    returned = [trip for trip in trips if trip is not None]
    if not returned or not _enough(len(returned), len(trips)):
        raise InputError(
            f"only {len(returned)} of {len(trips)} notes came back {way}, and {ENOUGH} % must;"
            " see that nothing else plays there, and try again"
        )
    return returned


def _enough(returned: int, rounds: int) -> bool:
    return 100 * returned >= ENOUGH * rounds
