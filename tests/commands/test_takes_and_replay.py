"""`improv takes` and `improv replay` on the command line: data on stdout, words on stderr."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from improv.cli import main
from improv.ports.midifile import read_notes


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A piece of the seed model's, as `improv generate` writes it."""
    out = tmp_path_factory.mktemp("composed") / "piece.mid"
    line = "--model seed --notes 30 --seed 7 --temperature 0.8"
    assert main(["generate", str(out), *line.split()]) == 0
    return out


@pytest.fixture
def taken(own_takes: Path, composed: Path) -> Path:
    """The same among the takes that nobody saved."""
    place = own_takes / "recent"
    place.mkdir()
    return Path(shutil.copy(composed, place / "2026-11-23-201500.mid"))


def test_takes_are_listed_with_what_a_musician_asks_of_them(taken, capsys):
    """Name, length, notes of each, model; as JSON too."""
    assert main(["takes"]) == 0
    said = capsys.readouterr()
    assert said.out.split()[0] == "2026-11-23-201500"
    assert "0 yours" in said.out
    assert "30 its" in said.out
    assert "seed" in said.out
    assert "improv takes save" in said.err
    assert main(["takes", "--json"]) == 0
    (info,) = json.loads(capsys.readouterr().out)["takes"]
    assert info["improv"] == 30
    assert not info["saved"]
    assert info["path"] == str(taken)


def test_where_there_are_none_it_says_where_they_will_be(own_takes, capsys):
    """An empty list is no error."""
    assert main(["takes"]) == 0
    assert str(own_takes) in capsys.readouterr().err


def test_a_take_is_drawn_rendered_and_kept(taken, tmp_path, capsys):
    """By its name or a part of it."""
    assert main(["takes", "plot", "2026", "--out", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert main(["takes", "save", "last"]) == 0
    assert not taken.exists()
    assert main(["takes", "plot", "nonesuch", "--out", str(tmp_path / "b.png")]) == 2
    assert "takes: 2026-11-23-201500" in capsys.readouterr().err
    assert main(["takes", "render", "last", "--out", str(tmp_path / "b.mp3")]) == 2


def test_what_was_composed_replays_to_the_byte(composed, tmp_path, capsys):
    """`improv generate` writes the same kind of file as a session."""
    again = tmp_path / "again.mid"
    assert main(["replay", str(composed), "--out", str(again), "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert again.read_bytes() == composed.read_bytes()
    assert told["same_bytes"]
    assert told["as_it_was"]
    assert told["drawn_the_same"] == told["proposals"] > 0
    assert "again, to the byte" in said.err


def test_what_would_have_been_is_what_generate_makes_with_those_knobs(composed, tmp_path):
    """A piece without a player is its seed, its opening and its parameters."""
    replayed, made = tmp_path / "replayed.mid", tmp_path / "made.mid"
    assert main(["replay", str(composed), "--out", str(replayed), "--set", "temperature=0.3"]) == 0
    line = "--model seed --notes 30 --seed 7 --temperature 0.3"
    assert main(["generate", str(made), *line.split()]) == 0
    assert replayed.read_bytes() == made.read_bytes() != composed.read_bytes()


def test_values_are_read_as_on_the_screen_and_checked(composed, tmp_path, capsys):
    """C4 for a pitch; what is no knob or out of range is said before a model is loaded."""
    out = str(tmp_path / "out.mid")
    assert main(["replay", str(composed), "--out", out, "--set", "low=C4"]) == 0
    assert min(n.pitch for n in read_notes(out)) >= 60
    for wrong, words in (("warmth=1", "knobs:"), ("low", "KNOB=VALUE"), ("top-p=7", "top_p must")):
        assert main(["replay", str(composed), "--out", out, "--set", wrong]) == 2
        assert words in capsys.readouterr().err


def test_another_model_of_that_name_is_said_and_refused(composed, tmp_path, capsys):
    """Unless it is asked for: then it plays what it would have."""
    other = tmp_path / "other.mid"
    _redo_log(composed, other)
    assert main(["replay", str(other), "--out", str(tmp_path / "x.mid")]) == 4
    said = capsys.readouterr().err
    assert "was played by another 'seed' (00" in said
    assert "--model seed" in said
    line = ["replay", str(other), "--out", str(tmp_path / "x.mid"), "--model", "seed"]
    assert main(line) == 0


def _redo_log(take: Path, out: Path) -> None:
    """The same take as if another set of weights had played it."""
    from dataclasses import replace

    from improv.ports import take as takes
    from improv.session import account, journal, replay

    session = account.read(take)
    made = replay.again(session, None, lambda _: None)
    about = replace(session.about, digest="00" + session.about.digest[2:])
    takes.write(out, journal.sent(made.steps), account.account(about, made.steps))


def test_a_file_that_is_no_take_is_exit_2(tmp_path, capsys):
    """And says what it lacks."""
    from improv.music.event import Source
    from improv.ports import take

    take.write(tmp_path / "plain.mid", [(0.0, b"\x90\x3c\x50", Source.YOU)])
    assert main(["replay", str(tmp_path / "plain.mid"), "--out", str(tmp_path / "x.mid")]) == 2
    assert "does not say how it was played" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "plain.mid"), "--out", str(tmp_path / "x.mp3")]) == 2
