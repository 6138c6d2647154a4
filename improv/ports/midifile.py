"""Reads MIDI files: the one way in for prompts, training and pictures.

A file gives notes or an InputError that names it, says what was found and what to do; nothing
else comes out, whatever its bytes. What holds for the notes:

- sorted by start, then pitch; the silence before the first is removed, so it starts at 0
- drums (channel 10) are left out unless asked for
- a note that is never released is left out; overlaps on one pitch end first in, first out
- a key struck and released in the same tick (686 in the ASAP pack, real touches on a coarse
  grid) is kept, and lasts `SHORTEST` seconds
- a duration is how long the key was held; how much longer the sustain pedal of its channel let
  the note ring stands beside it (see `pedalling`)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from improv.errors import InputError
from improv.music.event import Note, Source
from improv.ports import pedalling, smf

SHORTEST = 0.001  # seconds: under any tick that a keyboard resolves, over zero
MAX_BYTES = 8 * 2**20  # ten times the longest performance of MAESTRO
MAX_NOTES = 500_000
# Python reads 4 MB of events a second: what symusic refuses takes half a second at most.
_MAX_EXACT_BYTES = 2 * 2**20
_MELODY = "melody"  # a track of this name, in whatever case
_QUARTER_US = 500_000  # microseconds a quarter note until a file says otherwise: 120 bpm


@dataclass(frozen=True, slots=True)
class NoteArrays:
    """The notes of one piece as columns, each of shape (notes,)."""

    pitch: npt.NDArray[np.uint8]  # 0-127
    velocity: npt.NDArray[np.uint8]  # 1-127
    start: npt.NDArray[np.float64]  # seconds, rising, the first 0
    duration: npt.NDArray[np.float32]  # seconds, at least SHORTEST
    rings: npt.NDArray[np.float32]  # seconds longer that the pedal let it sound
    improv: npt.NDArray[np.bool_]  # on a track named improv, as in our takes
    melody: npt.NDArray[np.bool_]  # on a track named melody, as in POP909

    def __len__(self) -> int:
        return len(self.pitch)


def read_notes(path: Path | str) -> tuple[Note, ...]:
    """The notes of a MIDI file: improv's where a take of ours says so, else yours.

    Raises InputError, also when it has none.
    """
    arrays = read_arrays(path)
    columns = (
        arrays.pitch.tolist(),
        arrays.velocity.tolist(),
        arrays.start.tolist(),
        arrays.duration.tolist(),
        arrays.rings.tolist(),
        arrays.improv.tolist(),
    )
    return tuple(
        Note(pitch, velocity, start, duration, Source.IMPROV if improv else Source.YOU, rings)
        for pitch, velocity, start, duration, rings, improv in zip(*columns, strict=True)
    )


def read_arrays(
    source: Path | str | bytes, name: str | None = None, *, drums: bool = False
) -> NoteArrays:
    """The notes of a MIDI file or of its bytes; `name` is what errors call it.

    Raises InputError on a file that is missing, too large, damaged, or has no notes.
    """
    if isinstance(source, bytes):
        name = name or "MIDI data"
    else:
        name = name or str(source)
        source = _bytes_of(Path(source), name)
    if len(source) > MAX_BYTES:
        raise InputError(f"{name} is too large: {_mib(len(source))}, at most {_mib(MAX_BYTES)}")
    try:
        timebase = smf.check(source)
        ticks = _read(source, timebase, drums=drums)
    except smf.MalformedError as wrong:
        raise InputError(f"{name} {wrong}") from None
    count = len(ticks.pitch)
    if not count:
        raise InputError(
            f"{name} has no notes{'' if drums else ' but drums, if any'}; give another"
        )
    if count > MAX_NOTES:
        raise InputError(f"{name} has too many notes: {count:,}, at most {MAX_NOTES:,}")
    return _timed(ticks, timebase)


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}; check the path") from None
    except ValueError as error:  # a path with a null character
        raise InputError(f"cannot read {name!r}: {error}; check the path") from None


@dataclass(frozen=True, slots=True)
class _Ticks:
    """The notes of a file in ticks, in no order, and its tempos."""

    pitch: npt.NDArray[np.int64]
    velocity: npt.NDArray[np.int64]
    on: npt.NDArray[np.int64]
    off: npt.NDArray[np.int64]
    until: npt.NDArray[np.int64]  # when it ceases to sound, with the pedal
    improv: npt.NDArray[np.bool_]
    melody: npt.NDArray[np.bool_]
    tempo_at: npt.NDArray[np.int64]
    tempo_us: npt.NDArray[np.int64]


def _read(data: bytes, timebase: smf.Timebase, *, drums: bool) -> _Ticks:
    """By the reader that reads this file right. Raises smf.MalformedError."""
    small = len(data) <= _MAX_EXACT_BYTES
    if not timebase.per_quarter or smf.resumes_after_sysex(data):
        fast = None
    else:
        fast, sure = _read_fast(data, drums=drums)
        if fast is not None and (sure or not small):
            return fast
    if not small:
        raise smf.MalformedError(
            f"is damaged or unusual, and at {_mib(len(data))} too large "
            "to look closer; save it again from the program that made it"
        )
    try:
        exact = _read_exact(data, drums=drums)
    except smf.MalformedError:
        if fast is None:
            raise
        return fast
    return exact if fast is None or len(exact.pitch) == len(fast.pitch) else fast


def _is(name: str, part: str) -> bool:
    return name.strip().lower() == part


def _read_fast(data: bytes, *, drums: bool) -> tuple[_Ticks | None, bool]:
    """By symusic, and whether its pedalling is sure; None where it refuses or can't be trusted.

    It tells no channels. Several tracks may share one, and so one pedal; of a track without notes
    it tells nothing. Where that matters the pedals stay with the notes of their own track here.
    """
    from symusic import Score  # 0.1 s that a player without a prompt saves

    try:
        score: Any = Score.from_midi(data)
    except (RuntimeError, ValueError, MemoryError, OverflowError):
        return None, False
    played = [track for track in score.tracks if drums or not track.is_drum]
    tracks = [track.notes.numpy() for track in played]
    sizes = [len(track["pitch"]) for track in tracks]
    pitch, velocity, on, length = (
        np.concatenate([np.empty(0, np.int64), *(track[column] for track in tracks)])
        for column in ("pitch", "velocity", "time", "duration")
    )
    which = np.repeat(np.arange(len(played)), sizes)
    controls = [track.controls.numpy() for track in played]
    control_at, control, value = (
        np.concatenate([np.empty(0, np.int64), *(track[column] for track in controls)])
        for column in ("time", "number", "value")
    )
    tempos = score.tempos.numpy()
    # symusic counts ticks in 32 bits and wraps, and reads no more tracks than the header says;
    # the exact reader does neither
    if not len(pitch) or any((x < 0).any() for x in (on, length, control_at, tempos["time"])):
        return None, False
    control_of = np.repeat(np.arange(len(played)), [len(track["time"]) for track in controls])
    pedals = pedalling.of_controls(control_at, control_of, control, value)
    held = smf.controlled_tracks(data)
    alone = len(score.tracks) == 1 and (len(held) == 1 or (sum(held) == 1 and len(control_at) > 0))

    def named(part: str) -> npt.NDArray[np.bool_]:
        return np.repeat(np.array([_is(track.name, part) for track in played], np.bool_), sizes)

    return _Ticks(
        pitch,
        velocity,
        on,
        on + length,
        pedalling.sounding_until(on, on + length, pitch, which, pedals),
        named(Source.IMPROV.value),
        named(_MELODY),
        tempos["time"].astype(np.int64),
        tempos["mspq"].astype(np.int64),
    ), alone or not any(held)


def _read_exact(data: bytes, *, drums: bool) -> _Ticks:
    performance = smf.read(data)
    table = np.array(performance.notes, np.int64).reshape(-1, 6)
    if not drums:
        table = table[table[:, 4] != smf.DRUMS]
    on, off, pitch, velocity, channel, track = table.T
    pedals = pedalling.of_controls(*np.array(performance.controls, np.int64).reshape(-1, 4).T)
    tempos = np.array(performance.tempos, np.int64).reshape(-1, 2)

    def named(part: str) -> npt.NDArray[np.bool_]:
        names = performance.names.items()
        return np.isin(track, [i for i, name in names if _is(name.decode("latin-1"), part)])

    return _Ticks(
        pitch,
        velocity,
        on,
        off,
        pedalling.sounding_until(on, off, pitch, channel, pedals),
        named(Source.IMPROV.value),
        named(_MELODY),
        tempos[:, 0],
        tempos[:, 1],
    )


def _timed(ticks: _Ticks, timebase: smf.Timebase) -> NoteArrays:
    order = np.lexsort((ticks.pitch, ticks.on))
    start, off, until = (
        _seconds(at[order], ticks, timebase) for at in (ticks.on, ticks.off, ticks.until)
    )
    duration = np.maximum(off - start, SHORTEST)
    return NoteArrays(
        pitch=ticks.pitch[order].astype(np.uint8),
        velocity=ticks.velocity[order].astype(np.uint8),
        start=start - start[0],
        duration=duration.astype(np.float32),
        rings=np.maximum(until - start - duration, 0.0).astype(np.float32),
        improv=ticks.improv[order],
        melody=ticks.melody[order],
    )


def _seconds(
    at: npt.NDArray[np.int64], ticks: _Ticks, timebase: smf.Timebase
) -> npt.NDArray[np.float64]:
    """Seconds of each tick, by the tempos in force until then, summed in float64."""
    if not timebase.per_quarter:
        return at / timebase.per_second
    order = np.argsort(ticks.tempo_at, kind="stable")
    tempo_at = np.concatenate(([0], ticks.tempo_at[order]))
    tempo_us = np.concatenate(([_QUARTER_US], ticks.tempo_us[order]))
    per_tick = tempo_us / (1e6 * timebase.per_quarter)
    reached = np.concatenate(([0.0], np.cumsum(np.diff(tempo_at) * per_tick[:-1])))
    which = np.searchsorted(tempo_at, at, side="right") - 1
    return reached[which] + (at - tempo_at[which]) * per_tick[which]
