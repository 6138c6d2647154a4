"""What a network learns from: for every note but a piece's first, what was heard before it.

Windows are gathered by index from the flat notes of all pieces when a batch is asked for; kept
whole, 2.7 million of them would take 0.8 GB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music import encoding
from improv.music.encoding import Features
from improv.music.event import PITCHES
from improv.music.vocabulary import WINDOW


class Pieces(Protocol):
    """The notes of many pieces laid end to end, as `improv.train.dataset.load` gives them."""

    @property
    def pitch(self) -> NDArray[np.uint8]: ...  # (N,)

    @property
    def velocity(self) -> NDArray[np.uint8]: ...  # (N,)

    @property
    def start(self) -> NDArray[np.float64]: ...  # (N,) seconds

    @property
    def duration(self) -> NDArray[np.float32]: ...  # (N,) seconds

    @property
    def offsets(self) -> NDArray[np.int64]: ...  # (pieces + 1,)

    @property
    def improv(self) -> NDArray[np.bool_] | None: ...  # (N,)


@dataclass(frozen=True, slots=True)
class Examples:
    """W windows and the note that follows each.

    `notes` is (N, 3); `pitch` and `first` (the start of each note's piece) are (N,); `until`,
    the index of the note that follows each window, is (W,).
    """

    notes: Features
    pitch: NDArray[np.int32]
    first: NDArray[np.int64]
    until: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.until)

    def batch(
        self, which: NDArray[np.int64], transpose: NDArray[np.int64] | None = None
    ) -> tuple[Features, dict[str, NDArray[np.generic]]]:
        """The windows (B, 25, 3) numbered `which`, and what follows: each head's name to (B, 1).

        `transpose` (B,) moves each window and what follows it by so many semitones; one that
        would leave the pitches there are stays where it is.
        """
        until = self.until[which]
        first = self.first[until]
        windows = encoding.windows(self.notes, first, until)
        pitch = self.pitch[until][:, None]  # (B, 1)
        if transpose is not None:
            heard = np.arange(-WINDOW, 0) >= (first - until)[:, None]  # (B, 25)
            moved = windows[:, :, 0] + np.float32(1 / PITCHES) * transpose[:, None]
            follows = pitch + transpose[:, None].astype(np.int32)
            fits = ((moved >= 0) & (moved < 1) | ~heard).all(axis=1, keepdims=True)
            fits &= (follows >= 0) & (follows < PITCHES)  # (B, 1)
            windows[:, :, 0] = np.where(heard & fits, moved, windows[:, :, 0])
            pitch = np.where(fits, follows, pitch)
        wanted: dict[str, NDArray[np.generic]] = {
            "pitch": pitch,
            "step": self.notes[until, 1:2],
            "duration": self.notes[until, 2:3],
        }
        return windows, wanted

    def spread(self, most: int) -> NDArray[np.int64]:
        """The numbers of at most `most` windows, evenly spread over the pieces; 0 for all."""
        if not most or most >= len(self):
            return np.arange(len(self), dtype=np.int64)
        return np.linspace(0, len(self) - 1, most).astype(np.int64)


def examples(pieces: Pieces) -> Examples:
    """Every window of these pieces: one for each note that has a note before it.

    What improv itself played in a take is heard, and nothing is learnt from it.
    """
    offsets = np.asarray(pieces.offsets, np.int64)
    first = np.repeat(offsets[:-1], np.diff(offsets))
    follows = np.arange(len(first)) > first
    if pieces.improv is not None:
        follows &= ~pieces.improv
    return Examples(
        notes=encoding.features(pieces.pitch, pieces.start, pieces.duration, offsets),
        pitch=np.asarray(pieces.pitch, np.int32),
        first=first,
        until=np.flatnonzero(follows).astype(np.int64),
    )
