"""Outputs of different latency on real ports, and latencies measured on them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rig.support import FarEnd, JackServer, Synth, allowed, wait_for, wait_until

from improv.cli import main
from improv.music.event import Event, Source
from improv.music.opening import phrase
from improv.play.clock import Inbox, monotonic
from improv.play.interfaces import Output
from improv.play.params import Params
from improv.ports import synth as fluidsynth
from improv.ports.ear import Ear
from improv.ports.midi import open_input, open_output
from improv.ports.recording import onset
from improv.ports.spec import parse_spec
from improv.session import latencies
from improv.session.calibration import BEFORE, Clicks, Loop
from improv.session.measuring import CLAVES
from improv.session.messages import (
    Action,
    ModelSetup,
    PlayerSetup,
    SetOutputs,
    Status,
    Transport,
)
from improv.session.terminal import PlayerProcess

FAST, SLOW = "virtual:near", "virtual:slow"
APART = 0.040


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def slow_ear(rig: JackServer) -> Iterator[FarEnd]:
    """A second far end, for the slow output."""
    with FarEnd(rig.env, "far-slow") as far:
        yield far


@pytest.fixture
def player(rig: JackServer) -> Iterator[PlayerProcess]:
    """Plays by itself to two outputs, one of which is heard 40 ms after it is sent to."""
    made = PlayerProcess(
        PlayerSetup(
            params=Params(),
            seed=3,
            model=ModelSetup("seed", "cpu"),
            opening=phrase(),
            idle_start=1.0,
            outputs=(FAST, SLOW),
            inputs=("none",),
            latency_ms=((SLOW, 1000 * APART),),
        )
    )
    made.start()
    yield made
    made.stop()


def test_a_slow_output_is_sent_to_40_ms_before_the_other(
    far: FarEnd, slow_ear: FarEnd, player: PlayerProcess, record_property: object
) -> None:
    """Every note, at the far end of both: 40 ms apart within 3 ms at p95, and none hangs."""
    far.connect("near:out", far.midi_in)
    slow_ear.connect("slow:out", slow_ear.midi_in)
    wait_for(lambda: sum(m.is_on for m in far.heard()) >= 60, 40, "60 notes")
    statuses = [r for r in player.receive() if isinstance(r, Status)]
    assert statuses[-1].latency_ms == ((SLOW, 1000 * APART),)
    player.send(Transport(Action.STOP))
    wait_until(monotonic() + 0.3)
    near, slow = ([m for m in end.heard() if m.is_on] for end in (far, slow_ear))
    assert len(slow) - len(near) in {0, 1, 2, 3}  # the last may have been stopped before its time
    apart = [b.at - a.at for a, b in zip(slow, near, strict=False)]
    assert [m.data for m in slow[: len(near)]] == [m.data for m in near]
    off = sorted(abs(one - APART) for one in apart)
    said = f"apart by {1000 * statistics.median(apart):.2f} ms, off by p95 "
    said += f"{1000 * off[int(0.95 * len(off))]:.2f}, max {1000 * off[-1]:.2f} ms"
    print(said)
    assert off[int(0.95 * len(off))] < 0.003, said
    for end in (far, slow_ear):
        heard = end.heard()
        assert sum(m.is_on for m in heard) == sum(m.is_off for m in heard)


def test_closing_the_slow_output_lets_the_other_go_on(
    far: FarEnd, slow_ear: FarEnd, player: PlayerProcess
) -> None:
    """Every note that sounds at the slow one is ended there; the other plays on without a gap."""
    far.connect("near:out", far.midi_in)
    slow_ear.connect("slow:out", slow_ear.midi_in)
    wait_for(lambda: sum(m.is_on for m in far.heard()) >= 20, 40, "20 notes")
    player.send(SetOutputs((FAST,)))
    wait_for(lambda: "slow:out" not in far.ports(), word="the output to close")
    heard = slow_ear.heard()
    assert sum(m.is_on for m in heard) == sum(m.is_off for m in heard)
    more = sum(m.is_on for m in far.heard()) + 10
    wait_for(lambda: sum(m.is_on for m in far.heard()) >= more, 20, "music at the other")


def calibrate(*options: str) -> dict[str, object]:
    """What `improv calibrate --json` says, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "improv.cli", "calibrate", "--json", *options],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return said


