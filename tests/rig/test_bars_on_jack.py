"""Bars on real ports: a melody played in under a clock, and bars come out in time with it.

Figures are printed (`pytest -s`); on a busy machine they say more about it than about improv, so
they are asserted only so far that bars beside the beat fail.
"""

from __future__ import annotations

import statistics
import zipfile

from rig.performance import data_folder
from rig.playing import cabled, pairs, setup
from rig.support import FarEnd, soon, wait_until

from improv.music.event import Source
from improv.music.scale import belong
from improv.play.params import Params
from improv.ports import melody
from improv.session.messages import ModelSetup
from improv.session.terminal import PlayerProcess
from improv.train import sources

BPM, BARS = 120.0, 6  # of which the first two are yours
BAR = 4 * 60.0 / BPM
NEAR = 0.030  # seconds; half a sixteenth, where a note beside the beat would be, is 0.0625


def tune() -> list[tuple[float, int]]:
    """(beats, pitch) of two bars: how a song of the test split begins, or a scale."""
    pack = data_folder() / "pop909.zip"
    if not pack.exists():
        return [(float(n), pitch) for n, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]
    with sources.opened(pack) as source:
        name = sources.pieces(source)[0]["test"][0]
        notes = melody.track(source.read(name), "melody")
    first = notes[0][1]
    beat = 60.0 / (melody.bpm(zipfile.ZipFile(pack).read(name)) or 120.0)
    placed = [(round(4 * (on - first) / beat) / 4, pitch) for pitch, on, _ in notes]
    return [(at, pitch) for at, pitch in placed if at < 7.0]


def test_bars_come_out_in_time_with_the_clock(rig: object, far: FarEnd) -> None:
    """Two bars of a melody in, and its bars out: on sixteenths, in the scale, and none hangs."""
    params = Params(
        sync="clock", pause=0.3, channel=1, scale="major", key=0, creativity=0.2, guard="off"
    )
    player = PlayerProcess(setup(params=params, model=ModelSetup("bars", "cpu")))
    try:
        playing = cabled(player, far)
        start = soon()
        clock = [(start - 0.005, b"\xfa")]
        clock += [(start + k * BAR / 96, b"\xf8") for k in range(BARS * 96)]
        keys = []
        for beat, pitch in tune():
            keys.append((start + beat * BAR / 4, bytes((0x90, pitch, 80))))
            keys.append((start + beat * BAR / 4 + 0.1, bytes((0x80, pitch, 0))))
        far.play(sorted([*clock, *keys]))
        wait_until(start + BARS * BAR)
        goodbye = playing.end()  # first: what sounds before it is over is reported and heard
        its = playing.sounded(Source.IMPROV)
    finally:
        player.stop()
    heard = [message for message in far.heard() if message.data[0] & 0xE0 == 0x80]
    ons = [m for m in heard if m.is_on and m.data[0] & 0x0F == 1]
    pairs(heard)
    assert goodbye.sounding == 0
    assert len(ons) == len(its) >= 4
    sixteenths = [(m.at - start) * 16 / BAR for m in ons]
    off = [abs(at - round(at)) * BAR / 16 for at in sixteenths]
    print(
        "\nbars out, from the nearest sixteenth of the clock: "
        f"p50 {1e3 * statistics.median(off):.2f}, max {1e3 * max(off):.2f} ms over {len(off)} notes"
    )
    assert statistics.median(off) < NEAR
    assert {m.data[1] % 12 for m in ons} <= belong(0, "major")
