"""What is asked of the system for the thread that plays, and what becomes of a refusal.

macOS and Windows are seen here as fakes of their libraries: what is called with what, no more.
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from improv.music.event import NoteOff, NoteOn
from improv.play.messages import SetParam
from improv.session import realtime
from improv.session.realtime import Footing
from support import Metronome, stage

MAY_LOCK_ALL = "Name:\tpython\nCapEff:\t0000000000004000\n"


class FakeLinux:
    """The parts of the module os and of the C library that are used; grants up to `most`."""

    SCHED_FIFO, SCHED_RESET_ON_FORK = 1, 0x40000000

    def __init__(self, most: int = 99, mlockall: int = 0, *, slices: bool = False) -> None:
        self.most, self.refuses_memory, self.knows_slices = most, mlockall, slices
        self.slice = 0
        self.scheduled: list[tuple[int, int, int]] = []
        self.locked: list[int] = []
        self.slack = 50_000

    def uname(self) -> SimpleNamespace:
        return SimpleNamespace(machine="x86_64")

    def sched_param(self, priority: int) -> int:
        return priority

    def sched_setscheduler(self, thread: int, policy: int, priority: int) -> None:
        if not 1 <= priority <= self.most:
            raise PermissionError
        self.scheduled.append((thread, policy, priority))

    def prctl(self, option: int, value: int, *_: int) -> int:
        assert option == 29
        self.slack = value
        return 0

    def syscall(self, number: int, thread: int, attributes: Any, *_: int) -> int:
        """sched_setattr and sched_getattr of x86_64; a slice is forgotten before Linux 6.12."""
        given = attributes._obj
        if number == 315:
            given.runtime = self.slice
        else:
            assert (number, thread, given.size, given.policy) == (314, 0, 48, 0)
            self.slice = given.runtime if self.knows_slices else 0
        return 0

    def mlockall(self, flags: int) -> int:
        self.locked.append(flags)
        return self.refuses_memory


def test_linux_grants_priority_and_memory() -> None:
    """FIFO for the thread that asks, for none that it starts; pages are locked as they are used."""
    linux = FakeLinux()
    assert realtime.on_linux(linux, linux, MAY_LOCK_ALL) == Footing("fifo", "locked", spin=0.0)
    assert linux.scheduled == [(0, 0x40000001, realtime.FIFO)]
    assert linux.locked == [1 | 2 | 4]
    assert linux.slack == 1


def test_linux_refuses_and_it_plays_on() -> None:
    """Without priority it is woken earlier, and timers have no slack all the same."""
    linux = FakeLinux(most=0, mlockall=-1)
    assert realtime.on_linux(linux, linux, "") == Footing(
        "normal", "not locked", spin=realtime.SPIN
    )
    assert linux.slack == 1


def test_without_priority_linux_is_asked_for_a_short_slice() -> None:
    """From 6.12 on who asks to compute briefly is let in sooner; an older one takes no notice."""
    for knows in (True, False):
        linux = FakeLinux(most=0, slices=knows)
        assert realtime._be_brief(linux, "x86_64") is knows
        assert linux.slice == (realtime.SLICE if knows else 0)
    assert not realtime._be_brief(FakeLinux(slices=True), "riscv64")


def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    """An unknown system is played on too."""
    assert realtime.ask("plan9") == Footing("normal", "not locked")


def test_the_other_threads_follow_the_one_that_plays() -> None:
    """They share Python's lock with it, so they run just after it; without priority, as before."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        linux = FakeLinux()
        assert realtime.follow(Footing("fifo"), linux) >= 1
        assert (other.native_id, 0x40000001, realtime.FIFO - 1) in linux.scheduled
        assert threading.get_native_id() not in {thread for thread, _, _ in linux.scheduled}
        assert realtime.follow(Footing("normal"), linux) == 0
    finally:
        done.set()
        other.join()


