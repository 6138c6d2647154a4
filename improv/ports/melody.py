"""One named track of a MIDI file in the file's own seconds, silence before it kept."""

from __future__ import annotations

from typing import Any


def track(midi: bytes, name: str) -> list[tuple[int, float, float]]:
    """Its notes as (pitch, from, until), where a track has that name in whatever case.

    Unlike `midifile` it leaves time as it is, as annotations of the file need it. Raises
    ValueError or RuntimeError where the bytes are no MIDI file.
    """
    from symusic import Score

    score: Any = Score.from_midi(midi)
    tracks = [part for part in score.to("second").tracks if part.name.strip().lower() == name]
    return [(n.pitch, n.start, n.start + n.duration) for part in tracks for n in part.notes]
