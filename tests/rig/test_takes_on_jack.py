"""A take of a session on real ports, with a scripted player, happens again to the byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rig.performance import as_messages, performance
from rig.support import FarEnd, soon, wait_for, wait_until

from improv.cli import main
from improv.model.store import digest, find
from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session import account
from improv.session.messages import (
    Action,
    Goodbye,
    ModelSetup,
    ModelState,
    Notice,
    PlayerSetup,
    Report,
    SaveTake,
    SetOutputs,
    SetParam,
    Sounded,
    Status,
    Strike,
    Transport,
)
from improv.session.terminal import PlayerProcess

OUT, IN = "improv:out", "improv-in:in"


def reports(player: PlayerProcess, said: list[Report], kind: type) -> list:
    said += player.receive()
    return [report for report in said if isinstance(report, kind)]


@pytest.fixture(params=["default", "seed"])
def played(
    request: pytest.FixtureRequest, far: FarEnd, tmp_path: Path
) -> tuple[Goodbye, Path, list[Report]]:
    """A session of some 15 seconds: a performance, knobs, pause, panic, again, a second output."""
    asked = tmp_path / "asked.mid"
    player = PlayerProcess(
        PlayerSetup(
            params=Params(temperature=0.8, pause=0.4, program=13),
            seed=3,
            model=ModelSetup(request.param, "cpu"),
            opening=phrase(),
            idle_start=None,
            outputs=("virtual:improv", f"file:{asked}"),
            inputs=("virtual:improv",),
        )
    )
    said: list[Report] = []
    player.start()
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        wait_for(
            lambda: any(
                s.model_state is ModelState.READY for s in reports(player, said, Status)[-1:]
            ),
            20,
            "the model",
        )
        notes = performance(25, tmp_path)
        start = soon()
        pedal = [(start + 1.0, b"\xb0\x40\x7f"), (start + 2.0, b"\xb0\x40\x00")]
        far.play(sorted([*as_messages(notes, start), *pedal]))
        wait_until(start + max(n.start + n.duration for n in notes) + 2.0)
        for command in (
            SetParam(1, "temperature", 1.6),
            SetParam(2, "polyphony", 2),
            SetParam(3, "temperature", 99.0),
            Strike(61, 90, 0.2),
            SaveTake(),
            SetParam(4, "program", 5),
            Transport(Action.PLAY),
            SetOutputs(("virtual:improv", f"file:{asked}", "none")),
            Transport(Action.PAUSE),
            Transport(Action.PLAY),
            Transport(Action.AGAIN),
            Transport(Action.PANIC),
            Transport(Action.NEW),
            SetParam(5, "thru", False),
        ):
            player.send(command)
            wait_until(monotonic() + 0.7)
        assert player.stop(20) == 0
        (goodbye,) = wait_for(lambda: reports(player, said, Goodbye), 5, "its goodbye")
    finally:
        player.stop()
    return goodbye, asked, said


def test_a_take_from_real_ports_happens_again_to_the_byte(
    played: tuple[Goodbye, Path, list[Report]],
    own_takes: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So does the take the musician asked for; and every proposal is drawn the same again."""
    goodbye, asked, said = played
    take = Path(goodbye.take)
    assert take.parent == own_takes  # it was saved
    assert any(f"saved: {take}" in notice.text for notice in said if isinstance(notice, Notice))
    assert take.read_bytes() == asked.read_bytes()
    notes = read_notes(take)
    for source in Source:
        ours = [n for n in said if isinstance(n, Sounded) and n.source is source]
        assert sorted(n.pitch for n in notes if n.source is source) == sorted(n.pitch for n in ours)
    again = tmp_path / "again.mid"
    capsys.readouterr()
    assert main(["replay", "last", "--out", str(again), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert again.read_bytes() == take.read_bytes()
    assert told["same_bytes"]
    assert told["drawn_the_same"] == told["proposals"] > 5
    session = account.read(take)
    assert session.about.digest == digest(find(session.about.model))
    print(
        f"\n{len(notes)} notes, {len(session.steps)} steps, {take.stat().st_size:,} bytes; "
        f"{told['drawn_the_same']} of {told['proposals']} proposals drawn the same"
    )
    # and what would have been: your part as it was, its part another
    assert main(["replay", str(take), "--out", str(again), "--set", "temperature=0.3"]) == 0
    other = read_notes(again)
    mine = [(n.pitch, n.velocity) for n in notes if n.source is Source.YOU]
    assert [(n.pitch, n.velocity) for n in other if n.source is Source.YOU] == mine
    assert [n.pitch for n in other if n.source is Source.IMPROV] != [
        n.pitch for n in notes if n.source is Source.IMPROV
    ]
