"""The conductor between a clock, an engine, and the outputs."""

from __future__ import annotations

import pytest

from improv.music.event import Pulse, Source
from improv.play.messages import Action, Follow, Notice, Transport
from improv.play.params import Params
from improv.play.timing import Meter
from improv.session.conductor import Conductor, Ticked
from improv.session.messages import ModelSetup, PlayerSetup, Tap, Turn
from improv.session.outgoing import Outgoing
from support import Metronome, stage


class Recorder:
    """An output that writes down what it is sent, and when."""

    def __init__(self, name: str, clock, *, takes_clock: bool = True, is_take: bool = False):
        self.name, self.is_take, self.takes_clock = name, is_take, takes_clock
        self.sent: list[tuple[float, bytes]] = []
        self._clock = clock

    def send(self, message: bytes, at: float, source: Source) -> None:
        self.sent.append((self._clock(), message))

    def close(self) -> None: ...


class ClockInput:
    """An input with a clock on it."""

    name = "port:drums"

    def __init__(self) -> None:
        self.listener = None

    def follow_clock(self, listener) -> None:
        self.listener = listener

    def close(self) -> None: ...


class Scene:
    """A conductor with its surroundings, on a clock that is moved by hand."""

    def __init__(self, *, metronome: str | None = None, latency=(), sensing=False, **knobs) -> None:
        self.now = 0.0
        self.put: list[object] = []
        self.lost: list[object] = []
        self.stage = stage(Metronome(), idle_start=None, **knobs)
        setup = PlayerSetup(
            Params(**knobs), 1, ModelSetup("default", "cpu"), (), None,
            metronome=metronome, latency_ms=latency, active_sensing=sensing,
        )  # fmt: skip
        self.outgoing = Outgoing(latency, Meter(), lambda: self.now, lambda *_: None)
        self.conductor = Conductor(
            setup, self.put.append, self.outgoing, lambda: self.now, lambda *_: None
        )
        self.inputs = {"port:drums": ClockInput()}
        self.said: list[object] = []

    def add(self, name: str, **kind) -> Recorder:
        output = Recorder(name, lambda: self.now, **kind)
        if not self.conductor.is_click(output, ("a", "take")):
            self.outgoing.add(output)
        return output

    def wake(self, *items) -> None:
        """One turn of the player's loop."""
        engine = self.stage.engine
        for item in self.conductor.pass_on(items, engine, self.inputs, self.now):
            self.said.append(item)
            if not isinstance(item, Notice):
                engine.handle(item, self.now)
        self.outgoing.depart()

    def run_until(self, end: float, ticks: tuple[float, ...] = ()) -> None:
        """Wake whenever something is due, and for each pulse of a clock."""
        coming = list(ticks)
        self.wake()
        while True:
            waits = [self.conductor.due(self.stage.engine), self.outgoing.due() or end]
            due = max(self.now, min(*waits, coming[0] if coming else end))
            if due >= end:
                break
            self.now = due
            if coming and coming[0] <= due:
                self.wake(Ticked("port:drums", Pulse(coming.pop(0), b"\xf8")))
            else:
                self.wake()
            self.now += 1e-6  # no loop is infinitely fast
        self.now = end
        self.wake()


def clocks(output: Recorder) -> list[float]:
    return [at for at, message in output.sent if message == b"\xf8"]


def test_clock_goes_to_midi_outputs_at_its_moments_and_to_no_take() -> None:
    """24 pulses a beat at 120 bpm; a synth inside and a take get none."""
    scene = Scene(sync="internal", clock_out=True)
    midi, take = scene.add("a"), scene.add("take", is_take=True, takes_clock=False)
    scene.run_until(2.0)
    at = clocks(midi)
    assert 94 <= len(at) <= 97
    assert max(abs(time * 48 - round(time * 48)) for time in at) < 0.01
    assert take.sent == []


def test_a_slow_output_gets_the_clock_as_much_earlier_as_its_notes() -> None:
    """With 30 ms of latency, 30 ms before."""
    scene = Scene(sync="internal", clock_out=True, latency=(("a", 30.0),))
    slow = scene.add("a")
    scene.run_until(1.0)
    at = [time + 0.030 for time in clocks(slow)[3:]]
    assert len(at) > 40
    assert max(abs(time * 48 - round(time * 48)) for time in at) < 0.01


def test_an_input_hands_on_its_clock_only_while_it_is_followed() -> None:
    """So that a clock nobody wants costs nothing."""
    scene = Scene()
    scene.wake()
    assert scene.inputs["port:drums"].listener is None
    scene.stage.engine.params = Params(sync="clock")
    scene.wake()
    scene.inputs["port:drums"].listener(Pulse(1.0, b"\xf8"))
    assert scene.put == [Ticked("port:drums", Pulse(1.0, b"\xf8"))]
    scene.stage.engine.params = Params()
    scene.wake()
    assert scene.inputs["port:drums"].listener is None


