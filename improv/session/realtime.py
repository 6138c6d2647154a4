"""Real time: asking the system to run the thread that plays before all else, and what it granted.

Each system has its own way: SCHED_FIFO on Linux, a time-constraint policy on macOS (what Core
Audio gives its own threads), MMCSS on Windows. What is refused is done without, and said: a
`Footing` is what the strip, the doctor and the benchmark show.

On Linux the process's memory is locked too, each page as it is touched (MCL_ONFAULT): what was
used once stays, and nothing is fetched only to be locked.

The paths of macOS and Windows have never run on those systems: they are written after Apple's
<mach/thread_policy.h> and Microsoft's documentation of avrt and winmm, and are tested on fakes of
these libraries alone.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from improv.play.clock import Clock, monotonic

FIFO = 50
"""Below JACK's own threads (70 and more), which carry away what we send; above all normal ones."""
MODEL = 10
"""What the model's process gets: below all that plays, so that it never holds that up."""
LONGEST = 500_000
"""Microseconds that it may compute without a pause; after that it is as all others are."""
PROMPT = 0.0001
"""Seconds after which a thread gives Python's lock to one that waits for it; 0.005 otherwise. The
thread that plays was woken 0.44 ms late with 0.0005, 0.27 ms with this (p99 of some 700 notes each,
beside ten busy processes)."""
AHEAD = 0.002
"""Seconds before a note leaves that the engine gives it out. Its work with caches gone cold takes
0.11 ms (p50; 0.01 with warm ones), and that is over when the moment comes. A note drawn anew under
a turned knob may be due as soon as it is known: with 0.001 one in a hundred left 1 ms late."""
SLICE = 100_000
"""Nanoseconds that it asks to compute at a time where priority is refused, the least Linux gives:
who asks for less is let in sooner. Beside eight busy processes on two cores the p99 of 400 wakes
was 5.1 ms without it, 2.7 ms with (means of two runs in turn)."""
SPIN = 0.0003
"""Seconds before a moment that the thread is woken where priority is refused, to spin until then:
beside a busy process on each core the p99 was 7.3 ms without it, 3.9 ms with (500 wakes, mean of
three runs)."""
GARBAGE = 20_000
"""Objects beyond those at the last look that are looked through for cycles after all."""

# linux/prctl.h, sys/mman.h, linux/capability.h
_PR_SET_TIMERSLACK, _MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT, _CAP_IPC_LOCK = 29, 1, 2, 4, 14
_SCHED_ATTR = {"x86_64": (314, 315), "aarch64": (274, 275)}  # the calls to set it and to get it
# mach/thread_policy.h
_THREAD_TIME_CONSTRAINT_POLICY, _COUNT = 2, 4
_PERIOD, _COMPUTATION, _CONSTRAINT = 5_000_000, 1_000_000, 3_000_000  # nanoseconds
_AVRT_PRIORITY_HIGH = 1  # avrt.h


@dataclass(frozen=True, slots=True)
class Footing:
    """What the system granted the thread that plays, and how to wait on it."""

    priority: str = "normal"  # "fifo", "time-constraint", "mmcss" or "short slice", where granted
    memory: str = "not locked"  # or "locked"
    spin: float = SPIN  # seconds before a moment that it wakes, to look at the clock until then
    nap: float = 0.0  # seconds between two looks


def ask(platform: str = sys.platform) -> Footing:
    """Ask for whatever there is, for the thread that calls; never raises."""
    sys.setswitchinterval(PROMPT)
    try:
        if platform.startswith("linux"):
            return on_linux(os, ctypes.CDLL(None), _status())
        if platform == "darwin":
            return on_macos(ctypes.CDLL(None))
        if platform == "win32":
            return on_windows(ctypes.CDLL("avrt"), ctypes.CDLL("winmm"))
    except (OSError, AttributeError):  # no such library, or not with these functions
        pass
    return Footing()


def hold(due: float, footing: Footing, clock: Clock = monotonic) -> tuple[float, float]:
    """Wait until `due`, at most as long as is spun: when that was over, and seconds spun."""
    began = now = clock()
    if due - now > footing.spin:
        return now, 0.0
    while now < due:
        if footing.nap:
            time.sleep(footing.nap)
        now = clock()
    return now, 0.0 if footing.nap else now - began


# --- the garbage collector