COMPUTES = """
import os, time
from improv.session.realtime import Urgency
urgency = Urgency()
if urgency.granted:
    given = os.sched_getparam(0).sched_priority
    urgency.end()
    leisure = os.sched_getscheduler(0) & 1
    urgency.begin()
    again = os.sched_getparam(0).sched_priority
    until = time.monotonic() + 5.0
    while os.sched_getscheduler(0) & 1 and time.monotonic() < until:
        pass
    print(given, leisure, again, os.sched_getscheduler(0) & 1)
else:
    print("refused")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux grants it")
def test_a_model_has_priority_only_while_somebody_waits() -> None:
    """And one that hangs loses it, so that it can't hang the machine."""
    done = subprocess.run(
        [sys.executable, "-c", COMPUTES], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in {f"{realtime.MODEL} 0 {realtime.MODEL} 0", "refused"}


def fake_macos(refused: int = 0) -> tuple[SimpleNamespace, list[list[int]]]:
    """The C library of a Mac with Apple silicon, whose ticks are 125/3 ns; and what it was told."""
    told: list[list[int]] = []

    def mach_timebase_info(info: object) -> int:
        ctypes.memmove(info, (ctypes.c_uint32 * 2)(125, 3), 8)
        return 0

    def thread_policy_set(thread: ctypes.c_uint32, flavour: int, policy: object, count: int) -> int:
        words = (ctypes.c_uint32 * count)()
        ctypes.memmove(words, policy, 4 * count)
        told.append([thread.value, flavour, *words])
        return refused

    def pthread_mach_thread_np(thread: ctypes.c_void_p) -> int:
        return (thread.value or 0) & 0xFF

    fake = SimpleNamespace(
        mach_timebase_info=mach_timebase_info,
        thread_policy_set=thread_policy_set,
        pthread_self=lambda: 0x1_0000_0007,
        pthread_mach_thread_np=pthread_mach_thread_np,
    )
    return fake, told


def test_macos_is_told_in_its_own_ticks() -> None:
    """5 ms are 120,000 ticks there; the thread's whole 64-bit handle reaches the library."""
    fake, told = fake_macos()
    assert realtime.on_macos(fake).priority == "time-constraint"
    assert told == [[7, 2, 120_000, 24_000, 72_000, 1]]


def test_macos_refuses_and_it_plays_on() -> None:
    """Any other answer than KERN_SUCCESS is a no."""
    fake, _ = fake_macos(refused=4)
    assert realtime.on_macos(fake) == Footing("normal")


@pytest.mark.parametrize(("handle", "priority"), [(0x1_0000_0010, "mmcss"), (None, "normal")])
def test_windows_is_asked_for_pro_audio_and_a_finer_timer(
    handle: int | None, priority: str
) -> None:
    """Its queue waits no finer than a millisecond: the last two are napped away."""
    said: list[tuple[object, ...]] = []

    def characteristics(name: ctypes.c_wchar_p, task: object) -> int | None:
        said.append((name.value,))
        return handle

    avrt = SimpleNamespace(
        AvSetMmThreadCharacteristicsW=characteristics,
        AvSetMmThreadPriority=lambda h, level: said.append((h.value, level)),
    )
    winmm = SimpleNamespace(timeBeginPeriod=lambda ms: said.append((ms,)))
    footing = realtime.on_windows(avrt, winmm)
    assert (footing.priority, footing.spin, footing.nap) == (priority, 0.002, 0.0005)
    assert said == [(1,), ("Pro Audio",), *([(handle, 1)] if handle else [])]


def test_what_is_left_is_waited_away_and_counted() -> None:
    """A send is never early; spinning has a cost, and it is known."""
    moments = iter([10.0, 10.0001, 10.0002, 10.0004])
    now, spun = realtime.hold(10.0003, Footing(), lambda: next(moments))
    assert now == 10.0004
    assert spun == pytest.approx(0.0004)
    assert realtime.hold(9.0, Footing(), lambda: 10.0) == (10.0, 0.0)
    assert realtime.hold(11.0, Footing(), lambda: 10.0) == (10.0, 0.0)  # not this wait's to do


def test_garbage_is_looked_for_only_once_there_is_much() -> None:
    """The bound on what a cycle could cost, should one come about."""
    gc.collect()
    gc.disable()  # as in the player: else a look of its own may come just before and count anew
    try:
        assert not realtime.tidy(most=100)
        kept = [[] for _ in range(500)]
        assert realtime.tidy(most=100)
        assert len(kept) == 500
        assert not realtime.tidy(most=100)
    finally:
        gc.enable()


def test_playing_leaves_no_cycles() -> None:
    """Thousands of notes, keys and turned knobs without a collector, and nothing to collect."""
    playing = stage(Metronome(step=0.03, duration=0.1))
    playing.run_until(2.0)
    gc.collect()
    gc.disable()
    try:
        for turn in range(40):
            at = playing.now
            playing.feed(SetParam(turn, "temperature", 0.5 + turn / 100), at + 0.5)
            playing.feed(NoteOn(at + 1.0, 60 + turn % 12, 80, 0), at + 1.0)
            playing.feed(NoteOff(at + 1.2, 60 + turn % 12, 0), at + 1.2)
            playing.run_until(at + 4.0)
        assert playing.engine.played > 1000
        assert gc.collect() == 0
    finally:
        gc.enable()


LIVE = """
import gc, json
from improv.music.opening import phrase
from improv.play.clock import Inbox
from improv.play.params import Params
from improv.session import link, realtime
from improv.session.messages import Goodbye, ModelReady, ModelSetup, PlayerSetup
from improv.session.messages import Proposal, Status
from improv.session.player import Player
from support import Metronome

class Keeper:
    def __init__(self, inbox): self.inbox, self.model = inbox, Metronome(step=0.01, duration=0.02)
    def ask(self, request):
        notes = tuple(self.model.draw(request.params, key) for key, _ in request.draws())
        self.inbox.put(Proposal(request.number, notes, (1.0,)))
    def look(self, now): pass
    def close(self): pass

said, garbage = [], []
def report(message):
    link.encode(message)
    if isinstance(message, Goodbye):
        said.append(message)
    if isinstance(message, Status):
        garbage.append((message.timing.sent, gc.isenabled(), gc.collect()))

inbox = Inbox()
setup = PlayerSetup(Params(), 1, ModelSetup("seed", "cpu"), phrase(), 0.0, ("none",), ("none",),
                    seconds=3.0, keep_lateness=True)
inbox.put(ModelReady("metronome", "fake"))
Player(setup, inbox, Keeper(inbox), report).run()
timing = said[0].status.timing
playing = [found for sent, _, found in garbage if sent][1:-1]  # not the end, with its take
print(json.dumps([timing.sent, sum(playing), any(on for _, on, _ in garbage), timing.priority]))
"""


def test_the_whole_player_leaves_no_cycles() -> None:
    """Its loop, its reports and what is sent through the pipe, in real time."""
    done = subprocess.run(
        [sys.executable, "-c", LIVE],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    sent, garbage, collects, priority = json.loads(done.stdout)
    assert sent > 200
    assert garbage == 0
    assert not collects
    assert priority in {"fifo", "normal", "time-constraint", "mmcss"}
