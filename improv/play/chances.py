"""How likely each pitch was when a note was drawn, a byte each: what the screen shows of a plan.

It is the chance that the pitch sounds, with all a musician asks: temperature, range, chord, scale
and the repetition guard. A byte is 255 times the square root of the chance, so that one in five
hundred can still be told from none, and a quarter from certainty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def told(weights: NDArray[np.float64], landing: NDArray[np.intp] | None, share: float) -> bytes:
    """Log weights (128,), at most 0, as 128 bytes.

    Args:
        weights: of the pitches that are drawn from.
        landing: (128,) the pitch that each is moved to, or None where none is.
        share: of the draws that are moved.
    """
    chance = np.exp(weights)
    if landing is not None:
        moved = np.bincount(landing, chance, len(chance))
        chance = share * moved + (1.0 - share) * chance
    chance *= 255.0**2 / chance.sum()
    return np.sqrt(chance, out=chance).round().astype(np.uint8).tobytes()
