"""Notes a second of many futures: one, 32 and 256 at once, small networks and large.

For each size a note is drawn of one future after the other by LiteRT, as a CPU plays, and of all of
them side by side in a batch by TensorFlow, as a GPU does (XLA, float32). Drawing, constraints and
all, in random networks of the default's kind: a note costs what it costs whatever the weights say.
Beside them the roofline: the time in which the device could do the network's products, and in which
it could read its weights once a call, at the matrix product and the memory rate measured here.

    python tests/bench/futures.py [--json] [--device cpu|gpu] [--sizes seed,default,tenfold]
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import numpy as np
import tensorflow as tf
from rounds import Work, beside, parser, say, show

from improv.model import export, litert, relative, store, tensorflow_backend
from improv.model.chorus import Chorus
from improv.model.heads import HEADS
from improv.model.listening import DistributionImproviser, Ear
from improv.model.spec import NetworkSpec, parameters, shapes
from improv.model.store import ModelFolder
from improv.model.weights import pack
from improv.music.opening import phrase
from improv.play.messages import ANY
from improv.play.params import Params

UNITS = {"seed": 64, "default": 512, "tenfold": 2400}  # units of the recurrent state
BATCHES = (1, 32, 256)
NOTES = 4  # of each future, a round


def folder(where: Path, spec: NetworkSpec) -> ModelFolder:
    """A network of random weights, which may be larger than one that is played may be."""
    weights = relative.initial(spec, 0)
    where.mkdir()
    (where / store.WEIGHTS).write_bytes(pack(weights, shapes(spec)))
    graph = export._converted(export._relative(spec, weights), quantise=True)
    (where / store.LITERT).write_bytes(graph)
    return ModelFolder(where.name, where, spec, {})


def products(spec: NetworkSpec) -> float:
    """Multiplications of a note: weights used once, and convolutions along each head's bins."""
    total = 0.0
    for name, shape in shapes(spec).items():
        part, kind = name.split("/")
        if kind in {"recurrent", "key", "state", "absolute", "query", "modulation"}:
            total += np.prod(shape)
        elif kind in {"kernel", "echo"}:
            total += np.prod(shape) * HEADS[part].bins
    return float(total)


def product_rate(place: str) -> float:
    """Multiplications a second of a large float32 matrix product, the best of some."""
    size = 1024 if "CPU" in place else 8192
    with tf.device(place):
        a = tf.random.normal((size, size))
        b = tf.random.normal((size, size))
        return size**3 / fastest(lambda: float(tf.matmul(a, b)[0, 0]))


def memory_rate(place: str) -> float:
    """Bytes a second that are read of an array far larger than any cache, the best of some."""
    count = 2**26 if "CPU" in place else 2**29
    with tf.device(place):
        a = tf.zeros((count,))
        return 4 * count / fastest(lambda: float(tf.reduce_sum(a)))


def fastest(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def drawing(improviser: DistributionImproviser, futures: int) -> Work:
    """A round: `NOTES` notes of each of so many futures."""
    rows = [[(row, note) for note in range(NOTES)] for row in range(futures)]
    params = Params(futures=1)
    improviser.prime(phrase())
    improviser.draw(params, (0, 0), ANY)

    def run() -> tuple[int, float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in improviser.imagine(params, rows, ANY):
            pass
        return NOTES * futures, time.perf_counter() - wall, time.process_time() - cpu

    run()  # compiled, and its caches warm
    return run


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument("--device", choices=("cpu", "gpu"), default=None)
    options.add_argument("--sizes", default=",".join(UNITS), help="of " + ", ".join(UNITS))
    options.add_argument("--batches", default=",".join(map(str, BATCHES)))
    how = options.parse_args()
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    device = how.device or ("gpu" if has_gpu else "cpu")
    place = "/GPU:0" if device == "gpu" else "/CPU:0"
    tensorflow_backend.grow_memory()
    say("the roofline")
    flops, bandwidth = product_rate(place), memory_rate(place)
    report: dict[str, Any] = {
        "benchmark": "futures",
        "device": device,
        "products_per_s": flops,
        "bytes_per_s": bandwidth,
        "sizes": {},
    }
    tables = []
    with tempfile.TemporaryDirectory() as room:
        for size in how.sizes.split(","):
            spec = NetworkSpec(architecture="relative", recurrence="gru", units=UNITS[size])
            say(f"a network of {parameters(spec):,} weights")
            model = folder(Path(room) / size, spec)
            ear = Ear(litert.calls((model.path / store.LITERT).read_bytes(), spec), spec)
            one = DistributionImproviser(size, "litert", ear)
            contenders = {"litert, 1": drawing(one, 1), "litert, 8": drawing(one, 8)}
            for batch in map(int, how.batches.split(",")):
                say(f"{size}: a batch of {batch}")
                chorus = Chorus(tensorflow_backend.calls(model, device, batch), spec, batch)
                many = DistributionImproviser(size, "tensorflow", ear, chorus)
                contenders[f"tensorflow {device}, {batch}"] = drawing(many, batch)
            timed = beside(contenders, how.rounds)
            rows = [["", "notes/s", "x the first", "CPU us a note", "roofline notes/s", "of it"]]
            found = {}
            for row in timed:
                route, _, futures = row.name.rpartition(", ")
                alone = route == "litert"  # one after the other, its weights of 8 bits
                batch, width = (1, 1) if alone else (int(futures), 4)
                limit = roofline(spec, batch, flops, bandwidth, width)
                rate = 1e6 / row.wall_us
                times = 1 / row.times_wall
                rows.append(
                    [
                        row.name,
                        f"{rate:,.0f}",
                        f"{times:.2f}",
                        f"{row.cpu_us:,.0f}",
                        f"{limit:,.0f}",
                        f"{rate / limit:.1%}",
                    ]
                )
                found[row.name] = {
                    "notes_per_s": rate,
                    "times": times,
                    "cpu_us": row.cpu_us,
                    "roofline": limit,
                }
            report["sizes"][size] = {"weights": parameters(spec), "routes": found}
            tables.append((f"{size}: {parameters(spec) / 1e6:.1f} M weights on the {device}", rows))
    words = f"{flops / 1e9:,.0f} G products/s, {bandwidth / 1e9:,.0f} GB/s; " + (
        "no GPU here" if not has_gpu else "a GPU is here"
    )
    tables.append((words, [["", ""]]))
    show(report, tables, how)


def roofline(spec: NetworkSpec, batch: int, flops: float, bandwidth: float, width: int) -> float:
    """Notes a second at which either the products or the weights' way from memory is the limit.

    `width`: bytes of a weight.
    """
    seconds = max(batch * products(spec) / flops, width * parameters(spec) / bandwidth)
    return batch / seconds


if __name__ == "__main__":
    main()
