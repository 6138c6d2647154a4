"""What goes on from music nobody has learnt: as it was played, and as a model plays it.

A prompt is the 25 notes before some place in a piece. Models go on from it as `improv generate`
does: through the engine that plays live, so that what may be drawn, and what becomes of it when a
key is struck again or too many notes sound, is part of what is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from improv.listen.context import SIZE
from improv.music.event import Note
from improv.play.interfaces import Improviser
from improv.play.params import Params
from improv.session.render import render
from improv.train.character import Phrase
from improv.train.dataset import Pieces

GOLDEN = (5**0.5 - 1) / 2  # multiples of it, less their whole part, are spread evenly


@dataclass(frozen=True, slots=True)
class Prompt:
    """Some notes of a piece, what followed them there, and as much of it from elsewhere."""

    work: str  # performances of one work have one name
    notes: tuple[Note, ...]
    played: Phrase
    elsewhere: Phrase | None  # None where the piece is too short for it


def work_names(names: Sequence[str]) -> list[str]:
    """Which work each piece is a performance of: its folder, where there are several folders.

    ASAP keeps the performances of a work in one folder, POP909 each song in its own. MAESTRO has a
    folder for each year: too coarse, and never wrong as to what is another work.
    """
    folders = [str(PurePosixPath(name).parent) for name in names]
    return folders if len(set(folders)) > 1 else list(names)


def prompts(pieces: Pieces, count: int, length: int) -> list[Prompt]:
    """At most `count` prompts that `length` notes follow, spread over works, pieces and places.

    The same for the same pieces. As even over the works as can be; works of which no piece is long
    enough are left out, and so none may be found.
    """
    notes = np.diff(pieces.offsets)
    work_of = work_names(pieces.names)
    # with room for another excerpt of the same length, where that leaves any
    long = np.flatnonzero(notes >= SIZE + 3 * length)
    long = long if len(long) else np.flatnonzero(notes >= SIZE + length)
    ordered = sorted(long.tolist(), key=lambda i: (work_of[i], i))
    works = [list(group) for _, group in groupby(ordered, key=lambda i: work_of[i])]
    if not works:
        return []
    chosen = np.arange(count) * len(works) // max(1, count)
    found, taken = [], dict.fromkeys(range(len(works)), 0)
    for number, work in enumerate(chosen.tolist()):
        share = ((number + 1) * GOLDEN) % 1.0
        piece = works[work][taken[work] % len(works[work])]
        taken[work] += 1
        found.append(_prompt(pieces, piece, work_of[piece], share, length))
    return found


def _prompt(pieces: Pieces, piece: int, work: str, share: float, length: int) -> Prompt:
    begin, end = int(pieces.offsets[piece]), int(pieces.offsets[piece + 1])
    room = end - length - begin - SIZE + 1  # places it may be
    place = int(share * room)
    other = (place + room // 2) % room
    at = begin + SIZE + place
    apart = abs(other - place) >= length
    return Prompt(
        work=work,
        notes=tuple(
            Note(
                int(pieces.pitch[i]),
                int(pieces.velocity[i]),
                float(pieces.start[i]),
                float(pieces.duration[i]),
            )
            for i in range(at - SIZE, at)
        ),
        played=excerpt(pieces, at, at + length),
        elsewhere=excerpt(pieces, begin + SIZE + other, begin + SIZE + other + length)
        if apart
        else None,
    )


def excerpt(pieces: Pieces, begin: int, end: int) -> Phrase:
    """Notes of a piece; times begin at its first."""
    start = np.asarray(pieces.start[begin:end], np.float64)
    return Phrase(
        pitch=np.asarray(pieces.pitch[begin:end], np.int64),
        velocity=np.asarray(pieces.velocity[begin:end], np.int64),
        start=start - start[:1],
        duration=np.asarray(pieces.duration[begin:end], np.float64),
    )


def phrase(notes: Sequence[Note]) -> Phrase:
    """Notes as columns; times begin at the first."""
    columns: NDArray[np.float64] = np.array(
        [(note.pitch, note.velocity, note.start, note.duration) for note in notes], np.float64
    ).reshape(len(notes), 4)
    return Phrase(
        pitch=columns[:, 0].astype(np.int64),
        velocity=columns[:, 1].astype(np.int64),
        start=columns[:, 2] - columns[:1, 2],
        duration=columns[:, 3],
    )


def go_on(improviser: Improviser, prompt: Prompt, params: Params, length: int, seed: int) -> Phrase:
    """What it plays after a prompt; the same for the same seed."""
    return phrase(render(improviser, params, count=length, seed=seed, opening=prompt.notes).notes)
