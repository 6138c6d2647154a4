"""F13: 5,000 damaged MIDI files. Notes or a sentence for each, in 2 s and 300 MB at most."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.instrument import with_tests
from ports import test_midifile as files

from improv.cli import main
from improv.errors import InputError
from improv.model import store
from improv.ports.midifile import read_arrays

MUTATIONS = 5000
Say = Callable[[str], None]

READ = """
import json, random, sys, time
from faults.instrument import most_memory_mb
from ports import test_midifile as files
from improv.errors import InputError
from improv.ports.midifile import read_arrays
dice = random.Random(13)
originals = [files.random_file(random.Random(seed)) for seed in range(20)]
good = refused = 0
slowest = 0.0
for number in range(int(sys.argv[1])):
    data = files.mutate(bytearray(dice.choice(originals)), dice)
    began = time.process_time()
    try:
        good += len(read_arrays(data, f"{number}.mid").pitch) > 0
    except InputError as error:
        assert str(error).startswith(f"{number}.mid "), error
        refused += 1
    slowest = max(slowest, time.process_time() - began)
print(json.dumps([good, refused, slowest, most_memory_mb()]))
"""


def read_apart(program: str, argument: str) -> list[float]:
    """What a process of its own found, so that its memory is known.

    How many files gave notes, how many a sentence, the slowest in seconds, and MB at most.
    """
    done = subprocess.run(
        [sys.executable, "-c", program, argument],
        capture_output=True, text=True, check=False, env=with_tests(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[float] = json.loads(done.stdout)
    return found


def test_five_thousand_damaged_files_give_notes_or_a_sentence(figure: Say) -> None:
    """None takes longer, none more memory, and none ends in another error."""
    good, refused, slowest, most = read_apart(READ, str(MUTATIONS))
    figure(
        f"{good + refused:,} files: {good:,} gave notes, {refused:,} a sentence; the slowest took "
        f"{1000 * slowest:.0f} ms of processor time, {most:.0f} MB at most"
    )
    assert good + refused == MUTATIONS
    assert slowest < 2.0
    assert most < 300


READ_PACK = """
import json, sys, time, zipfile
from faults.instrument import most_memory_mb
from improv.errors import InputError
from improv.ports.midifile import read_arrays
good = refused = 0
slowest = 0.0
with zipfile.ZipFile(sys.argv[1]) as pack:
    for name in pack.namelist():
        if not name.endswith(".mid"):
            continue
        data = pack.read(name)
        began = time.process_time()
        try:
            good += len(read_arrays(data, name).pitch) > 0
        except InputError as error:
            assert str(error).startswith(name + " "), error
            refused += 1
        slowest = max(slowest, time.process_time() - began)
print(json.dumps([good, refused, slowest, most_memory_mb()]))
"""


@pytest.mark.skipif(not files.NASTY.exists(), reason="no data pack")
def test_hard_files_of_others_take_no_longer(figure: Say) -> None:
    """Those that other libraries stumble over; what each gives is test_midifile.py's."""
    good, refused, slowest, most = read_apart(READ_PACK, str(files.NASTY))
    figure(
        f"{good + refused} hard files: {good} gave notes; the slowest took "
        f"{1000 * slowest:.0f} ms, {most:.0f} MB at most"
    )
    assert good + refused >= 30
    assert slowest < 2.0
    assert most < 300


def improv(*line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "improv.cli", *line],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_a_damaged_prompt_is_named_and_exits_2(tmp_path: Path, figure: Say) -> None:
    """One sentence with the file's name, and no notes out of nowhere."""
    dice, bad = random.Random(2), tmp_path / "bad.mid"
    whole = files.random_file(dice)
    while True:
        bad.write_bytes(files.mutate(bytearray(whole), dice))
        try:
            read_arrays(bad.read_bytes())
        except InputError:
            break
    began = time.perf_counter()
    done = improv("generate", str(tmp_path / "out.mid"), "--model", "seed", "--prompt", str(bad))
    figure(f"a damaged prompt: exit {done.returncode} after {time.perf_counter() - began:.1f} s")
    assert done.returncode == 2
    assert "bad.mid" in done.stderr
    assert "Traceback" not in done.stderr


QUICK = """
name = "quick"
units = 8
batch = 16
steps = 3
tensorboard = false
"""


@pytest.mark.slow
def test_a_run_over_a_thousand_files_with_fifty_bad_ones_finishes_and_lists_them(
    tmp_path: Path, figure: Say
) -> None:
    """The fifty by name with what is wrong; of the others a model comes."""
    dice = random.Random(50)
    folder = tmp_path / "midi"
    folder.mkdir()
    for number in range(1000):
        data = files.random_file(random.Random(number))
        if number % 20 == 7:
            data = data[: dice.randrange(1, 22)]  # no track is left of it
        (folder / f"piece-{number:04}.mid").write_bytes(data)
    (tmp_path / "quick.toml").write_text(QUICK)
    began = time.perf_counter()
    done = improv(
        "train", "--config", str(tmp_path / "quick.toml"), "--data", str(folder),
        "--out", str(tmp_path / "run"),
    )  # fmt: skip
    taken = time.perf_counter() - began
    skipped = [line for line in done.stderr.splitlines() if "skipped piece-" in line]
    figure(f"a run over 1,000 files: {len(skipped)} listed as bad, a model after {taken:.0f} s")
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(skipped) == 50
    said = " ".join(skipped)
    assert all(f"piece-{number:04}.mid: " in said for number in range(7, 1000, 20))
    assert store.find(tmp_path / "run" / "quick")


def test_a_folder_with_no_good_file_at_all_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: Say
) -> None:
    """In a sentence."""
    for number in range(5):
        (tmp_path / f"{number}.mid").write_bytes(b"MThd")
    code = main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "run")])
    figure(f"no good file at all: exit {code}")
    assert code == 2
    assert "0.mid" in capsys.readouterr().err


WITHOUT = """
from types import SimpleNamespace
from improv.ports import midifile, smf
class Nothing(Exception): pass
midifile.smf = SimpleNamespace(**(vars(smf) | {"MalformedError": Nothing}))
"""


def test_without_the_boundary_a_damaged_file_ends_the_program(figure: Say) -> None:
    """What is found wrong comes out as it is: no caller can expect it, and it names no file."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + READ, str(MUTATIONS)],
        capture_output=True, text=True, check=False, env=with_tests(),
    )  # fmt: skip
    said = (done.stderr.strip().splitlines() or [""])[-1]
    figure(f"the first of them ends the program: {said[:70]}")
    assert done.returncode != 0
    assert "MalformedError" in said
    assert ".mid" not in said
