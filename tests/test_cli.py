"""The command line: one sentence and the right exit code for whatever is wrong."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from improv.cli import main
from improv.errors import DeviceError
from improv.model.store import find
from improv.music.vocabulary import STYLES

EMPTY = bytes.fromhex("4d546864000000060000000101e04d54726b0000000400ff2f00")


@pytest.fixture(autouse=True)
def no_user_configuration(monkeypatch, tmp_path):
    """The tester's own improv.toml must not change the result."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def sentence(capsys):
    """What was said; it must be one line on stderr and nothing on stdout."""
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--temperature 0", "temperature must be from 0.05 to 5, not 0"),
        ("--temperature=-1", "temperature must be from 0.05 to 5, not -1"),
        ("--temperature nan", "temperature must be from 0.05 to 5, not nan"),
        ("--temperature 1e9", "temperature must be from 0.05 to 5, not 1e+09"),
        ("--temperature hot", "temperature takes a number, not 'hot'"),
        ("--guard weak", "guard is off, gentle or strong, not 'weak'"),
        ("--style 3", "style must be from 0 to 2, not 3"),
        ("--polyphony 0", "polyphony must be from 1 to 24, not 0"),
        ("--notes 3.5", "takes a whole number, not '3.5'"),
        ("--instrument kazoo", "kazoo"),
        ("--channel 17", "channel must be from 1 to 16, not 17"),
        ("--low H2", "no pitch named 'H2'"),
        ("--low C5 --high C4", "lowest pitch must not be above"),
        ("--output usb", "not a port: 'usb'; use virtual"),
        ("--seconds 0", "--seconds must be more than 0"),
        ("--seed -3", "a seed is a whole number from 0 up"),
        ("--config none.toml", "no configuration file"),
        ("--prompt none.mid", "none.mid"),
        ("--preset nonesuch", "no preset named 'nonesuch'; there are: piano-duet"),
        ("--osc nowhere", "an OSC address is [HOST:]PORT"),
        ("--bogus", "unrecognized arguments: --bogus"),
        ("nonsense", "invalid choice: 'nonsense'"),
    ],
)
def test_wrong_usage_is_exit_2(options, words, capsys):
    """Values, names, files and options that make no sense, for `play` as for `improv` alone."""
    assert main([*options.split(), *(() if options == "nonsense" else ("--headless",))]) == 2
    assert words in sentence(capsys)


@pytest.mark.parametrize(
    ("content", "words"), [(b"not MIDI at all", "MIDI"), (EMPTY, "no notes"), (b"", "empty")]
)
def test_a_prompt_without_notes_is_exit_2(content, words, capsys, tmp_path):
    """Not MIDI, no notes, no bytes: the file is named and nothing starts."""
    prompt = tmp_path / "prompt.mid"
    prompt.write_bytes(content)
    assert main(["play", "--headless", "--prompt", str(prompt)]) == 2
    said = sentence(capsys)
    assert words in said
    assert "prompt.mid" in said


@pytest.mark.parametrize("lost", ["network.json", "weights.npz"])
def test_a_model_folder_that_lacks_a_file_is_exit_4(lost, capsys, tmp_path):
    """Refused before anything starts, naming the file."""
    folder = tmp_path / "mine"
    shutil.copytree(find("seed").path, folder)
    (folder / lost).unlink()
    assert main(["play", "--headless", "--model", str(folder)]) == 4
    assert lost in sentence(capsys)


def test_a_model_that_is_not_there_is_exit_2(capsys):
    """Nothing was refused, the name is wrong: it says which there are."""
    assert main(["play", "--headless", "--model", "nonesuch"]) == 2
    assert "seed" in sentence(capsys)


@pytest.mark.parametrize("way", ["an option", "a preset"])
def test_link_that_is_not_installed_is_exit_3(way, capsys, tmp_path, monkeypatch):
    """Before any screen and any player, with what to install; also where a preset asks for it."""
    monkeypatch.setitem(sys.modules, "aalink", None)
    mine = tmp_path / "mine.toml"
    mine.write_text('[params]\nsync = "link"\n')
    asked = ["--sync", "link"] if way == "an option" else ["--preset", str(mine)]
    assert main(["play", "--headless", "--seconds", "0.1", *asked]) == 3
    assert "pip install 'improv-midi[link]' adds it (GPL)" in sentence(capsys)