def test_a_clocks_beat_is_told_once_a_beat_and_its_loss_once() -> None:
    """Ten beats of pulses, silence, and its return: some twenty words in all."""
    scene = Scene(sync="clock")
    ticks = tuple(0.5 + k / 48 for k in range(240))
    back = tuple(8.5 + k / 48 for k in range(48))
    scene.run_until(10.0, ticks + back)
    told = [item for item in scene.said if isinstance(item, Follow)]
    assert 10 <= len(told) <= 30
    assert [item.lost for item in told].count(True) == 1
    assert told[-1].timeline.bpm == pytest.approx(120.0, rel=1e-3)
    words = " ".join(item.text for item in scene.said if isinstance(item, Notice))
    assert "following the clock of port:drums, 120.0 bpm" in words
    assert words.count("is silent") == 1
    assert words.count("is back") == 1
    assert scene.stage.engine.sync.word == "clock"


def test_a_second_clock_is_left_alone_until_the_first_is_gone() -> None:
    """Two at once would be no tempo at all."""
    scene = Scene(sync="clock")
    for k in range(96):
        scene.now = k / 48
        scene.wake(Ticked("one", Pulse(scene.now, b"\xf8")))
        scene.wake(Ticked("two", Pulse(scene.now + 0.004, b"\xf8")))
    assert scene.stage.engine.sync.timeline.bpm == pytest.approx(120.0, rel=0.01)
    for k in range(96):
        scene.now = 5.0 + k / 40
        scene.wake(Ticked("two", Pulse(scene.now, b"\xf8")))
    assert scene.stage.engine.sync.timeline.bpm == pytest.approx(100.0, rel=0.01)


def test_the_metronome_clicks_on_its_own_output_while_the_song_runs() -> None:
    """Four in two seconds, none of them on the notes' output; none while it is stopped."""
    scene = Scene(sync="internal", metronome="click")
    notes, click = scene.add("a"), scene.add("click")
    scene.run_until(2.01)
    assert [m[1] for _, m in click.sent if m[0] == 0x99] == [76, 77, 77, 77, 76]
    assert [m for _, m in notes.sent if m[0] == 0x99] == []
    scene.stage.engine.handle(Transport(Action.STOP), scene.now)
    before = len([m for _, m in click.sent if m[0] == 0x99])
    scene.run_until(4.0)
    assert len([m for _, m in click.sent if m[0] == 0x99]) == before
    assert scene.conductor.close() == [click]
    assert len([m for _, m in click.sent if m[0] == 0x89]) == before


def test_taps_turn_the_tempo_and_switch_it_on() -> None:
    """Through the desk, so that they can be undone; while a clock leads they only say so."""
    scene = Scene()
    for at in (1.0, 1.6, 2.2):
        scene.now = at + 0.01
        scene.wake(Tap(at))
    assert scene.put[0] == Turn("sync", "internal")
    assert scene.put[1] == Turn("tempo", 100.0)
    led = Scene(sync="clock")
    led.run_until(2.0, tuple(k / 48 for k in range(96)))
    led.wake(Tap(2.0))
    led.wake(Tap(2.5))
    assert led.put == []
    assert any("tempo is the clock's" in n.text for n in led.said if isinstance(n, Notice))


def test_active_sensing_tells_midi_outputs_four_times_a_second_that_we_live() -> None:
    """Never more than 300 ms apart, whatever an output's latency; takes and synths don't get it."""
    scene = Scene(sensing=True, latency=(("b", 30.0),), metronome="click")
    heard = [scene.add(name) for name in ("a", "b", "click")]
    take = scene.add("take", takes_clock=False, is_take=True)
    scene.run_until(9.9)
    for output in heard:
        times = [at for at, message in output.sent if message == b"\xfe"]
        assert times == pytest.approx([0.25 * i for i in range(40)])
    assert take.sent == []


def test_after_a_hold_up_one_is_sent_and_no_burst() -> None:
    """As after a laptop was closed."""
    scene = Scene(sensing=True)
    output = scene.add("a")
    scene.run_until(1.0)
    before, scene.now = len(output.sent), 9.0
    scene.wake()
    scene.wake()
    assert len(output.sent) == before + 1
    assert scene.conductor.due(scene.stage.engine) == pytest.approx(9.25)


def test_without_being_asked_for_nothing_is_sensed() -> None:
    """A synth that has heard it once would fall silent where it stops."""
    scene = Scene()
    output = scene.add("a")
    scene.run_until(2.0)
    assert output.sent == []
