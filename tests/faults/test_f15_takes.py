"""F15, the take: a player that is killed, a full disk, a folder that can't be written to.

Real processes; the notes are struck as a typed piano's, so that no port is needed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.saving import HALVES, Saver
from rig.support import wait_for, wait_until

from improv.errors import InputError
from improv.music.event import Source
from improv.music.opening import phrase
from improv.play.clock import monotonic
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session import account, takes
from improv.session.messages import (
    Goodbye,
    ModelSetup,
    Notice,
    PlayerSetup,
    Report,
    SaveTake,
    Sounded,
    Status,
    Strike,
)
from improv.session.terminal import PlayerProcess

KILLS = 50
EVERY = 0.01  # seconds between the notes that are struck


class Struck:
    """A player and what it has said; `strike` plays a scale up and down, a note every 10 ms."""

    def __init__(self) -> None:
        nothing = ("none",)
        model = ModelSetup("seed", "cpu")
        self.player = PlayerProcess(
            PlayerSetup(Params(), 3, model, phrase(), None, nothing, nothing)
        )
        self.player.start()
        self._reports: list[Report] = []
        self.count = 0
        wait_for(lambda: self._all(Status), 20, "the player")

    def strike(self, until: float) -> None:
        while monotonic() < until:
            self.player.send(Strike(self.pitch(self.count), 80, 0.005))
            self.count += 1
            wait_until(monotonic() + EVERY)

    @staticmethod
    def pitch(number: int) -> int:
        return 21 + number % 88

    def _all(self, kind: type[Report]) -> list[Report]:
        self._reports += self.player.receive()
        return [report for report in self._reports if isinstance(report, kind)]

    @property
    def sounded(self) -> list[Sounded]:
        return [r for r in self._all(Sounded) if isinstance(r, Sounded)]

    @property
    def words(self) -> str:
        return " | ".join(r.text for r in self._all(Notice) if isinstance(r, Notice))

    def kill(self) -> float:
        """SIGKILL; the moment."""
        assert self.player.pid is not None
        moment = monotonic()
        os.kill(self.player.pid, signal.SIGKILL)
        self.player.stop()
        wait_for(lambda: self._all(Sounded) is not None and self.player.ended, 5, "its end")
        return moment

    def end(self) -> Goodbye:
        assert self.player.stop(20) == 0
        wait_for(lambda: self._all(Goodbye), 5, "its goodbye")
        (goodbye,) = self._all(Goodbye)
        assert isinstance(goodbye, Goodbye)
        return goodbye


@pytest.fixture
def struck() -> Iterator[Struck]:
    made = Struck()
    yield made
    made.player.stop()


def yours(take: Path) -> list[int]:
    """The pitches of a take, in order, if the file is whole: account, log and notes."""
    account.read(take)
    notes = [note for note in read_notes(take) if note.source is Source.YOU]
    return [note.pitch for note in sorted(notes, key=lambda note: note.start)]


def lost_seconds(dice: random.Random, folder: Path, *, save: bool) -> float:
    """Kill a player at a random moment; how much before its death is not in its take."""
    struck = Struck()
    try:
        start = monotonic()
        end = start + dice.uniform(0.3, 1.8)
        if save:
            struck.strike(start + dice.uniform(0.2, 1.2))
            struck.player.send(SaveTake())
        struck.strike(end)
        killed = struck.kill()
    finally:
        struck.player.stop()
    found = takes.recover(folder)
    sounded = [note.pitch for note in struck.sounded]
    recorded = [pitch for recovered in found if recovered.path for pitch in yours(recovered.path)]
    assert recorded == sounded[: len(recorded)]  # nothing that was not, nothing left out
    for path in folder.rglob("*.mid"):
        yours(path)  # whatever was being saved is whole
        path.unlink()
    assert not list(folder.rglob("*.journal"))
    missing = struck.sounded[len(recorded) :]
    return killed - missing[0].start if missing else 0.0


@pytest.mark.slow
def test_a_player_killed_fifty_times_loses_at_most_a_second_of_its_take(
    own_takes: Path, figure: Callable[[str], None]
) -> None:
    """Each take is whole, and a beginning of what sounded; half of them while they are saved."""
    dice = random.Random(15)
    lost = sorted(lost_seconds(dice, own_takes, save=i % 2 == 1) for i in range(KILLS))
    figure(
        f"killed {KILLS} times: lost {1000 * lost[KILLS // 2]:.0f} ms of the take (median), "
        f"{1000 * lost[-1]:.0f} ms at most"
    )
    assert lost[-1] <= 1.0


def test_the_next_player_says_that_a_take_was_cut_off_and_is_whole(
    own_takes: Path, struck: Struck
) -> None:
    """F5: after a player's death the one that is started again finishes the take of the other."""
    struck.strike(monotonic() + 1.0)
    wait_until(monotonic() + 0.5)
    struck.kill()
    after = Struck()
    try:
        wait_for(lambda: "was cut off; its take is whole" in after.words, 20, "the word")
        (take,) = own_takes.rglob("*.mid")
        assert str(take) in after.words
        assert len(yours(take)) == len(struck.sounded)
    finally:
        after.player.stop()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_the_take_complete(own_takes: Path, struck: Struck, name: str) -> None:
    """F2: every note that sounded is in it, to the last."""
    struck.strike(monotonic() + 0.5)
    assert struck.player.pid is not None
    os.kill(struck.player.pid, getattr(signal, name))
    goodbye = struck.end()
    assert yours(Path(goodbye.take)) == [note.pitch for note in struck.sounded]