def freeze() -> None:
    """Keep the garbage collector from the notes: all there is stays, and none is looked for.

    Playing makes no cycles (tests/session/test_realtime.py looks for some), so that counted
    references free all there is.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def tidy(most: int = GARBAGE) -> bool:
    """Look for cycles, should there be any after all; whether it was time to.

    To be called where nothing is due soon: it takes some 2 ms.
    """
    if gc.get_count()[0] < most:
        return False
    gc.collect()
    return True


# --- Linux


def on_linux(system: Any, libc: Any, status: str) -> Footing:
    """SCHED_FIFO or else a short slice, memory that stays, and timers without slack.

    Threads and processes that are started later are normal again: a model that computes must not
    hold up the thread that plays.

    Args:
        system: the module os.
        libc: the C library.
        status: what /proc/self/status says.
    """
    libc.prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)  # ns; without priority it is 50,000 otherwise
    memory = "locked" if _lock_memory(libc, status) else "not locked"
    if _be_first(system, 0, FIFO) or _be_first(system, 0, min(FIFO, _limit("RLIMIT_RTPRIO"))):
        return Footing("fifo", memory, spin=0.0)
    return Footing("short slice" if _be_brief(libc, system.uname().machine) else "normal", memory)


def _be_first(system: Any, thread: int, priority: int) -> bool:
    """Ask for SCHED_FIFO for one thread, 0 being this one; whether it was granted."""
    try:
        policy = system.SCHED_FIFO | system.SCHED_RESET_ON_FORK
        system.sched_setscheduler(thread, policy, system.sched_param(priority))
    except (AttributeError, OSError, ValueError):
        return False
    return True


class _Scheduling(ctypes.Structure):
    """`struct sched_attr` of linux/sched/types.h, as it was first: 48 bytes."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),  # the slice, of a thread without priority (Linux 6.12)
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def _be_brief(libc: Any, machine: str) -> bool:
    """Ask for a slice of `SLICE` for this thread and those it starts; whether that was granted.

    An older Linux takes the call and does nothing, so it is asked what came of it. glibc has no
    function for either.
    """
    numbers = _SCHED_ATTR.get(machine)
    if numbers is None:
        return False
    set_it, get_it = numbers
    size = ctypes.sizeof(_Scheduling)
    there = _Scheduling()
    if libc.syscall(get_it, 0, ctypes.byref(there), size, 0) != 0:
        return False
    wanted = _Scheduling(size, there.policy, 0, there.nice, 0, SLICE)
    if libc.syscall(set_it, 0, ctypes.byref(wanted), 0) != 0:
        return False
    asked: int = libc.syscall(get_it, 0, ctypes.byref(there), size, 0)
    return asked == 0 and there.runtime == SLICE


def _limit(name: str) -> int:
    """A limit of this process, raised as far as it may be; -1 is none."""
    import resource

    which = getattr(resource, name)
    _, hard = resource.getrlimit(which)
    with suppress(OSError, ValueError):
        resource.setrlimit(which, (hard, hard))
    return resource.getrlimit(which)[0]


def _lock_memory(libc: Any, status: str) -> bool:
    """Lock what is there, and what comes later where no limit stands in its way.

    Beyond a limit, memory would be refused from then on, and no thread could be started.
    """
    unlimited = _limit("RLIMIT_MEMLOCK") == -1 or _may_lock_all(status)
    later = _MCL_FUTURE if unlimited else 0
    refused: int = libc.mlockall(_MCL_CURRENT | later | _MCL_ONFAULT)
    return refused == 0


def _may_lock_all(status: str) -> bool:
    """Whether limits of locked memory don't count for this process (CAP_IPC_LOCK)."""
    held = next((line for line in status.splitlines() if line.startswith("CapEff:")), "CapEff: 0")
    return bool(int(held.split()[1], 16) >> _CAP_IPC_LOCK & 1)


