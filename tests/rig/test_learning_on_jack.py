"""Tonight's player on real ports: learnt, kept in a file, known the next evening, in the take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rig.playing import Playing, cabled, setup
from rig.support import FarEnd, wait_for, wait_until

from improv.cli import main
from improv.listen.evening import BREAK, intervals
from improv.music.event import Source
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.session import players
from improv.session.messages import Goodbye, ModelSetup
from improv.session.terminal import PlayerProcess

MOTIF = [60, 64, 67, 65, 62, 71, 60, 64]
STEP = 0.15
KNOBS = {"learn": 0.95, "player": "anna", "pause": 0.5, "guard": "off"}


def as_you(pitches: list[int]) -> float:
    """The share of notes that go on as the motif does, in any key."""
    line, know = intervals(pitches), intervals(MOTIF * 3)
    return sum(line[n : n + 4] in know for n in range(len(line) - 3)) / (len(line) - 3)


def evening(far: FarEnd, notes: list[int], **knobs: object) -> tuple[list[int], Goodbye, Playing]:
    """You play these on the wire; its pitches over the five seconds after, and how it ended."""
    params = Params(**(KNOBS | knobs))  # type: ignore[arg-type]
    player = PlayerProcess(setup(params=params, model=ModelSetup("default", "cpu")))
    try:
        playing = cabled(player, far)
        start = monotonic() + 0.2
        keys = [(start + STEP * n, bytes((0x90, pitch, 80))) for n, pitch in enumerate(notes)]
        ends = [(at + STEP / 2, bytes((0x80, data[1], 0))) for at, data in keys]
        far.play(sorted([*keys, *ends]))
        wait_until(keys[-1][0] + 5.5)
        wait_for(lambda: len(playing.sounded(Source.YOU)) == len(notes), word="your notes")
        pitches = [note.pitch for note in playing.sounded(Source.IMPROV)]
        return pitches, playing.end(), playing
    finally:
        player.stop()


def test_a_player_is_learnt_kept_and_known_again(
    far: FarEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second evening begins with what was played on the first; a replay needs no file."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first, goodbye, _ = evening(far, MOTIF * 4)
    assert goodbye.sounding == 0
    line = bytes((BREAK,)) + intervals(MOTIF * 4)
    assert players.known("anna").line == line
    second, goodbye, playing = evening(far, [pitch + 3 for pitch in MOTIF[:6]])
    assert goodbye.sounding == 0
    kept = players.known("anna").line
    assert kept == line + bytes((BREAK, BREAK)) + intervals(MOTIF[:6])
    players.path("anna").unlink()
    stranger, _, _ = evening(far, [pitch + 3 for pitch in MOTIF[:6]], player="nobody", learn=0.0)
    shares = [as_you(pitches) for pitches in (first, second, stranger)]
    assert shares[0] > 0.3
    assert shares[1] > 0.3
    assert shares[2] < 0.1
    state = playing.state()
    assert state is not None
    assert state.copies.most >= 6
    again = tmp_path / "again.mid"
    capsys.readouterr()
    assert main(["replay", goodbye.take, "--out", str(again), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same_bytes"]
    assert told["drawn_the_same"] == told["proposals"] > 2
    words = ", ".join(f"{100 * share:.0f} %" for share in shares)
    print(f"\nnotes that go on as yours did, tonight, the next evening, by itself: {words}")


def test_the_cap_holds_on_the_wire(
    far: FarEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the meter counts is never more, and so it is in what arrives."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    _, goodbye, _ = evening(far, MOTIF * 4, copy_cap=5)
    assert 3 <= goodbye.status.copies.most <= 5
    its = [message.data[1] for message in far.heard() if message.is_on]
    its = its[-goodbye.status.played :]
    yours = intervals(MOTIF * 4)
    assert not [n for n in range(len(its) - 5) if intervals(its[n : n + 6]) in yours]
