"""The takes there are: found, named, kept, and finished where a player died."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from improv.errors import InputError, UsageError
from improv.music.event import Source
from improv.play.effects import Send
from improv.play.messages import SetParam
from improv.play.params import Params
from improv.ports import take
from improv.session import account, journal, takes
from improv.session.journal import About, Step

ABOUT = About(Params(), 3, (), version="0.1.0", began="2026-11-23T20:15:00+00:00", model="seed")


def lines(notes: int, **facts: object) -> bytes:
    """A journal of some notes of improv's and one turned knob."""
    made = journal.about_line(ABOUT)
    made += journal.step_line(Step(100.0, "handle", SetParam(1, "temperature", 0.5)))
    for i in range(notes):
        for command, at in ((0x90, 101.0 + i), (0x80, 101.5 + i)):
            send = Send(bytes((command, 60 + i % 12, 70)), at, Source.IMPROV)
            made += journal.step_line(Step(at, "handle", None, (send,)))
    return made + (journal.about_line(dict(facts)) if facts else b"")


def cut_off(folder: Path, name: str, content: bytes) -> Path:
    """The journal of a player that died."""
    path = takes.recent(folder) / f"{name}.journal"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_session_that_was_cut_off_is_finished_by_who_finds_it(own_takes: Path):
    """Its last line may be half; the journal goes, the take stays."""
    path = cut_off(own_takes, "a", lines(3) + b'[104.2,"hand')
    (recovered,) = takes.recover(own_takes)
    assert recovered.path == own_takes / "recent" / "a.mid"
    assert "was cut off; its take is whole" in recovered.words
    assert not path.exists()
    assert takes.recover(own_takes) == []
    (info,) = takes.listing(own_takes)
    assert (info.name, info.improv, info.you, info.model, info.saved) == ("a", 3, 0, "seed", False)
    assert info.seconds == pytest.approx(2.5)


def test_one_that_was_saved_is_saved_again(own_takes: Path):
    """Longer than when it was saved."""
    cut_off(own_takes, "a", lines(3, kept=True))
    (recovered,) = takes.recover(own_takes)
    assert recovered.path == own_takes / "a.mid"


def test_a_session_under_way_is_left_alone(own_takes: Path):
    """Its player holds a lock on the journal."""
    path = cut_off(own_takes, "a", lines(3))
    with path.open("rb") as file:
        assert takes.claim(file.fileno())
        assert takes.recover(own_takes) == []
    assert path.exists()
    assert len(takes.recover(own_takes)) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 100, lines(0), lines(3)[:40]])
def test_of_a_journal_without_a_note_nothing_is_left(own_takes: Path, content: bytes):
    """Cut off before anything sounded."""
    path = cut_off(own_takes, "a", content)
    assert takes.recover(own_takes) == []
    assert not path.exists()
    assert takes.listing(own_takes) == []


def test_a_journal_of_another_improv_is_kept_and_said(own_takes: Path):
    """What this one can't read, that one can."""
    path = cut_off(own_takes, "a", lines(1).replace(b'"temperature":1.0', b'"warmth":1.0'))
    (recovered,) = takes.recover(own_takes)
    assert recovered.path is None
    assert "can't be finished" in recovered.words
    assert path.exists()


def test_the_last_twenty_are_kept_and_those_that_were_saved_for_ever(own_takes: Path):
    """Oldest first out."""
    for i in range(25):
        cut_off(own_takes, f"day-{i:02}", lines(1, **({"kept": True} if i < 2 else {})))
    takes.recover(own_takes)
    names = [info.name for info in takes.listing(own_takes)]
    assert names == [f"day-{i:02}" for i in (0, 1, *range(5, 25))]


def test_a_take_is_found_by_name_part_or_as_the_last(own_takes: Path, tmp_path: Path):
    """A file goes by its path; what is not there or not one is said with what there is."""
    for name in ("2026-01-02-2000", "2026-01-03-2000"):
        cut_off(own_takes, name, lines(1))
    takes.recover(own_takes)
    place = own_takes / "recent"
    assert takes.find(own_takes, "last") == place / "2026-01-03-2000.mid"
    assert takes.find(own_takes, "01-02") == place / "2026-01-02-2000.mid"
    assert takes.find(own_takes, str(place / "2026-01-02-2000.mid")).name == "2026-01-02-2000.mid"
    with pytest.raises(UsageError, match="several takes have '2026'"):
        takes.find(own_takes, "2026")
    with pytest.raises(UsageError, match=r"no take has 'x' in the name.*2026-01-03-2000"):
        takes.find(own_takes, "x")
    with pytest.raises(UsageError, match="none yet"):
        takes.find(tmp_path / "nowhere", "last")


