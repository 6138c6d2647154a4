"""The recorder: in no note's way, and nothing lost while a disk is full, hangs or is gone."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rig.support import wait_for

from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.effects import Send
from improv.play.messages import Level, Notice
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session import journal, recorder, takes
from improv.session.journal import About, Step
from improv.session.messages import TakeState
from improv.session.recorder import Recorder

ABOUT = About(Params(), 3, phrase(), began="2026-11-23T20:15:00+00:00")


def note(number: int) -> tuple[Step, Step]:
    """A note of improv's, on and off, half a second for each."""
    at, pitch = 100 + number / 2, 30 + number % 60
    return (
        Step(at, "handle", None, (Send(bytes((0x90, pitch, 80)), at, Source.IMPROV),)),
        Step(at + 0.3, "handle", None, (Send(bytes((0x80, pitch, 0)), at + 0.3, Source.IMPROV),)),
    )


class Recording:
    """A recorder in a folder, and what it said."""

    def __init__(self, folder: Path, write: Callable[[int, bytes], int] = os.write) -> None:
        self.folder = folder
        self.said: list[Notice] = []
        self.recorder = Recorder(ABOUT, folder, self.said.append, write=write)
        self.recorder.start()
        self._count = 0

    def play(self, notes: int) -> None:
        for _ in range(notes):
            for step in note(self._count):
                self.recorder.note(step)
            self._count += 1

    @property
    def words(self) -> str:
        return " | ".join(notice.text for notice in self.said)

    def written(self) -> int:
        """Steps in the journal."""
        found = [journal.read(p.read_bytes()) for p in self.folder.rglob("*.journal")]
        return sum(len(session.steps) for session in found if session)

    def end(self) -> list[Path]:
        self.recorder.close(10)
        assert not self.recorder.is_alive()
        return sorted(self.folder.rglob("*.mid"))


def test_a_session_is_a_take_among_the_recent_ones(own_takes: Path):
    """Named by its date; its journal is gone, and where it is was said."""
    recording = Recording(own_takes)
    recording.play(5)
    (take,) = recording.end()
    assert take == own_takes / "recent" / "2026-11-23-201500.mid"
    assert str(take) in recording.words
    assert len(read_notes(take)) == 5
    assert not list(own_takes.rglob("*.journal"))


def test_a_session_without_a_note_leaves_nothing(own_takes: Path):
    """Nobody wants a list of those."""
    recording = Recording(own_takes)
    recording.recorder.note(Step(1.0, "model_ready"))
    assert recording.end() == []
    assert not list(own_takes.rglob("*.journal"))
    assert recording.said == []


def test_a_saved_take_is_there_at_once_and_whole_at_the_end(own_takes: Path):
    """One take, one file: saving it means that it stays."""
    recording = Recording(own_takes)
    recording.play(5)
    recording.recorder.save()
    saved = own_takes / "2026-11-23-201500.mid"
    wait_for(lambda: f"saved: {saved}" in recording.words, 20, "the save")
    assert len(read_notes(saved)) == 5
    recording.play(3)
    assert recording.end() == [saved]
    assert len(read_notes(saved)) == 8


def test_how_the_take_stands_counts_from_its_first_note(own_takes: Path):
    """Nothing, then how long it is, then up to where it was saved; and that a disk is full."""
    recording = Recording(own_takes)
    recording.recorder.note(Step(1.0, "model_ready"))
    assert recording.recorder.standing(99.0) == TakeState()
    recording.play(2)
    assert recording.recorder.standing(107.0) == TakeState(7.0)
    recording.recorder.save()
    wait_for(lambda: recording.recorder.standing(0.0).saved is not None, 20, "the save")
    recording.end()


def test_a_long_take_is_written_when_the_player_has_gone(
    own_takes: Path, monkeypatch: pytest.MonkeyPatch
):
    """An hour is seconds of work that nobody has to wait for; where it will be is said."""
    monkeypatch.setattr(recorder, "LARGE", 1000)
    recording = Recording(own_takes)
    recording.play(50)
    recording.end()
    take = recording.recorder.take
    assert take == own_takes / "recent" / "2026-11-23-201500.mid"
    assert f"is being written: {take}" in recording.words
    assert recording.recorder.left is not None
    assert recording.recorder.left.wait(20) == 0
    assert not list(own_takes.rglob("*.journal"))
    assert len(read_notes(take)) == 50


def test_a_fault_of_the_recorder_s_own_is_said(own_takes: Path):
    """And delays nobody: noting goes on into nothing."""

    def write(file: int, line: bytes) -> int:
        raise RuntimeError("a fault")

    recording = Recording(own_takes, write)
    wait_for(lambda: "recorded no further" in recording.words, 5, "the notice")
    recording.play(3)
    assert recording.end() == []


def test_saving_nothing_says_so(own_takes: Path):
    """Rather than a file without a note."""
    recording = Recording(own_takes)
    recording.recorder.save()
    wait_for(lambda: "nothing has sounded yet" in recording.words, 20, "the word")
    recording.end()


