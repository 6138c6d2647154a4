"""Playing together on real ports: each mode with the default model, as another program hears it.

Figures are printed (`pytest -s`); they are asserted only so far that a broken mode fails on any
machine. How soon companions come is measured here because nothing else sees both ends of the cable.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest
from rig.playing import Playing, cabled, pairs, setup
from rig.support import FarEnd, Heard, soon, wait_until

from improv.music.event import Source
from improv.music.scale import belong
from improv.play.params import Params
from improv.session.messages import ModelSetup
from improv.session.terminal import PlayerProcess

LATE = 0.060  # seconds; a companion that comes later than that is no companion


@pytest.fixture
def play(rig: object, far: FarEnd) -> Iterator[object]:
    """Starts a player of the default model with some knobs, cabled both ways to the far end."""
    started: list[PlayerProcess] = []

    def start(**knobs: object) -> Playing:
        params = Params(pause=0.4, **knobs)  # type: ignore[arg-type]
        model = ModelSetup("default", "cpu")
        player = PlayerProcess(setup(params=params, model=model))
        started.append(player)
        return cabled(player, far)

    yield start
    for player in started:
        player.stop()


def melody(start: float, notes: int, step: float, length: float) -> list[tuple[float, bytes]]:
    """A line up and down a scale of C, on channel 1."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62)
    events = []
    for n in range(notes):
        pitch = scale[n % len(scale)]
        events.append((start + n * step, bytes((0x90, pitch, 80))))
        events.append((start + n * step + length, bytes((0x80, pitch, 0))))
    return sorted(events)


def test_each_note_has_its_companions_and_they_go_with_it(far: FarEnd, play) -> None:
    """Two with each of 60 notes, in the scale, in the same moment, let go together."""
    playing = play(mode="harmonise", companions=2, scale="major", key=0, channel=1)
    start = soon()
    far.play(melody(start, 60, 0.15, 0.12))
    wait_until(start + 60 * 0.15 + 0.5)
    goodbye = playing.end()
    heard = [message for message in far.heard() if message.data[0] & 0xE0 == 0x80]
    yours = [m for m in heard if m.is_on and m.data[0] & 0x0F == 0]
    its = [m for m in heard if m.is_on and m.data[0] & 0x0F == 1]
    assert len(yours) == 60
    waits: list[float] = []
    for note in yours:
        companions = [m for m in its if 0 <= m.at - note.at < LATE]
        assert len(companions) <= 2, note
        assert note.data[1] not in {m.data[1] for m in companions}
        waits += [m.at - note.at for m in companions]
    assert {m.data[1] % 12 for m in its} <= belong(0, "major")
    assert len(its) == len(waits) >= 110
    pairs(heard)
    _goes_with(yours, its, heard)
    assert goodbye.sounding == 0
    ordered = sorted(waits)
    print(
        f"\nyour note to its companions, at the far end: p50 {1e3 * statistics.median(waits):.2f}, "
        f"p99 {1e3 * ordered[int(0.99 * len(ordered))]:.2f}, max {1e3 * ordered[-1]:.2f} ms "
        f"over {len(waits)}"
    )


def _goes_with(yours: list[Heard], its: list[Heard], heard: list[Heard]) -> None:
    """Each companion's off comes with that of its note."""
    for note in its:
        leader = max((m for m in yours if m.at <= note.at), key=lambda m: m.at)
        ends = [
            min(m.at for m in heard if m.is_off and m.data[:2] == _off(each) and m.at > each.at)
            for each in (leader, note)
        ]
        assert abs(ends[0] - ends[1]) < LATE


def _off(on: Heard) -> bytes:
    return bytes((on.data[0] & 0x0F | 0x80, on.data[1]))


def test_a_duet_plays_while_you_do(far: FarEnd, play) -> None:
    """Its notes begin between yours, it joins at the first, and nothing hangs."""
    playing = play(mode="duet", room=0.3, channel=1)
    start = soon()
    far.play(melody(start, 40, 0.2, 0.15))
    wait_until(start + 8.0)
    during = [n for n in playing.sounded(Source.IMPROV) if start < n.start < start + 8.0]
    goodbye = playing.end()
    assert len(during) >= 8
    assert during[0].start < start + 1.5
    pairs([message for message in far.heard() if message.data[0] & 0xE0 == 0x80])
    assert goodbye.sounding == 0
    print(f"\nduet: {len(during)} notes of its own to 40 of yours in 8 s")


def test_an_answer_is_as_long_as_your_phrase_and_then_it_waits(far: FarEnd, play) -> None:
    """Three phrases of 2 s, three answers, silence after each."""
    playing = play(mode="answer", answer="yours", channel=1)
    start = soon()
    for turn in range(3):
        far.play(melody(start + 6.0 * turn, 10, 0.2, 0.15))
    wait_until(start + 18.0)
    onsets = [n.start - start for n in playing.sounded(Source.IMPROV)]
    goodbye = playing.end()
    for turn in range(3):
        ends = 6.0 * turn + 9 * 0.2 + 0.15
        answer = [at for at in onsets if ends < at < 6.0 * (turn + 1)]
        assert answer
        assert answer[0] >= ends + 0.4 - 0.01
        assert answer[-1] <= ends + 0.4 + (ends - 6.0 * turn) + 0.05
    assert len(onsets) == sum(
        6.0 * turn + 1.95 < at < 6.0 * (turn + 1) for turn in range(3) for at in onsets
    )
    assert goodbye.sounding == 0