def _status() -> str:
    with open("/proc/self/status", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # importing pathlib would delay the first note
        return file.read()


def follow(footing: Footing, system: Any = os) -> int:
    """Let this process's other Python threads run just after the one that plays; how many.

    They share Python's lock with it. One that holds it and has to make way for a busy program
    makes the thread that plays wait too, whatever its priority. They do little: read a pipe, look
    at a port.
    """
    if footing.priority != "fifo":
        return 0
    own = threading.get_ident()
    others = [thread.native_id for thread in threading.enumerate() if thread.ident != own]
    return sum(_be_first(system, thread, FIFO - 1) for thread in others if thread is not None)


class Urgency:
    """Priority for the thread that draws notes, while somebody waits for them.

    To be made by that thread. Beside busy programs it would wait its turn several times a note.
    What it draws for its own pleasure it draws as others do: with knobs turning it never rests,
    and a core that never leaves priority is taken from all that have it, the player too, for 50 ms
    of every second (seen: 44 ms late). Should it compute for half a second with priority without a
    pause, something is wrong with it, and it becomes normal.
    """

    def __init__(self, system: Any = os) -> None:
        sys.setswitchinterval(PROMPT)
        self._system = system
        self._thread = threading.get_native_id()
        self.granted = sys.platform.startswith("linux") and _be_first(system, 0, MODEL)
        if self.granted:
            signal.signal(signal.SIGXCPU, lambda *_: self.end())
            _limit_computing()

    def begin(self) -> None:
        """Somebody waits. From any thread."""
        if self.granted:
            _be_first(self._system, self._thread, MODEL)

    def follow(self, reader: threading.Thread) -> None:
        """Let a thread that brings requests have it always: it only reads."""
        if self.granted and reader.native_id is not None:
            _be_first(self._system, reader.native_id, MODEL + 1)

    def end(self) -> None:
        """Nobody waits any more."""
        if self.granted:
            with suppress(OSError):
                normal = self._system.sched_param(0)
                self._system.sched_setscheduler(self._thread, self._system.SCHED_OTHER, normal)


def _limit_computing() -> None:
    """A signal (SIGXCPU) after `LONGEST` microseconds of computing with priority."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_RTTIME, (LONGEST, hard))


# --- macOS


class _TimebaseInfo(ctypes.Structure):
    _fields_ = (("numer", ctypes.c_uint32), ("denom", ctypes.c_uint32))


class _TimeConstraint(ctypes.Structure):
    _fields_ = (
        ("period", ctypes.c_uint32),
        ("computation", ctypes.c_uint32),
        ("constraint", ctypes.c_uint32),
        ("preemptible", ctypes.c_int),
    )


def on_macos(libc: Any) -> Footing:
    """The time-constraint policy: every 5 ms at most 1 ms of work, done within 3 ms.

    Times are given in ticks of mach_absolute_time, which are not nanoseconds on Apple silicon.
    `libc`: the system library. Never run on a Mac.
    """
    timebase = _TimebaseInfo()
    if libc.mach_timebase_info(ctypes.byref(timebase)) != 0 or not timebase.numer:
        return Footing()
    spans = (ns * timebase.denom // timebase.numer for ns in (_PERIOD, _COMPUTATION, _CONSTRAINT))
    policy = _TimeConstraint(*spans, 1)
    libc.pthread_self.restype = ctypes.c_void_p
    libc.pthread_mach_thread_np.restype = ctypes.c_uint32
    thread = libc.pthread_mach_thread_np(ctypes.c_void_p(libc.pthread_self()))
    refused = libc.thread_policy_set(
        ctypes.c_uint32(thread), _THREAD_TIME_CONSTRAINT_POLICY, ctypes.byref(policy), _COUNT
    )
    return Footing() if refused else Footing("time-constraint", spin=0.0)


# --- Windows


def on_windows(avrt: Any, winmm: Any) -> Footing:
    """MMCSS's "Pro Audio", and a timer of 1 ms.

    A queue's wait is no finer than that; so the last 2 ms are waited in naps of 0.5 ms, for which
    Python (from 3.11 on) has Windows' high-resolution timer. Never run on Windows.
    """
    winmm.timeBeginPeriod(1)  # ms; given back when the process ends
    avrt.AvSetMmThreadCharacteristicsW.restype = ctypes.c_void_p
    task = ctypes.c_uint32(0)
    handle = avrt.AvSetMmThreadCharacteristicsW(ctypes.c_wchar_p("Pro Audio"), ctypes.byref(task))
    if handle:
        avrt.AvSetMmThreadPriority(ctypes.c_void_p(handle), _AVRT_PRIORITY_HIGH)
    return Footing("mmcss" if handle else "normal", spin=0.002, nap=0.0005)