def test_at_the_end_every_note_is_ended_at_both(
    far: FarEnd, slow_ear: FarEnd, player: PlayerProcess
) -> None:
    """It quits in the middle of notes that one output has and the other has not yet."""
    far.connect("near:out", far.midi_in)
    slow_ear.connect("slow:out", slow_ear.midi_in)
    wait_for(lambda: sum(m.is_on for m in slow_ear.heard()) >= 30, 40, "30 notes")
    assert player.stop() == 0
    wait_until(monotonic() + 0.2)
    for end in (far, slow_ear):
        heard = end.heard()
        assert sum(m.is_on for m in heard) == sum(m.is_off for m in heard)


class Noting:
    """An output that writes down when each note-on was sent."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.name, self.is_take = output.name, False
        self.sent: list[tuple[float, bytes]] = []

    def send(self, message: bytes, at: float, source: Source) -> None:
        self._output.send(message, at, source)
        if message[0] & 0xF0 == 0x90:
            self.sent.append((at, message))

    def close(self) -> None:
        self._output.close()


def test_a_loop_is_measured_as_an_observer_sees_it(far: FarEnd) -> None:
    """Each note's trip is, to a millisecond, that of the same note to another program."""
    inbox: Inbox[Event] = Inbox()
    with (
        closing(Noting(open_output(parse_spec("virtual:cal")))) as output,
        closing(open_input(parse_spec("port:cal:out"), inbox.put)),
    ):
        far.connect("cal:out", far.midi_in)
        loop = Loop(output, inbox, monotonic)
        assert loop.find(2.0, lambda: None)
        trips = [1000 * trip for trip in loop.trips(60) if trip is not None]
        wait_for(lambda: sum(m.is_on for m in far.heard()) == len(output.sent))
    heard = [m for m in far.heard() if m.is_on]
    seen = [1000 * (m.at - at) for m, (at, _) in zip(heard, output.sent, strict=True)][-60:]
    assert len(trips) == 60
    apart = [trip - other for trip, other in zip(trips, seen, strict=True)]
    print(
        f"calibrate p50 {statistics.median(trips):.3f} ms, observer {statistics.median(seen):.3f}"
    )
    assert abs(statistics.median(trips) - statistics.median(seen)) < 0.3
    assert statistics.median(abs(one) for one in apart) < 0.5
    assert max(abs(one) for one in apart) < allowed(3)


def test_a_cable_that_is_patched_late_is_waited_for_and_its_latency_stored(far: FarEnd) -> None:
    """Both ends are improv's own ports, so that all of the trip is the output's."""
    found: list[dict[str, object]] = []
    run = threading.Thread(
        target=lambda: found.append(calibrate("--output", "virtual:cal", "--input", "virtual:cal"))
    )
    run.start()
    far.connect("cal:out", "cal-in:in")
    run.join()
    trip = found[0]["round_trip_ms"]
    assert isinstance(trip, dict)
    assert (found[0]["rounds"], found[0]["returned"]) == (40, 40)
    assert found[0]["output_ms"] == found[0]["latency_ms"] == trip["p50"]
    assert 0 < trip["p50"] <= trip["p95"] <= trip["max"] < allowed(10)
    assert latencies.stored() == {"virtual:cal": pytest.approx(trip["p50"], abs=0.01)}


