"""The conductor: follows the MIDI clock that comes in or a Link session, and beats time for others.

It belongs to the loop thread. The engine alone knows the beat in force; here pulses of a clock
become word of its beat for the engine (once a beat, or when it has moved), and the engine's beat
becomes MIDI clock for the outputs and clicks for the metronome. None of these is music: no take
has them, and a replay goes by what the engine was told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from improv.listen.beat import PulseLoop
from improv.listen.tapping import Taps
from improv.music.event import Pulse, Source
from improv.music.timeline import Timeline
from improv.play.clock import Clock
from improv.play.clockout import ClockOut, Metronome, Timed
from improv.play.effects import EVERYBODY, Item, Send
from improv.play.engine import Engine
from improv.play.interfaces import Input, Output
from improv.play.messages import Beat, Follow, Level, Notice, Phase, Transport
from improv.play.params import CLOCK, INTERNAL, LINK, NO_SYNC, Params
from improv.play.sensing import ACTIVE_SENSING, Sensing
from improv.play.timing import Meter
from improv.session.linking import Linking
from improv.session.messages import PlayerSetup, Tap, Turn
from improv.session.outgoing import Outgoing

TELL_EVERY = 1.0
"""Beats after which the engine is told of a clock's beat again."""
MOVED = 0.0003
"""Seconds by which the beat has moved when it is told at once."""
LOOK = 0.1
"""Seconds between looks whether a clock has fallen silent."""
OTHER = 2.0
"""Seconds of silence after which another input's clock is followed."""
STANDING = frozenset({Phase.PAUSED, Phase.STOPPED})


@dataclass(frozen=True, slots=True)
class Ticked:
    """A message of a clock, and by which input it came."""

    port: str
    pulse: Pulse


@runtime_checkable
class ClockSource(Protocol):
    """An input that can hand on a clock."""

    name: str

    def follow_clock(self, listener: Callable[[Pulse], None] | None) -> None: ...