def test_two_sessions_of_one_second_have_names_of_their_own(own_takes: Path):
    """Two players on one machine; and neither takes the other for dead."""
    first, second = Recording(own_takes), Recording(own_takes)
    first.play(1)
    second.play(2)
    wait_for(lambda: first.written() == 6, 5, "both journals")
    assert takes.recover(own_takes) == []
    first.end()
    names = [path.name for path in second.end()]
    assert names == ["2026-11-23-201500-2.mid", "2026-11-23-201500.mid"]


def test_a_full_disk_costs_nothing_once_there_is_room(own_takes: Path):
    """A line that was written in part goes on where it stopped."""
    room = [900]

    def write(file: int, line: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = os.write(file, line[: room[0]])
        room[0] -= done
        return done

    recording = Recording(own_takes, write)
    recording.play(30)
    wait_for(lambda: "can't be recorded: No space left" in recording.words, 5, "the notice")
    recording.play(30)
    assert [notice.level for notice in recording.said] == [Level.WARNING]
    room[0] = 10**9
    wait_for(lambda: "recorded again; nothing of it is missing" in recording.words, 5, "the rest")
    (take,) = recording.end()
    assert len(read_notes(take)) == 60


def test_a_disk_that_stays_full_still_gives_a_take_if_that_has_room(own_takes: Path):
    """What waits in memory and what was written come together."""

    def write(file: int, line: bytes) -> int:
        if os.fstat(file).st_size > 2000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(file, line)

    recording = Recording(own_takes, write)
    recording.play(60)
    (take,) = recording.end()
    assert len(read_notes(take)) == 60


def test_a_folder_that_is_no_folder_is_said_and_tried_again(own_takes: Path):
    """The take is kept in memory until there is one."""
    place = own_takes / "stick"
    place.write_text("not a folder")
    recording = Recording(place)
    recording.play(4)
    wait_for(lambda: "can't be recorded: Not a directory" in recording.words, 5, "the notice")
    recording.recorder.save()
    wait_for(lambda: "can't be saved now" in recording.words, 5, "the answer to s")
    place.unlink()
    wait_for(lambda: "recorded again" in recording.words, 5, "the folder")
    (take,) = recording.end()
    assert take.parent == place  # it was saved
    assert len(read_notes(take)) == 4


def test_a_take_that_could_never_be_written_is_said_to_be_lost(own_takes: Path):
    """And the recorder ends all the same."""
    place = own_takes / "stick"
    place.write_text("not a folder")
    recording = Recording(place)
    recording.play(4)
    recording.recorder.close(10)
    assert "the take of this session is lost" in recording.words
    assert recording.said[-1].level is Level.ERROR


def test_a_disk_that_hangs_delays_no_note(own_takes: Path, monkeypatch: pytest.MonkeyPatch):
    """Noting returns at once while a write is under way; what is too much is dropped and said."""
    hangs = threading.Event()

    def write(file: int, line: bytes) -> int:
        hangs.wait(20)
        return os.write(file, line)

    monkeypatch.setattr(recorder, "MOST_STEPS", 5000)
    recording = Recording(own_takes, write)
    steps = note(0) * 5000
    took = []
    for step in steps:
        began = time.perf_counter()
        recording.recorder.note(step)
        took.append(time.perf_counter() - began)
    worst = sorted(took)[int(0.99 * len(took))]
    hangs.set()
    wait_for(lambda: "part of the take is missing" in recording.words, 10, "the notice")
    recording.end()
    print(f"\nnoting a step took {1e6 * worst:.1f} us (p99) beside a disk that hangs")
    assert worst < 0.001


def test_what_is_played_is_on_the_disk_within_a_second(own_takes: Path):
    """However little: nothing waits for a buffer to fill."""
    recording = Recording(own_takes)
    delays = []
    for played in range(1, 6):
        recording.play(1)
        began = time.monotonic()
        wait_for(lambda: recording.written() == 2 * played, 2, "the journal")  # noqa: B023  # at once
        delays.append(time.monotonic() - began)
    recording.end()
    print(f"\non the disk after {1000 * max(delays):.0f} ms at most")
    assert max(delays) < 1.0


def test_a_recorder_that_writes_rarely_would_lose_more_than_a_second(
    own_takes: Path, monkeypatch: pytest.MonkeyPatch
):
    """The defence of the test above, switched off."""
    monkeypatch.setattr(recorder, "EVERY", 60.0)
    recording = Recording(own_takes)
    wait_for(lambda: list(own_takes.rglob("*.journal")), 5, "the journal")
    wait_for(lambda: next(own_takes.rglob("*.journal")).stat().st_size > 0, 5, "its first line")
    recording.play(1)
    with pytest.raises(AssertionError):
        wait_for(lambda: recording.written() == 2, 1.5, "the journal")
    recording.end()