def test_a_dry_run_stores_nothing(far: FarEnd) -> None:
    """And a loop can be made of one cable end: an input that hears the output by its port."""
    found = calibrate("--output=virtual:cal", "--input=port:cal:out", "--rounds=10", "--dry-run")
    assert (found["returned"], found["stored"]) == (10, None)
    assert latencies.stored() == {}


def test_the_sound_of_fluidsynth_is_measured_as_an_observer_hears_it(far: FarEnd) -> None:
    """Each click's onset is, to 2 ms, that in what another program has recorded."""
    with closing(Noting(fluidsynth.open_output())) as output, Ear() as ear:
        ear.listen(f"{fluidsynth.CLIENT}:left")
        far.connect(f"{fluidsynth.CLIENT}:left", far.audio_in)
        far.record()

        def hear(sent: float, now: float) -> float | None:
            return onset(ear.recording.heard(sent - BEFORE, now), sent)

        channel, pitch = CLAVES
        clicks = Clicks(output, hear, Inbox(), monotonic, channel=channel, pitch=pitch)
        late = [1000 * one for one in clicks.onsets(15) if one is not None]
        audio = far.audio()
    there = [audio.onset(at, before=0.0) for at, _ in output.sent]
    seen = [
        1000 * (one - at)
        for one, (at, _) in zip(there, output.sent, strict=True)
        if one is not None
    ]
    assert len(late) == len(seen) == 15
    print(f"calibrate p50 {statistics.median(late):.3f} ms, observer {statistics.median(seen):.3f}")
    assert abs(statistics.median(late) - statistics.median(seen)) < 0.5
    assert max(abs(one - other) for one, other in zip(late, seen, strict=True)) < allowed(2)


def test_what_jack_knows_comes_on_top_of_what_is_heard(far: FarEnd) -> None:
    """The sound leaves the card a buffer after it is heard here; the whole of it is stored."""
    found = calibrate("--output", "fluidsynth", "--listen", "jack", "--rounds", "15")
    trip = found["round_trip_ms"]
    assert isinstance(trip, dict)
    assert (found["device"], found["returned"]) == ("fluidsynth:jack", 15)
    assert found["input_ms"] == 0.0
    assert isinstance(found["output_ms"], float)
    assert 0 < trip["p50"] < found["output_ms"] < 25  # JACK's dummy card has a period of playback
    assert latencies.stored() == {"fluidsynth:jack": pytest.approx(found["latency_ms"], abs=0.01)}


def test_a_synth_behind_a_port_is_listened_to(far: FarEnd, synth: Synth) -> None:
    """A hardware synth, by the port its sound comes in at; found by part of its name."""
    found = calibrate("--output=port:synth", "--listen=jack:synth:left", "--rounds=10")
    assert found["device"] == f"port:{synth.midi_in}"
    assert found["through"] == f"jack:{synth.left}"
    assert int(str(found["returned"])) >= 8  # a piano's tail may drown a note or two


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ("--output virtual:a --input virtual:a --wait 0.6", 2, "nothing came back from 'a:out' to"),
        (
            "--output fluidsynth --listen microphone --wait 0.6",
            2,
            "nothing of fluidsynth was heard",
        ),
        ("--output port:none --input virtual:a", 3, "no MIDI output named 'none'; found"),
        ("--output virtual:a --input port:none", 3, "no MIDI input named 'none'; found"),
        ("--output virtual:a --listen jack:none", 3, "no JACK audio port is named like 'none'"),
    ],
)
def test_what_is_missing_is_said(
    options: str, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 for a device that is not there, 2 where nothing was heard; nothing is stored."""
    assert main(["calibrate", *options.split()]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert latencies.stored() == {}


def test_the_ear_hears_which_ports_there_are(far: FarEnd) -> None:
    """Those of the sound card are told from those of programs."""
    with Ear() as ear:
        assert "system:capture_1" in ear.microphones()
        assert set(ear.microphones()) <= set(ear.sources())
        capture, playback = ear.latency("system:capture_1")
        assert capture > 0
        assert playback == 0.0
