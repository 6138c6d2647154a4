"""The instrument end to end: a performance in, an answer out, on real ports with real sound."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig.performance import as_messages, performance
from rig.playing import IN, OUT, Playing, pairs
from rig.support import FarEnd, Synth, allowed, soon, wait_for, wait_until

from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.session.messages import (
    Action,
    ModelSetup,
    Notice,
    PlayerSetup,
    SetParam,
    Sounded,
    Transport,
)
from improv.session.terminal import PlayerProcess

XYLOPHONE = 13


@pytest.fixture
def playing(rig: object) -> Iterator[Playing]:
    """A player on virtual ports that waits for a phrase."""
    player = PlayerProcess(
        PlayerSetup(
            params=Params(temperature=0.2, pause=0.5, learn=0.0),
            seed=3,
            model=ModelSetup("seed", "cpu"),
            opening=phrase(),
            idle_start=None,
            outputs=("virtual:improv",),
            inputs=("virtual:improv",),
        )
    )
    player.start()
    yield Playing(player)
    player.stop()


def entropy(notes: list[Sounded]) -> float:
    """Bits a note, of the pitches that were played."""
    counts = Counter(note.pitch for note in notes)
    shares = [count / len(notes) for count in counts.values()]
    return -sum(share * math.log2(share) for share in shares)


def test_answers_a_performance_on_time_and_is_heard(
    far: FarEnd, synth: Synth, playing: Playing, tmp_path: Path, record_property: object
) -> None:
    """All of the issue's first point: what is reported is what arrives and what sounds."""
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    far.connect(OUT, synth.midi_in)
    far.connect(synth.left, far.audio_in)
    far.record()
    wait_for(playing.ready, word="the model")
    # A xylophone: its onsets can be heard over the tails of the notes before.
    playing.player.send(SetParam(1, "program", XYLOPHONE))
    notes = performance(40, tmp_path)
    start = soon()
    far.play(as_messages(notes, start))
    end = start + max(note.start + note.duration for note in notes)

    wait_until(end + 0.5 + 15)
    cold = playing.sounded(Source.IMPROV)
    playing.player.send(SetParam(2, "temperature", 2.0))
    turned = monotonic()
    wait_until(turned + 15)
    goodbye = playing.end()
    wait_until(monotonic() + 0.2)
    heard, audio = far.heard(), far.audio()

    yours = playing.sounded(Source.YOU)
    assert [n.pitch for n in yours] == [n.pitch for n in notes]
    assert cold
    # your last release, the pause, and what is left of the first note's step
    answer = cold[0].start - end
    assert 0.5 - 0.01 <= answer < 0.5 + 0.5

    # The observer sees every note improv reports, in order, within 2 ms (p95) of when it says.
    reported, ons = playing.sounded(), [m for m in heard if m.is_on]
    assert [(m.data[1], m.data[2]) for m in ons] == [(n.pitch, n.velocity) for n in reported]
    apart = sorted(abs(m.at - n.start) for m, n in zip(ons, reported, strict=True))
    assert apart[int(0.95 * len(apart))] < 0.002, apart[-10:]

    # Every note-on has one note-off, and nothing sounds at the end.
    assert pairs(heard) == len(reported)
    assert goodbye.sounding == 0

    # Each note that stands alone by 100 ms sounds within 5 ms (median) of its time.
    times = [n.start for n in reported]
    alone = [
        at
        for before, at, after in zip([0.0, *times], times, [*times[1:], math.inf], strict=False)
        if at - before > 0.1 and after - at > 0.1
    ]
    onsets = [(at, audio.onset(at)) for at in alone]
    late = [onset - at for at, onset in onsets if onset is not None]
    assert len(late) > 0.9 * len(alone) > 20
    assert abs(statistics.median(late)) < 0.005

    # Turning temperature from 0.2 to 2.0 raises the entropy of the pitches that follow; of as many
    # notes, since more of them have more pitches.
    hot = [n for n in playing.sounded(Source.IMPROV) if n.start > turned + 0.05]
    count = min(len(cold), len(hot))
    cold, hot = cold[-count:], hot[:count]
    assert entropy(hot) > entropy(cold) + 0.5, (entropy(cold), entropy(hot))
    print(
        f"\nanswer {1000 * answer:.0f} ms after the last release; report to observer p50/p95/max "
        f"{1000 * statistics.median(apart):.2f}/{1000 * apart[int(0.95 * len(apart))]:.2f}/"
        f"{1000 * apart[-1]:.2f} ms over {len(apart)} notes; audio onset median "
        f"{1000 * statistics.median(late):.2f} ms over {len(late)} of {len(alone)} lone notes; "
        f"pitch entropy {entropy(cold):.2f} -> {entropy(hot):.2f} bits"
    )