MUTANT = """
import os
if os.environ.get("IMPROV_MUTANT") == "rare":  # the defence of F15 off: written once a minute
    import improv.session.recorder
    improv.session.recorder.EVERY = 60.0
"""


def test_without_its_defence_a_killed_player_loses_more(
    own_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same kill, of a player that writes its journal once a minute."""
    (tmp_path / "sitecustomize.py").write_text(MUTANT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("IMPROV_MUTANT", "rare")

    class Late(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    assert lost_seconds(Late(), own_takes, save=False) > 1.0


SAVER = """
from pathlib import Path
from improv.session import takes
def save(n):
    takes.write(Path(sys.argv[1]))
"""


def a_journal(folder: Path, struck: Struck) -> Path:
    """That of a player that was killed."""
    struck.strike(monotonic() + 1.0)
    wait_until(monotonic() + 0.5)
    struck.kill()
    (journal,) = folder.rglob("*.journal")
    return journal


@pytest.mark.slow
def test_a_save_killed_fifty_times_leaves_the_old_take_or_the_new(
    own_takes: Path, struck: Struck
) -> None:
    """And never half of one; without its defence it soon does."""
    journal, dice = a_journal(own_takes, struck), random.Random(1)
    take = takes.write(journal)
    assert take is not None
    whole = yours(take)
    with Saver(SAVER, str(journal)) as saver:
        for _ in range(KILLS):
            saver.kill(dice.uniform(0.0, 0.1))
            assert yours(take) == whole
    with Saver(HALVES + SAVER, str(journal)) as saver:
        for _ in range(KILLS):
            saver.kill(dice.uniform(0.0, 0.1))
            try:
                if yours(take) != whole:
                    return
            except InputError:
                return
    pytest.fail("the take was whole each time")


def full(struck: Struck, make_room: object, own_takes: Path) -> None:
    """Strike until the disk is full and on, then make room: nothing may be missing."""
    for _ in range(100):
        struck.strike(monotonic() + 0.3)
        if "can't be recorded" in struck.words:
            break
    assert "can't be recorded" in struck.words
    assert "the music goes on" in struck.words
    before = len(struck.sounded)
    struck.strike(monotonic() + 0.5)
    assert len(struck.sounded) > before + 20  # it does
    assert callable(make_room)
    make_room()
    wait_for(lambda: "nothing of it is missing" in struck.words, 5, "the rest to be written")
    goodbye = struck.end()
    assert len(struck.sounded) == struck.count
    assert yours(Path(goodbye.take)) == [note.pitch for note in struck.sounded]
    assert not list(own_takes.rglob("*.journal"))


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_file_that_may_not_grow_costs_no_note(own_takes: Path, struck: Struck) -> None:
    """A limit on the size of files stands for a full disk; then it is lifted."""
    import resource

    assert struck.player.pid is not None
    pid, (_, most) = struck.player.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (6000, most))
    full(struck, lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most)), own_takes)


def _may_mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    return sys.platform == "linux" and (
        subprocess.run(command, check=False, capture_output=True).returncode == 0
    )


def test_a_full_disk_costs_no_note(
    own_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system of 32 kB, which then grows."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _may_mount(disk):
        pytest.skip("mounting a small file system takes root")
    try:
        monkeypatch.setenv("IMPROV_TAKES", str(disk))
        struck = Struck()
        try:
            grow = ["mount", "-o", "remount,size=8m", str(disk)]
            full(struck, lambda: subprocess.run(grow, check=True), disk)
        finally:
            struck.player.stop()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_can_t_be_written_to_stops_no_music(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice at the start, one at the end; the notes sound and the player ends well."""
    place = tmp_path / "takes"
    place.write_text("a file where the folder belongs")
    monkeypatch.setenv("IMPROV_TAKES", str(place))
    struck = Struck()
    try:
        wait_for(lambda: "can't be recorded: Not a directory" in struck.words, 5, "the notice")
        struck.strike(monotonic() + 0.5)
        wait_for(lambda: len(struck.sounded) == struck.count, 5, "the notes")
        goodbye = struck.end()
    finally:
        struck.player.stop()
    assert "the take of this session is lost" in struck.words
    assert (goodbye.exit_code, goodbye.sounding, goodbye.take) == (0, 0, "")