class Conductor:
    """`put` takes what comes in on other threads; `lose` is told of an output that is gone."""

    def __init__(
        self,
        setup: PlayerSetup,
        put: Callable[[Any], None],
        outgoing: Outgoing,
        clock: Clock,
        lose: Callable[[Output, str], None],
    ) -> None:
        self.metronome = setup.metronome
        # the metronome's own output
        self.click = Outgoing(setup.latency_ms, Meter(), clock, lose, outgoing.sending)
        self._clock = clock
        self._put = put
        self._outgoing = outgoing
        self._loop = PulseLoop()
        self._linking = Linking(put)
        self._taps = Taps()
        self._out = ClockOut()
        self._ticks = Metronome()
        self._sensing = Sensing(on=setup.active_sensing)
        self._port = ""  # whose clock is followed
        self._heard = float("-inf")
        self._told: Follow = Follow()
        self._told_at = 0.0
        self._followed: dict[int, ClockSource] = {}
        self._clocked: tuple[str, ...] = ()
        self._look_at = 0.0

    def pass_on(
        self, items: Iterable[Any], engine: Engine, inputs: Mapping[str, Input], now: float
    ) -> list[Any]:
        """Send what is due by now, and take what came in; what the player is to go on with."""
        self._beat(engine, inputs, now)
        self._sense(now)
        out: list[Any] = []
        for item in items:
            match item:
                case Ticked():
                    out += self._hear(item, engine.params)
                case Tap():
                    out += self._tap(item, engine, now)
                case _:
                    if isinstance(item, Transport):
                        self._linking.transport(item.action)
                    out.append(item)
        return out + self._look(engine.params, now)

    # --- what comes in

    def is_click(self, output: Output, wanted: tuple[str, ...] | None) -> bool:
        """Whether a port that has opened is the metronome's own; it is kept here."""
        shared = wanted is not None and output.name in wanted
        shared = shared or (wanted is None and output.name in {"virtual:improv", "fluidsynth"})
        if output.name != self.metronome or shared:
            return False
        self.click.add(output)
        return True

    def close(self) -> list[Output]:
        """Stop; the metronome's own outputs, which the caller is to close."""
        self._linking.close()
        self._send(self._out.end(self._clock()))
        return [self.click.part(name, ()) for name in tuple(self.click.outputs)]

    def _hear(self, item: Ticked, params: Params) -> list[Item | Notice]:
        pulse = item.pulse
        if item.port != self._port:
            if pulse.at - self._heard < OTHER:
                return []
            self._port, self._loop = item.port, PulseLoop()
        self._heard = pulse.at
        was_lost = self._told.lost
        self._loop.take(pulse)
        if params.clock_out:
            if pulse.data[0] == 0xF8 and self._loop.timeline is not None:
                self._out.release(self._loop.timeline)
            self._send(self._out.pass_on(pulse.data, pulse.at))
        words: list[Item | Notice] = []
        if was_lost:
            words.append(Notice(f"the clock of {item.port} is back"))
        elif self._told.timeline is None and self._loop.timeline is not None:
            bpm = self._loop.timeline.bpm
            words.append(Notice(f"following the clock of {item.port}, {bpm:.1f} bpm"))
        return [*self._tell(pulse.at), *words]

    def _tell(self, now: float) -> list[Item]:
        """Word of the clock's beat, if there is any."""
        loop = self._loop
        if loop.waits and self._told.timeline is not None:
            return []  # its place is known with the next pulse
        follow = Follow(loop.timeline, loop.runs, loop.is_lost(now))
        same = (follow.runs, follow.lost) == (self._told.runs, self._told.lost)
        if same and not self._has_moved(follow.timeline, now):
            return []
        self._told, self._told_at = follow, now
        return [follow]

    def _has_moved(self, timeline: Timeline | None, now: float) -> bool:
        told = self._told.timeline
        if timeline is None or told is None:
            return timeline is not told
        stray = abs(told.time_of(timeline.beat_at(now)) - now)
        return stray > MOVED or (now - self._told_at) * timeline.bpm / 60.0 >= TELL_EVERY

    def _tap(self, tap: Tap, engine: Engine, now: float) -> list[Item | Notice]:
        params = engine.params
        bpm = self._taps.take(min(tap.at, now))
        if params.sync == CLOCK and engine.sync.word != "no clock":
            return [Notice("the tempo is the clock's; with sync internal, b taps it")]
        if bpm is None:
            return []
        if params.sync == NO_SYNC:
            self._put(Turn("sync", INTERNAL))
        self._put(Turn("tempo", bpm))
        self._put(Beat(min(tap.at, now)))
        return []

    # --- what goes out

    def due(self, engine: Engine) -> float:
        """When to call `pass_on` at the latest."""
        times = [self._sensing.due]
        times += [self._look_at] if engine.params.sync in {CLOCK, LINK} else []
        timeline = engine.sync.timeline
        if timeline is not None and self._clocked:
            times.append(self._out.due(timeline) - _ahead(self._outgoing))
        if timeline is not None:
            times += [self._ticks.due(timeline) - _ahead(each) for each in self._clicks()]
        waiting = self.click.due()
        return min([*times, *([] if waiting is None else [waiting])], default=math.inf)

    def _beat(self, engine: Engine, inputs: Mapping[str, Input], now: float) -> None:
        params, sync = engine.params, engine.sync
        self.click.footing = self._outgoing.footing
        self._listen(inputs.values(), on=params.sync == CLOCK)
        own = sync.word in {"internal", "no clock", "no peers"}
        runs = engine.phase not in STANDING if own else sync.runs
        timeline, name = sync.timeline, self.metronome
        self._clock_out(timeline if params.clock_out else None, now, runs=runs)
        if timeline is not None and name is not None:
            loud = params.click if runs else 0
            for outgoing in self._clicks():
                ahead, beats = now + _ahead(outgoing), params.beats_per_bar
                clicks = self._ticks.pop(ahead, timeline, beats=beats, velocity=loud)
                outgoing.tell(name, _sends(clicks))
        self.click.depart()

    def _sense(self, now: float) -> None:
        """Tell MIDI outputs that we live, the metronome's own too."""
        if not self._sensing.is_time(now):
            return
        for outgoing in (self._outgoing, self.click):
            for name, output in tuple(outgoing.outputs.items()):
                if getattr(output, "takes_clock", False) and name in outgoing.outputs:
                    outgoing.tell(name, _sends([(now, ACTIVE_SENSING)]))

    def _look(self, params: Params, now: float) -> list[Item | Notice]:
        """Whether the clock has fallen silent, and how a Link session stands."""
        if now < self._look_at:
            return []
        self._look_at = now + LOOK
        linked = self._linking.look(params, now)
        if params.sync != CLOCK:
            return linked
        if self._loop.timeline is None or self._told.lost or not self._loop.is_lost(now):
            return linked
        stood = not self._loop.runs
        words = f"the clock of {self._port} is silent; going on at its last tempo"
        return [*linked, *self._tell(now), *([] if stood else [Notice(words, Level.WARNING)])]

    def _listen(self, inputs: Any, *, on: bool) -> None:
        there = {id(port): port for port in inputs if isinstance(port, ClockSource)} if on else {}
        if there.keys() == self._followed.keys():
            return
        for key, port in self._followed.items():
            if key not in there:
                port.follow_clock(None)
        for key, port in there.items():
            if key not in self._followed:
                port.follow_clock(partial(self._put_ticked, port.name))
        self._followed = there

    def _put_ticked(self, port: str, pulse: Pulse) -> None:  # on the driver's thread
        self._put(Ticked(port, pulse))

    def _clock_out(self, timeline: Timeline | None, now: float, *, runs: bool) -> None:
        outputs = {} if timeline is None else self._outgoing.outputs
        wanted = tuple(n for n, o in outputs.items() if getattr(o, "takes_clock", False))
        if wanted != self._clocked:  # one that is new must hear where the song is
            self._send(self._out.end(now))
            self._clocked = wanted
        if wanted and timeline is not None:
            self._send(self._out.pop(now + _ahead(self._outgoing), timeline, runs=runs))

    def _send(self, timed: list[Timed]) -> None:
        if timed:
            for name in self._clocked:
                if name in self._outgoing.outputs:
                    self._outgoing.tell(name, _sends(timed))

    def _clicks(self) -> list[Outgoing]:
        """Through what the metronome's output is sent to: its own, or one that has notes too."""
        both = (self.click, self._outgoing)
        return [each for each in both if self.metronome in each.outputs][:1]


def _ahead(outgoing: Outgoing) -> float:
    """Seconds before its moment that something is handed over."""
    return outgoing.boxes.lead + outgoing.footing.spin


def _sends(timed: list[Timed]) -> list[Send]:
    return [Send(message, due, Source.IMPROV, voice=EVERYBODY) for due, message in timed]
