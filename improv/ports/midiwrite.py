"""Messages as they were sent, made into the bytes of a MIDI file: one writer for all we write.

What is ours is the pairing: every note-on gets one note-off, whatever was cut off. mido writes the
bytes; pretty_midi would have no room for a message's channel and its place among program changes.
Same messages, same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import mido

Timed = tuple[float, bytes]  # (seconds from the beginning of the file, message)
Meta = tuple[float, int, bytes]  # (seconds, kind of meta event, its data)

PER_QUARTER = 960
TICKS_PER_SECOND = 2 * PER_QUARTER  # at the 120 bpm every file states: a tick is 0.52 ms

_Ticked = list[tuple[int, bytes]]


def midi_file(
    title: str, tracks: Mapping[str, Iterable[Timed]], metas: Iterable[Meta] = ()
) -> bytes:
    """A format 1 file: a track with the title, the tempo and `metas`, then one for each name.

    The order within a track is kept. Every note-on gets one note-off at least a tick later and
    before the same key is struck again; a note still sounding at the end of its track ends
    there. System messages and note-offs without a note are left out.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=PER_QUARTER)
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120))
    first = mido.MidiTrack([_name(title), tempo])
    now = 0
    for at, kind, data in sorted(metas, key=lambda meta: meta[0]):
        tick = max(round(at * TICKS_PER_SECOND), 0)
        first.append(mido.UnknownMetaMessage(kind, data=tuple(data), time=tick - now))
        now = tick
    file.tracks.append(first)
    for name, sent in tracks.items():
        track = mido.MidiTrack([_name(name)])
        now = 0
        for tick, message in _released(sent):
            track.append(mido.Message.from_bytes(message, time=tick - now))
            now = tick
        file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)  # ends each track itself
    return written.getvalue()


def _name(text: str) -> mido.MetaMessage:
    # mido writes text as latin-1; what has no place there must not stop a take
    return mido.MetaMessage("track_name", name=text.encode("latin-1", "replace").decode("latin-1"))


def _released(sent: Iterable[Timed]) -> _Ticked:
    """Messages in ticks, with each note-on answered by exactly one note-off."""
    out: _Ticked = []
    sounding: dict[tuple[int, int], int] = {}  # (channel, pitch) to the tick it began
    free: dict[tuple[int, int], int] = {}  # to the first tick it may be struck again

    def release(key: tuple[int, int], tick: int, velocity: int) -> None:
        free[key] = max(tick, sounding.pop(key) + 1)
        out.append((free[key], bytes((0x80 | key[0], key[1], velocity))))

    last = 0
    for at, message in sent:
        tick = last = max(round(at * TICKS_PER_SECOND), 0)
        command = message[0] & 0xF0
        if command == 0xF0:
            continue
        key = (message[0] & 0x0F, message[1])
        if command == 0x90 and message[2]:
            if key in sounding:
                release(key, tick, 64)
            sounding[key] = max(tick, free.get(key, 0))
            out.append((sounding[key], message))
        elif command not in {0x80, 0x90}:
            out.append((tick, message))
        elif key in sounding:
            release(key, tick, message[2] if command == 0x80 else 64)
    for key in tuple(sounding):
        release(key, last, 64)
    return sorted(out, key=lambda event: event[0])  # stable: an off stays before its re-on