def test_a_take_can_be_saved_afterwards(own_takes: Path):
    """It moves out of those that give way."""
    cut_off(own_takes, "a", lines(1))
    takes.recover(own_takes)
    (info,) = takes.listing(own_takes)
    assert takes.save(info, own_takes) == own_takes / "a.mid"
    assert takes.listing(own_takes)[0].saved


def test_a_take_says_how_it_came_about(own_takes: Path):
    """Knobs as markers where they were turned, the rest as JSON; the log gives the session back."""
    import mido

    cut_off(own_takes, "a", lines(3))
    (recovered,) = takes.recover(own_takes)
    assert recovered.path is not None
    file = mido.MidiFile(recovered.path)
    assert [track.name for track in file.tracks] == ["a take of improv", "improv"]
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["temperature=0.5"]
    about = take.read_about(recovered.path)
    assert (about["seed"], about["model"], about["version"]) == (3, "seed", "0.1.0")
    assert about["params"]["temperature"] == 1.0
    assert about["notes"] == {"you": 0, "improv": 3}
    session = account.read(recovered.path)
    assert session.about == ABOUT
    assert len(session.steps) == 7


def test_a_file_that_lies_about_itself_breaks_no_list(own_takes: Path):
    """What it says is somebody's bytes: of no type that was promised, and nothing to print."""
    for name, seconds, model in (("a", [1], "x"), ("b", 1.0, "\x1b[2Jseed"), ("c", "1e", {})):
        told = take.Account({"began": 3, "model": model})
        music = take.take_bytes([(0.0, b"\x90\x3c\x50", Source.YOU)], told)
        assert music is not None
        old = b'"seconds":0.0}'
        new = f'"seconds":{json.dumps(seconds)}}}'.encode()
        (own_takes / f"{name}.mid").write_bytes(_meta_replaced(music, old, new))
    assert [info.model for info in takes.listing(own_takes)] == ["[2Jseed"]


def _meta_replaced(music: bytes, old: bytes, new: bytes) -> bytes:
    """With other words in the first track, and its length put right."""
    at = music.index(b"MTrk")
    size = int.from_bytes(music[at + 4 : at + 8])
    track = music[at + 8 : at + 8 + size]
    text = track.index(b"\xff\x01") + 2
    assert track[text] < 0x80
    changed = len(new) - len(old)
    track = track[:text] + bytes((track[text] + changed,)) + track[text + 1 :].replace(old, new)
    return music[: at + 4] + len(track).to_bytes(4) + track + music[at + 8 + size :]


def test_other_files_are_told_from_takes(own_takes: Path, tmp_path: Path):
    """A list leaves them out; a replay says what is wrong."""
    plain = own_takes / "plain.mid"
    take.write(plain, [(0.0, b"\x90\x3c\x50", Source.YOU)])
    (own_takes / "text.mid").write_text("no music")
    assert takes.listing(own_takes) == []
    for path, words in (
        (plain, "does not say how it was played"),
        (own_takes / "text.mid", "does not say how it was played"),
        (tmp_path / "none.mid", "cannot read"),
    ):
        with pytest.raises(InputError, match=words):
            account.read(path)


def test_a_take_that_was_damaged_is_an_error_with_its_name(own_takes: Path):
    """Wherever a byte was changed: an error of one kind, or the whole of it."""
    cut_off(own_takes, "a", lines(8))
    (recovered,) = takes.recover(own_takes)
    assert recovered.path is not None
    good = recovered.path.read_bytes()
    bad = recovered.path.with_name("bad.mid")
    whole = 0
    for at in range(0, good.index(b"MTrk", 30), 7):
        # some bytes say nothing: the name of a track, the text that a log repeats
        bad.write_bytes(good[:at] + bytes((good[at] ^ 0x15,)) + good[at + 1 :])
        with suppress(InputError):
            whole += account.read(bad) is not None
    assert whole < 100
    bad.write_bytes(good[: len(good) // 3])
    with pytest.raises(InputError, match=r"bad\.mid"):
        account.read(bad)


def test_takes_are_where_the_variable_says_or_in_the_user_s_data(
    own_takes: Path, monkeypatch: pytest.MonkeyPatch
):
    """IMPROV_TAKES, with ~ for home."""
    assert takes.folder() == own_takes
    monkeypatch.setenv("IMPROV_TAKES", "~/music/takes")
    assert takes.folder() == Path.home() / "music/takes"
    monkeypatch.delenv("IMPROV_TAKES")
    assert takes.folder().name == "takes"
    assert "improv" in str(takes.folder())
    assert os.environ.get("IMPROV_TAKES") is None
