"""Your sustain pedal on real ports: passed on whole, waited for, and in the take."""

from __future__ import annotations

from pathlib import Path

import pytest
from rig.support import FarEnd, soon, wait_for

from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session.messages import (
    ModelSetup,
    ModelState,
    PlayerSetup,
    Report,
    Sounded,
    Status,
)
from improv.session.terminal import PlayerProcess

OUT, IN = "improv:out", "improv-in:in"
LIFT = 1.6  # seconds after the first note; the last begins at 0.6 and is let go at 0.8
PEDAL = [(-0.06, 30), (-0.05, 90), (-0.04, 127), (0.9, 80), (LIFT, 40), (LIFT + 0.01, 0)]


def test_the_answer_waits_for_your_foot_and_the_take_hears_it(
    far: FarEnd, rig: object, tmp_path: Path
) -> None:
    """A half-pedalled phrase: each value arrives, silence begins with the lift, notes ring."""
    take = tmp_path / "take.mid"
    player = PlayerProcess(
        PlayerSetup(
            params=Params(pause=0.5),
            seed=3,
            model=ModelSetup("seed", "cpu"),
            opening=phrase(),
            idle_start=None,
            outputs=("virtual:improv", f"file:{take}"),
            inputs=("virtual:improv",),
        )
    )
    player.start()
    reports: list[Report] = []

    def ready() -> bool:
        reports.extend(player.receive())
        return any(isinstance(r, Status) and r.model_state is ModelState.READY for r in reports)

    def answered() -> list[Sounded]:
        reports.extend(player.receive())
        return [r for r in reports if isinstance(r, Sounded) and r.source is Source.IMPROV]

    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        wait_for(ready, 20, word="the model")
        start = soon()
        keys = [(0.3 * i, bytes((0x90, pitch, 80))) for i, pitch in enumerate((60, 64, 67))]
        keys += [(at + 0.2, bytes((0x80, data[1], 0))) for at, data in keys]
        feet = [(at, bytes((0xB0, 64, value))) for at, value in PEDAL]
        far.play([(start + at, data) for at, data in keys + feet])
        answer = wait_for(answered, 10, word="the answer")[0].start - start
    finally:
        assert player.stop() == 0
    assert LIFT + 0.5 - 0.01 <= answer < LIFT + 0.5 + 0.6
    passed = [m.data[2] for m in far.heard() if m.data[:2] == b"\xb0\x40"]
    assert passed[: len(PEDAL)] == [value for _, value in PEDAL]
    yours = [note for note in read_notes(take) if note.source is Source.YOU]
    assert [(n.pitch, n.duration) for n in yours] == [
        (pitch, pytest.approx(0.2, abs=0.01)) for pitch in (60, 64, 67)
    ]
    assert [n.start + n.sounding for n in yours] == pytest.approx([LIFT] * 3, abs=0.01)
    print(f"\nanswer {1000 * (answer - LIFT):.0f} ms after the pedal came up")
