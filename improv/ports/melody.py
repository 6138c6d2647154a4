"""What a melody's MIDI file says beside its notes: which track it is, and how fast."""

from __future__ import annotations

from typing import Any


def track(midi: bytes, name: str) -> list[tuple[int, float, float]]:
    """Notes of a named track as (pitch, from, until), in the file's own seconds.

    Unlike `midifile` it keeps the silence before them, as annotations of the file need it. The
    name counts in whatever case. Raises ValueError or RuntimeError where it is no MIDI file.
    """
    from symusic import Score

    score: Any = Score.from_midi(midi)
    tracks = [part for part in score.to("second").tracks if part.name.strip().lower() == name]
    return [(n.pitch, n.start, n.start + n.duration) for part in tracks for n in part.notes]


def bpm(midi: bytes) -> float | None:
    """The tempo a MIDI file begins with, in quarters a minute; None where it says none."""
    from symusic import Score

    score: Any = Score.from_midi(midi)
    tempos = score.tempos
    return float(tempos[0].qpm) if len(tempos) else None
