"""The built-in phrase that improv starts from when nobody has played: 25 notes, written for it.

A falling line in A minor over slow fifths, in free time with a breath before each bar, so that a
model hears melody, chords and two registers.
"""

from __future__ import annotations

from improv.music.event import Note

# A row is a note: start (s), pitch, length (s), velocity.
_SCORE = (
    (0.00, 45, 1.40, 52), (0.02, 52, 1.35, 48), (0.05, 72, 0.42, 70),
    (0.45, 71, 0.22, 62), (0.68, 69, 0.40, 66), (1.08, 64, 0.55, 60),
    (1.62, 41, 1.40, 50), (1.64, 48, 1.35, 47), (1.66, 69, 0.40, 72),
    (2.08, 67, 0.20, 60), (2.30, 65, 0.40, 64), (2.72, 60, 0.52, 58),
    (3.28, 43, 1.40, 52), (3.30, 50, 1.30, 48), (3.32, 71, 0.30, 74),
    (3.62, 72, 0.28, 70), (3.92, 74, 0.34, 76), (4.28, 71, 0.20, 64),
    (4.50, 67, 0.44, 62),
    (5.00, 40, 1.50, 50), (5.02, 56, 1.40, 50), (5.04, 64, 1.20, 58), (5.06, 71, 0.42, 72),
    (5.50, 74, 0.24, 66), (5.76, 68, 0.60, 60),
)  # fmt: skip


def phrase() -> tuple[Note, ...]:
    """The phrase, starting at 0 seconds."""
    return tuple(Note(pitch, velocity, start, dur) for start, pitch, dur, velocity in _SCORE)
