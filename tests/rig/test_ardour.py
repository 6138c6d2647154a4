"""A DAW records what improv plays: Ardour without its windows, on a machine that has it.

Not installed in CI (600 MB with what it needs): `apt install ardour`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rig.playing import OUT, Playing, pairs, setup
from rig.support import HERE, FarEnd, JackServer, end, wait_for, wait_until

from improv.music.event import Source
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session.messages import Action, Transport
from improv.session.terminal import PlayerProcess

LUA = next((found for n in range(9, 6, -1) if (found := shutil.which(f"ardour{n}-lua"))), None)
RECORDED = 6.0  # seconds


@pytest.mark.slow
@pytest.mark.skipif(LUA is None, reason="Ardour is not installed (apt: ardour)")
def test_ardour_records_a_take_from_the_port(rig: JackServer, far: FarEnd, tmp_path: Path) -> None:
    """Each note that began while it recorded is on its track: pitch, velocity, and when."""
    player = PlayerProcess(setup(params=Params(mode="solo", temperature=0.8)))
    player.start()
    playing = Playing(player)
    wait_for(playing.ready, seconds=30.0, word="the model")
    far.connect(OUT, far.midi_in)
    log = tmp_path / "ardour.log"
    with log.open("wb") as out:
        ardour = subprocess.Popen(
            [LUA, str(HERE / "record.lua"), str(tmp_path / "take"), OUT, str(RECORDED)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=os.environ | rig.env | {"HOME": str(tmp_path)},
        )
    try:
        wait_for(lambda: b"rolls" in log.read_bytes(), 30.0, f"Ardour to roll: {log}")
        wait_until(monotonic() + 0.5)  # its transport has begun by then
        player.send(Transport(Action.PLAY))
        wait_until(monotonic() + RECORDED - 2.0)
        player.send(Transport(Action.STOP))
        wait_for(lambda: ardour.poll() is not None, 30.0, f"Ardour to end: {log}")
    finally:
        end(ardour)
    played = playing.sounded(Source.IMPROV)
    heard = [message for message in far.heard() if message.is_on]
    assert playing.end().sounding == 0
    assert pairs(far.heard()) == len(played)

    takes = sorted((tmp_path / "take").rglob("*.mid"), key=lambda path: path.stat().st_size)
    recorded = sorted(read_notes(takes[-1]), key=lambda note: note.start)
    late = [
        1000 * ((note.start - recorded[0].start) - (message.at - heard[0].at))
        for note, message in zip(recorded, heard, strict=True)
    ]
    print(
        f"\nArdour has {len(recorded)} of {len(played)} notes; beside the first at most"
        f" {max(map(abs, late)):.2f} ms from when they came to another client"
    )
    assert sorted((note.pitch, note.velocity) for note in recorded) == sorted(
        (note.pitch, note.velocity) for note in played
    )
    assert max(map(abs, late)) < 20.0
