"""Whether a run of notes stands in what the model learnt from. Copies its lessons? Look here.

Of the lessons nothing is kept but a Bloom filter (Bloom 1970, "Space/Time Trade-offs in Hash Coding
with Allowable Errors") of every run of `NOTES` notes, as the intervals between them: what was put
in is always found, in every key, and of other runs one in fifty is found too. A longer run is one
whose every part is found, so that of those two notes longer hardly any is by chance. No music can
be read from it: it can only be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Words = NDArray[np.uint64]

NOTES = 8  # of a run that is known by itself; its seven intervals are a number of 56 bits
SPACE = 8  # bits for each run put in
PROBES = 5  # of them set, and looked at: 2.2 % of other runs are found too, the least for so many
INTERVALS = NOTES - 1
PART = 2**17  # runs that are put in at once
_MIDDLE = 128  # an interval of none, as a byte
_HALF = np.uint64(2**32 - 1)
_PROBES = np.arange(PROBES, dtype=np.uint64)


class Lessons:
    """A Bloom filter of runs of notes; `bits` is (bytes,) uint8."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits

    @classmethod
    def of(
        cls,
        pieces: Iterable[tuple[Ids, Ids]],
        before: Lessons | None = None,
        most: int | None = None,
    ) -> Lessons:
        """Of all runs in music, and of those that are in `before`, in whose space they are put.

        Args:
            pieces: (N,) pitches and (P + 1,) where each piece begins and the last ends; any number
                of such.
            before: of a model that was gone on from.
            most: bytes it may take, if there is a limit.
        """
        runs = [_runs(pitch[a:b]) for pitch, offsets in pieces for a, b in pairwise(offsets)]
        every = np.sort(np.concatenate([np.zeros(0, np.uint64), *runs]))
        every = every[np.diff(every, prepend=~every[:1]) != 0]
        if before is None:
            size = max(1, len(every) * SPACE // 8)
            found = np.zeros(8 * (size if most is None else min(size, most)), np.bool_)
        else:
            found = np.unpackbits(before._bits, bitorder="little").astype(np.bool_)  # noqa: SLF001
        for part in np.array_split(every, len(every) // PART + 1):
            found[_places(part, len(found))] = True
        return cls(np.packbits(found, bitorder="little"))

    @classmethod
    def kept(cls, content: bytes) -> Lessons | None:
        """Those that these bytes are; None of none."""
        return cls(np.frombuffer(content, np.uint8)) if content else None

    def __bytes__(self) -> bytes:
        return self._bits.tobytes()

    def hold(self, runs: Words) -> NDArray[np.bool_]:
        """(R,) whether each run, as `run_of` numbers it, may be among them."""
        places = _places(runs, 8 * len(self._bits))
        found: NDArray[np.bool_] = (self._bits[places >> 3] >> (places & 7) & 1).all(axis=1)
        return found

    def copied(self, pitches: Sequence[int]) -> int:
        """Notes of the longest run that ends with the last of these and may stand in them.

        0 where it is shorter than is known by itself and one more, which would be found by chance.
        """
        run = self.run(pitches)
        return run if run > NOTES else 0

    def run(self, pitches: Sequence[int]) -> int:
        """The same with those of `NOTES`, of which one in fifty is found by chance."""
        found = self.hold(_runs(np.asarray(pitches, np.int64)))[::-1]
        parts = len(found) if found.all() else int(found.argmin())
        return INTERVALS + parts if parts else 0

    def going_on(self, pitches: Sequence[int], pitches_next: Ids) -> NDArray[np.bool_]:
        """(M,) whether each, after the last of these, may make a run of `NOTES` that is there."""
        last = np.asarray(pitches[-INTERVALS:], np.int64)
        if len(last) < INTERVALS:
            return np.zeros(len(pitches_next), np.bool_)
        begins = np.uint64(0)
        for interval in np.diff(last).tolist():
            begins = begins << np.uint64(8) | np.uint64(interval + _MIDDLE)
        ends = (pitches_next - last[-1] + _MIDDLE).astype(np.uint64)
        return self.hold(begins << np.uint64(8) | ends)


def _runs(pitch: Ids) -> Words:
    """(N - NOTES + 1,) the runs of notes that follow each other, each its intervals in a number."""
    steps = (np.diff(pitch) + _MIDDLE).astype(np.uint64)
    count = max(0, len(pitch) - INTERVALS)
    runs = np.zeros(count, np.uint64)
    for at in range(INTERVALS):
        runs = runs << np.uint64(8) | steps[at : at + count]
    return runs


def _places(runs: Words, size: int) -> Ids:
    """(R, PROBES) the bits of each run, of so many.

    By two hashes (Kirsch and Mitzenmacher 2006), the halves of SplitMix64's finaliser.
    """
    mixed = runs * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    first, second = mixed & _HALF, mixed >> np.uint64(32) | np.uint64(1)
    probes = first[:, None] + second[:, None] * _PROBES & _HALF
    return (probes * np.uint64(size) >> np.uint64(32)).astype(np.int64)