def test_a_killed_model_comes_back_and_nothing_hangs(far: FarEnd, playing: Playing) -> None:
    """What was planned plays out and ends; the musician is told; music goes on."""
    far.connect(OUT, far.midi_in)
    wait_for(playing.ready, word="the model")
    playing.player.send(Transport(Action.PLAY))
    wait_for(lambda: len(playing.sounded()) > 5, word="music")
    assert playing.player.pid is not None
    os.kill(child_of(playing.player.pid), signal.SIGKILL)
    wait_for(lambda: not playing.ready(), word="the model to be missed")
    wait_for(playing.ready, word="the model to come back")
    count = len(playing.sounded())
    wait_for(lambda: len(playing.sounded()) > count + 5, word="music again")
    goodbye = playing.end()
    notices = [r.text for r in playing.reports if isinstance(r, Notice)]
    assert "the model died; starting it again" in notices
    assert "the model seed is back" in notices
    assert goodbye.sounding == 0
    wait_until(monotonic() + 0.1)
    pairs(far.heard())


def test_a_model_that_hangs_is_started_again(playing: Playing) -> None:
    """Stopped but not dead: after five seconds without an answer it is replaced, and says so."""
    wait_for(playing.ready, word="the model")
    playing.player.send(Transport(Action.PLAY))
    wait_for(playing.sounded, word="music")
    assert playing.player.pid is not None
    os.kill(child_of(playing.player.pid), signal.SIGSTOP)
    wait_for(lambda: not playing.ready(), 10, word="the hang to be noticed")
    wait_for(playing.ready, word="a model that answers")
    count = len(playing.sounded())
    wait_for(lambda: len(playing.sounded()) > count, word="music again")


def child_of(pid: int) -> int:
    """The one child of a process, the player's model say; 0 while there is none."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(word) for path in children for word in path.read_text().split()]
    assert len(found) <= 1
    return found[0] if found else 0


def test_what_you_play_passes_while_the_model_is_not_there(far: FarEnd, playing: Playing) -> None:
    """The player is up before its model: keys pass through, and are answered once it is."""
    assert playing.player.pid is not None
    pid = playing.player.pid
    model = wait_for(lambda: child_of(pid), word="the model's process")
    os.kill(model, signal.SIGSTOP)
    try:
        far.connect(far.midi_out, IN)
        far.connect(OUT, far.midi_in)
        played = soon()
        far.play([(played, bytes((0x90, 60, 80))), (played + 0.2, bytes((0x80, 60, 0)))])
        wait_for(lambda: len(far.heard()) == 2, word="the note and its end")
        assert not playing.ready()
    finally:
        os.kill(model, signal.SIGCONT)
    wait_for(lambda: playing.sounded(Source.IMPROV), 10, word="the answer")
    print(f"\nthru took {1000 * (far.heard()[0].at - far.sent()[0].at):.1f} ms")


HOLDER = """
import sys, time
from improv.music.opening import phrase
from improv.play.params import Params
from improv.session.messages import *
from improv.session.terminal import PlayerProcess
setup = PlayerSetup(Params(), 3, ModelSetup("seed", "cpu"), phrase(), None,
                    ("virtual:improv",), ("virtual:improv",))
player = PlayerProcess(setup)
player.start()
print("started", flush=True)
time.sleep(60)
"""


def test_a_killed_terminal_leaves_no_note_sounding(far: FarEnd, rig: object) -> None:
    """Every held note is released within 100 ms of the terminal's death, and the player goes."""
    terminal = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE)
    assert terminal.stdout is not None
    terminal.stdout.readline()
    player = child_of(terminal.pid)
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    played = soon()
    far.play([(played, bytes((0x90, pitch, 80))) for pitch in (48, 55, 64, 72)])
    wait_for(lambda: sum(m.is_on for m in far.heard()) == 4, word="the held chord")
    killed = monotonic()
    terminal.kill()
    terminal.wait()
    terminal.stdout.close()
    wait_for(lambda: sum(m.is_off for m in far.heard()) == 4, word="its release")
    released = max(m.at for m in far.heard() if m.is_off)
    print(f"\nreleased {1000 * (released - killed):.1f} ms after the terminal was killed")
    assert released - killed < allowed(0.1)
    wait_for(lambda: not Path(f"/proc/{player}").exists(), 3, word="the player to end")


def test_the_readme_s_headless_line_answers_another_client(
    far: FarEnd, rig: object, tmp_path: Path
) -> None:
    """`improv play --headless --seconds` answers what another JACK client plays, then exits 0."""
    line = "play --headless --json --input virtual:improv --output virtual:improv --seed 3"
    seconds = allowed(12.0)
    command = [sys.executable, "-m", "improv.cli", *line.split(), "--seconds", str(seconds)]
    improv = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    far.connect(far.midi_out, IN)
    far.connect(OUT, far.midi_in)
    notes = performance(20, tmp_path)
    start = soon()
    far.play(as_messages(notes, start))
    out, err = improv.communicate(timeout=seconds + 20)
    assert improv.returncode == 0, err
    said = json.loads(out)
    assert said["hung"] == 0
    assert said["heard"] == 20
    assert said["played"] >= 5
    assert pairs(far.heard()) == len(said["notes"])