@pytest.mark.parametrize(
    ("line", "among"),
    [
        ("improv re", {"replay"}),
        ("improv --mod", {"--mode", "--model"}),
        ("improv play --mode du", {"duet"}),
        ("improv --guard ", {"off", "gentle", "strong"}),
        ("improv takes re", {"render"}),
        ("improv replay last --o", {"--out"}),
        ("improv play --device ", {"auto", "cpu", "gpu"}),
    ],
)
def test_a_shell_completes_commands_options_and_words(line, among, capsys):
    """As bash itself does it, from the script that the command prints."""
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    words = line.split(" ")
    ask = f"COMP_WORDS=({' '.join(words)} '')\nCOMP_CWORD={len(words) - 1}\n_improv\n"
    done = subprocess.run(
        ["bash", "-c", f'{script}\n{ask}printf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    offered = set(done.stdout.split())
    assert among <= offered
    assert all(word.startswith(words[-1]) for word in offered)


def generate(out, *options):
    return main(["generate", str(out), "--notes", "30", "--seed", "7", *options])


def test_the_same_seed_makes_the_same_bytes(tmp_path, capsys):
    """And another seed makes others."""
    a, b, c = (tmp_path / name for name in ("a.mid", "b.mid", "c.mid"))
    assert generate(a) == generate(b) == generate(c, "--seed", "8") == 0
    assert a.read_bytes() == b.read_bytes() != c.read_bytes()


def test_a_preset_is_where_the_knobs_begin(tmp_path, capsys):
    """By name, slot or file; an option goes before it, and a wrong one is a sentence."""
    from improv.ports.midifile import read_notes

    mine = tmp_path / "mine.toml"
    mine.write_text("[params]\nlow = 60\nhigh = 60\n")
    assert generate(tmp_path / "a.mid", "--preset", str(mine)) == 0
    assert {note.pitch for note in read_notes(tmp_path / "a.mid")} == {60}
    assert generate(tmp_path / "b.mid", "--preset", str(mine), "--high", "61", "--low", "61") == 0
    assert {note.pitch for note in read_notes(tmp_path / "b.mid")} == {61}
    assert generate(tmp_path / "c.mid", "--preset", "mono-synth") == 0
    assert generate(tmp_path / "d.mid", "--preset", "5") == 0
    assert (tmp_path / "c.mid").read_bytes() == (tmp_path / "d.mid").read_bytes()
    capsys.readouterr()
    mine.write_text("[params]\nlowest = 60\n")
    assert generate(tmp_path / "e.mid", "--preset", str(mine)) == 2
    assert "mine.toml: [params] unknown key 'lowest'" in sentence(capsys)


def test_generate_says_what_it_made(tmp_path, capsys):
    """As many notes as asked for; data on stdout, words on stderr."""
    out = tmp_path / "out.mid"
    assert generate(out, "--json", "--instrument", "Cello", "--prompt", str(_prompt(tmp_path))) == 0
    said = capsys.readouterr()
    made = json.loads(said.out)
    assert made["notes"] == 30
    assert made["seed"] == 7
    assert "30 notes" in said.err
    from improv.ports.midifile import read_notes

    assert len(read_notes(out)) == 30
    assert bytes((0xC0, 42)) in out.read_bytes()


def test_a_single_line_is_one_in_the_file(tmp_path, capsys):
    """One voice of its own: every note ends before the next begins."""
    from improv.ports.midifile import read_notes

    assert generate(tmp_path / "line.mid", "--polyphony", "1", "--guard", "strong") == 0
    notes = sorted(read_notes(tmp_path / "line.mid"), key=lambda note: note.start)
    assert all(a.start + a.duration <= b.start + 1e-3 for a, b in pairwise(notes))
    assert all(b.start - a.start > 0.03 for a, b in pairwise(notes))


def test_a_knob_that_a_model_leaves_unused_is_said(tmp_path, capsys):
    """The seed has heard one style only; a knob that nobody turned is not worth a word."""
    options = ("--model", "seed", "--style", "1", "--json")
    assert generate(tmp_path / "seed.mid", *options) == 0
    said = capsys.readouterr()
    assert "the model seed plays the same whatever style is" in said.err
    assert "time_temperature" not in said.err
    assert json.loads(said.out)["unused"] == ["style"]
    line = "--headless --json --seconds 5 --input none --output none --model seed --style 1"
    assert main(line.split()) == 0
    said = capsys.readouterr()
    assert "whatever style is" in said.err
    assert json.loads(said.out)["inert"] == ["creativity", "density", "style", "time_temperature"]


def _prompt(folder: Path) -> Path:
    path = folder / "prompt.mid"
    assert generate(path) == 0
    return path


@pytest.mark.parametrize("name", ["out.mp3", "none/out.mid"])
def test_generate_refuses_what_it_cannot_write(name, tmp_path, capsys):
    """Before composing."""
    assert generate(tmp_path / name) == 2
    assert name.split("/")[0] in sentence(capsys)


def test_lists_its_models(capsys):
    """As text and as one JSON object."""
    assert main(["models"]) == 0
    assert "84,354 weights" in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert {m["name"]: m["parameters"] for m in models}["seed"] == 84354


def test_records_what_it_plays_without_any_port(tmp_path, capsys):
    """Headless to a file: it plays, ends, and the take holds what it says it played."""
    take = tmp_path / "take.mid"
    line = f"--headless --json --seconds 3 --seed 3 --input none --output file:{take}"
    assert main(line.split()) == 0
    said = json.loads(capsys.readouterr().out)
    from improv.ports.midifile import read_notes

    assert said["hung"] == 0
    # sorted: notes of a chord within a tick have no order in a file
    assert sorted(n["pitch"] for n in said["notes"]) == sorted(n.pitch for n in read_notes(take))
    assert said["played"] == len(said["notes"]) > 3


def test_an_unknown_port_is_exit_3(capsys):
    """A port that is not there is a missing device, and the sentence says what was looked for."""
    line = "--headless --input none --output port:nonesuch --seconds 5"
    assert main(line.split()) == 3
    assert "MIDI" in sentence(capsys)


def test_without_a_terminal_it_plays_on_and_says_so(capsys):
    """No screen without a terminal, and no error either."""
    assert main(["--seconds", "1", "--input", "none", "--output", "none"]) == 0
    assert "no terminal here" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
def test_with_its_words_in_a_file_it_draws_no_screen_there(tmp_path):
    """What draws the screen is what says the words; the terminal is left as it was."""
    master, terminal = os.openpty()
    line = [sys.executable, "-m", "improv.cli", "play", "--seconds", "1"]
    with (tmp_path / "words").open("wb") as words:
        line += ["--input", "none", "--output", "none"]
        subprocess.run(line, stdin=terminal, stdout=terminal, stderr=words, check=True)
    os.close(terminal)
    os.close(master)
    assert "no terminal here" in (tmp_path / "words").read_text()
    assert "\x1b[" not in (tmp_path / "words").read_text()


def test_a_prompt_is_what_it_goes_on_from(tmp_path, capsys):
    """With a prompt it begins at once, and another prompt gives another answer."""
    played = []
    for name, seed in (("a.mid", "1"), ("b.mid", "2")):
        prompt = tmp_path / name
        assert generate(prompt, "--seed", seed) == 0
        capsys.readouterr()
        line = "--headless --json --seconds 3 --seed 3 --input none --output none --prompt"
        assert main([*line.split(), str(prompt)]) == 0
        played.append([n["pitch"] for n in json.loads(capsys.readouterr().out)["notes"]])
    assert len(played[0]) > 2
    assert played[0] != played[1]


def test_draws_a_file(tmp_path, capsys):
    """`plot` makes a picture; a file that is not MIDI is exit 2."""
    made, picture = tmp_path / "made.mid", tmp_path / "made.png"
    assert generate(made) == 0
    assert main(["plot", str(made), "--out", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    made.write_bytes(b"no")
    assert main(["plot", str(made), "--out", str(picture)]) == 2


def test_composes_audio(tmp_path, capsys):
    """A WAV through FluidSynth, the same bytes for the same seed."""
    from improv.ports import synth

    try:
        synth.check(None)
    except DeviceError as missing:
        pytest.skip(str(missing))
    a, b = tmp_path / "a.wav", tmp_path / "b.wav"
    assert generate(a) == generate(b) == 0
    assert a.read_bytes() == b.read_bytes()
    assert a.read_bytes().startswith(b"RIFF")


def test_examines_the_machine(capsys):
    """Whatever is missing, the doctor reports it, as text and as one JSON object."""
    assert main(["doctor"]) == 0
    assert "MIDI" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert all(f["fix"] for f in findings if f["state"] == "missing")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--notes -1", "--notes must be 0 or more, not -1"),
        ("--generate -1", "--generate must be 0 or more, not -1"),
        ("--plot x.pdf", "a picture is a .png file"),
    ],
)
def test_evaluate_refuses_before_it_measures(style, options, words, capsys):
    """Every style there is can be named: the choices are written out, for start-up time."""
    asked = f"evaluate --model seed --data nowhere --style {style} {options}"
    assert main(asked.split()) == 2
    assert words in sentence(capsys)


@pytest.mark.parametrize("command", ["play", "generate", "harmonise"])
def test_help_of_every_knob_can_be_printed(command: str, capsys) -> None:
    """Whatever signs a knob's words have."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert "usage: improv" in capsys.readouterr().out
