"""Fuzz whatever improv reads: good files, damaged at random, must give something or a sentence.

Not a test and not in CI, it never ends by itself::

    PYTHONPATH=tests python tests/fuzz/fuzz.py preset --seconds 600

What it finds is printed with the seed that makes it again (`--seed N --seconds 0`), and belongs
into the tests of that reader. Targets: TARGETS below. These mutations know nothing of the readers'
branches; Atheris does (`pip install atheris`; it ends with the first error it finds)::

    PYTHONPATH=tests python tests/fuzz/fuzz.py midi --seconds 600 --atheris
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ports import test_midifile as files

from improv import config
from improv.errors import ImprovError
from improv.model import store
from improv.ports import midifile, osc, take
from improv.session import controls_file, latencies, presets
from improv.train.config import TrainConfig

ROOT = Path(__file__).parents[2]
SLOW = 2.0  # seconds that one may take
WORDS = (
    b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"99999999999999999999", b"true", b"[]", b"{}",
    b"[[", b"]]", b'"', b"'''", b"\0", b"\xff", b"\n", b"=", b"#", b"null", b"1979-05-27", b"[a.b]",
    b"x = " + b"[" * 2000, b"{" * 2000, b'"../../x"',
)  # fmt: skip

CONTROLS = b'[keys]\n"cc 21 channel 1" = "temperature"\n"cc 22 channel 16" = "density"\n'
LATENCY = b'"port:MicroFreak MIDI 1" = 12.5\nfluidsynth = 23\n'


def _of(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def target(data: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return target


def _own(name: str, read: Callable[[], object]) -> Callable[[bytes, Path], object]:
    """A file of the user's configuration folder, which `main` has moved."""

    def target(data: bytes, folder: Path) -> object:
        path = config.user_path().with_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return read()

    return target


def _in_model(name: str) -> Callable[[bytes, Path], object]:
    def target(data: bytes, folder: Path) -> object:
        model = folder / "model"
        model.mkdir(exist_ok=True)
        for each in store.FILES:  # another target has damaged its own
            if each != name:
                (model / each).write_bytes((ROOT / "models" / "seed" / each).read_bytes())
        (model / name).write_bytes(data)
        return store.read_weights(store.verify(model))

    return target


Target = tuple[Callable[[bytes, Path], object], Callable[[], list[bytes]]]
TARGETS: dict[str, Target] = {
    "midi": (
        lambda data, _: midifile.read_arrays(data),
        lambda: [files.random_file(random.Random(seed)) for seed in range(20)],
    ),
    "take": (
        _file("take.mid", take.read_account),
        lambda: [files.random_file(random.Random(seed)) for seed in range(5)],
    ),
    "config": (_file("improv.toml", config.load), lambda: _of("configs/default.toml")),
    "preset": (_file("preset.toml", presets.read), lambda: _of("configs/presets/*.toml")),
    "training": (
        _file("train.toml", lambda path: config.load_table(path, TrainConfig)),
        lambda: _of("configs/*.toml"),
    ),
    "controls": (_own("controls.toml", controls_file.stored), lambda: [CONTROLS]),
    "latency": (_own("latency.toml", latencies.stored), lambda: [LATENCY]),
    "network": (_in_model(store.NETWORK), lambda: _of("models/seed/network.json")),
    "card": (_in_model(store.CARD), lambda: _of("models/*/card.toml")),
    "weights": (_in_model(store.WEIGHTS), lambda: _of(f"models/seed/{store.WEIGHTS}")),
    "osc": (lambda data, _: osc.decode(data), lambda: [osc.encode("/improv/x", (1, 2.0, "a"))]),
}


def mutated(dice: random.Random, corpus: list[bytes]) -> bytes:
    """One of a corpus, with up to eight things done to it."""
    data = bytearray(dice.choice(corpus))
    for _ in range(dice.randrange(1, 9)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 4, 30)))
        match dice.randrange(6):
            case 0:
                del data[at:end]
            case 1:
                data[at:end] = dice.choice(WORDS)
            case 2:
                data[at:at] = dice.choice(WORDS)
            case 3 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 4:
                data[at:at] = data[at:end] * dice.randrange(1, 4)
            case 5 if dice.random() < 0.2:
                del data[at:]
    return bytes(data)


def one(target: str, data: bytes, folder: Path) -> bool:
    """Whether it was read; False where a sentence came instead. Raises whatever else comes."""
    try:
        TARGETS[target][0](data, folder)
    except ImprovError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true", help="guided by coverage")
    options = parser.parse_args()
    targets = list(TARGETS) if options.target == "all" else [options.target]
    found = 0
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CONFIG_HOME"] = place
        if options.atheris:
            guided(options.target, options.seconds, Path(place))
        for target in targets:
            found += fuzz(target, options.seconds / len(targets), options.seed, Path(place))
    return 1 if found else 0


def guided(target: str, seconds: float, folder: Path) -> NoReturn:
    """Let Atheris look for inputs that reach new branches; it ends the process."""
    import atheris

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(TARGETS[target][1]()):
        (corpus / str(number)).write_bytes(data)
    atheris.instrument_all()
    line = [sys.argv[0], f"-max_total_time={seconds:g}", "-timeout=10", str(corpus)]
    atheris.Setup(line, lambda data: (one(target, data, folder), None)[1])
    atheris.Fuzz()
    raise SystemExit


def fuzz(target: str, seconds: float, seed: int, folder: Path) -> int:
    """Try one target; how many kinds of error it found."""
    corpus, kinds = TARGETS[target][1](), set[str]()
    end, count, read, slowest = time.monotonic() + seconds, 0, 0, 0.0
    while True:
        data = mutated(random.Random(seed), corpus)
        began = time.process_time()
        try:
            read += one(target, data, folder)
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            kind = f"{type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1]}"
            if kind not in kinds:
                kinds.add(kind)
                print(f"{target} --seed {seed}: {kind}: {str(error)[:200]}\n  {data[:200]!r}")
        took = time.process_time() - began
        if took > SLOW:
            print(f"{target} --seed {seed}: {took:.1f} s")
        slowest = max(slowest, took)
        seed, count = seed + 1, count + 1
        if time.monotonic() >= end:
            break
    print(
        f"{target}: {count:,} tried, {read:,} read, {len(kinds)} kinds of error, "
        f"slowest {1000 * slowest:.0f} ms", flush=True,
    )  # fmt: skip
    return len(kinds)


if __name__ == "__main__":
    sys.exit(main())
