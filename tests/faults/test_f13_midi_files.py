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

from improv.errors import InputError
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
for _ in range(int(sys.argv[1])):
    data = files.mutate(bytearray(dice.choice(originals)), dice)
    began = time.process_time()
    try:
        good += len(read_arrays(data).pitch) > 0
    except InputError:
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
            good += len(read_arrays(data).pitch) > 0
        except InputError:
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
        capture_output=True, text=True, check=False, timeout=120,
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


@pytest.mark.slow
def test_a_data_set_of_a_thousand_files_with_fifty_bad_ones_lists_them(
    tmp_path: Path, figure: Say
) -> None:
    """The fifty by name with what is wrong; the others are kept."""
    from improv.train import sources
    from improv.train.dataset import _read

    dice = random.Random(50)
    folder = tmp_path / "midi"
    folder.mkdir()
    for number in range(1000):
        data = files.random_file(random.Random(number))
        if number % 20 == 7:
            data = data[: dice.randrange(1, 22)]  # no track is left of it
        (folder / f"piece-{number:04}.mid").write_bytes(data)
    skipped: dict[str, str] = {}
    with sources.opened(folder) as source:
        split, listed = sources.pieces(source)
        skipped |= listed
        kept = sum(notes is not None for _, _, notes in _read(source, split, skipped))
    figure(f"of 1,000 files {len(skipped)} listed as bad, {kept} kept")
    assert len(skipped) == 50
    assert all(f"piece-{number:04}.mid" in " ".join(skipped) for number in range(7, 1000, 20))


def test_without_the_boundary_other_errors_come_out(figure: Say) -> None:
    """What mido makes of the same files: errors of every kind, which no caller can expect."""
    import io

    import mido

    dice, kinds = random.Random(13), set()
    originals = [files.random_file(random.Random(seed)) for seed in range(4)]
    for _ in range(300):
        data = files.mutate(bytearray(dice.choice(originals)), dice)
        try:
            mido.MidiFile(file=io.BytesIO(data))
        except Exception as error:  # noqa: BLE001  # that is the point
            kinds.add(type(error).__name__)
    figure(f"a library alone: {', '.join(sorted(kinds))}")
    assert len(kinds) >= 2
