"""Players who have a name: their files, and takes that know what was known of them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from improv.cli import main
from improv.errors import InputError, UsageError
from improv.listen.evening import LONGEST, intervals
from improv.model.seed import SeedImproviser
from improv.music.event import Note, NoteOff, NoteOn
from improv.music.opening import phrase
from improv.play.effects import AskPlayer, KeepPlayer
from improv.play.messages import Action as Do
from improv.play.messages import Known, SetParam, Transport
from improv.play.params import Params
from improv.ports.midifile import read_notes
from improv.session import account, journal, players, replay
from improv.session.journal import About, Session, Step
from improv.session.recorded import RecordedEngine
from improv.session.render import Stage

MOTIF = [60, 64, 67, 65, 62, 71, 60]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where players are, for this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return players.folder()


def test_what_is_kept_is_known_the_next_evening(own_folder: Path) -> None:
    """Of somebody new nothing is; a file is small, whole and names its player."""
    assert players.known("Zoë B-2") == Known("Zoë B-2", b"")
    line = bytes(n % 256 for n in range(LONGEST))
    players.keep(KeepPlayer("Zoë B-2", line))
    assert players.known("Zoë B-2") == Known("Zoë B-2", line)
    (file,) = own_folder.iterdir()
    assert file.name == "Zoë B-2.json"
    assert file.stat().st_size < 24_000
    assert json.loads(file.read_bytes())["notes"] == LONGEST


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"improv player": 1}',
        b'{"improv player": 2, "line": ""}',
        b'{"improv player": 1, "line": "!!"}',
        b'{"improv player": 1, "line": 7}',
        b"[" * 100_000,
        b'{"improv player": 1, "line": "' + b"A" * 200_000 + b'"}',
    ],
)
def test_a_damaged_file_is_said_and_left(own_folder: Path, data: bytes) -> None:
    """In a sentence that names it."""
    own_folder.mkdir(parents=True)
    (own_folder / "me.json").write_bytes(data)
    with pytest.raises(InputError, match=r"me\.json.*put it away"):
        players.known("me")
    assert (own_folder / "me.json").read_bytes() == data


def test_a_longer_line_is_cut_and_a_folder_that_can_not_be_is_said(own_folder: Path) -> None:
    """Nobody waits for more than an evening can hold."""
    own_folder.parent.mkdir(exist_ok=True)
    own_folder.write_bytes(b"")  # in the way
    with pytest.raises(UsageError, match="what me plays can't be kept"):
        players.keep(KeepPlayer("me", b"\x01"))
    own_folder.unlink()
    own_folder.mkdir()
    line = base64.b64encode(bytes(LONGEST + 5)).decode()
    (own_folder / "me.json").write_text(json.dumps({"improv player": 1, "line": line}))
    assert len(players.known("me").line) == LONGEST


def test_the_work_of_effects_is_done_elsewhere(own_folder: Path) -> None:
    """Asked for and kept; of other effects there is none."""
    line = intervals(MOTIF)
    work = [*players.errands([KeepPlayer("me", line), AskPlayer("me")])]
    assert not own_folder.exists()
    assert [each() for each in work] == [None, Known("me", line)]


@dataclass
class Live:
    """A session on the virtual clock, and its take."""

    session: Session
    pitches: list[int]


def flat(_: object) -> tuple[np.ndarray, float, float]:
    return np.zeros(128, np.float32), 0.2, 0.15


def model() -> SeedImproviser:
    return SeedImproviser("flat", "fake", flat)


def lived() -> Live:
    """You play, change, mark, cap: every way in which the evening is drawn by."""
    about = About(Params(learn=0.95, player="anna", guard="off"), 5, phrase(), version="0.1.0")
    steps: list[Step] = []
    engine = RecordedEngine(about, steps.append)
    stage = Stage(engine, model(), players=players.known)
    stage.do([*engine.greeting(0.0)])
    stage.do(engine.model_ready(0.0))
    for begin in (1.0, 12.0):
        for n, pitch in enumerate(MOTIF[:5]):
            stage.feed(NoteOn(begin + n / 5, pitch, 80, 0), begin + n / 5)
            stage.feed(NoteOff(begin + n / 5 + 0.1, pitch, 0), begin + n / 5 + 0.1)
        stage.feed(Transport(Do.LESS), begin + 4.0)
        stage.feed(SetParam(1, "copy_cap", 6), begin + 6.0)
    stage.feed(SetParam(2, "player", "ben"), 20.0)
    stage.run_until(24.0)
    stage.do(engine.finish(24.0))
    return Live(Session(about, tuple(steps)), _its(steps))


def _its(steps: list[Step] | tuple[Step, ...]) -> list[int]:
    return [m[1] for _, m, who in journal.sent(steps) if m[0] & 0xF0 == 0x90 and who.value != "you"]


def kept(session: Session) -> Session:
    told = account.account(session.about, session.steps)
    return journal.read_strictly(told.log)


def test_a_take_happens_again_without_the_player_s_file(own_folder: Path) -> None:
    """What was known is in the take; every proposal is drawn the same."""
    players.keep(KeepPlayer("anna", intervals(MOTIF * 3)))
    live = lived()
    (own_folder / "anna.json").unlink()
    made = replay.again(kept(live.session), model(), lambda _: None)
    assert _its(made.steps) == live.pitches
    assert kept(Session(made.about, made.steps)) == kept(live.session)
    assert made.proposals == made.same > 5


def test_what_would_have_been_goes_by_what_was_known_then(own_folder: Path) -> None:
    """Another knob, the same player; with another player, by what is known of that one now."""
    players.keep(KeepPlayer("anna", intervals(MOTIF * 3)))
    live = lived()
    players.keep(KeepPlayer("anna", b""))
    session = kept(live.session)

    def otherwise(**knobs: object) -> list[int]:
        made = replay.otherwise(session, model(), knobs, lambda _: None, players=players.known)  # type: ignore[arg-type]
        known = [step.item for step in made.steps if isinstance(step.item, Known)]
        assert [each.player for each in known] == (
            [knobs["player"]] if "player" in knobs else ["anna", "ben"]
        )
        return [len(each.line) for each in known]

    assert otherwise(temperature=0.9) == [len(MOTIF) * 3 - 1, 0]
    assert otherwise(player="anna") == [0]


def test_generate_knows_a_player_too(tmp_path: Path) -> None:
    """And keeps nothing: nobody has played."""
    line = intervals([note.pitch for note in phrase()] * 9)  # what the opening goes on with
    players.keep(KeepPlayer("me", line))
    made: dict[str, list[Note]] = {}
    for name, options in {"without": [], "with": ["--player", "me", "--learn", "1"]}.items():
        out = tmp_path / f"{name}.mid"
        given = ["--notes", "40", "--model", "seed", "--seed", "3", *options]
        assert main(["generate", str(out), *given]) == 0
        made[name] = read_notes(out)
    assert [n.pitch for n in made["with"]] != [n.pitch for n in made["without"]]
    assert players.known("me").line == line
