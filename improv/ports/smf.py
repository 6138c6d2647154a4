"""The Standard MIDI File, byte by byte: exact, slow, and able to say where a file is damaged.

`midifile` reads through symusic, two hundred times faster, and comes here for what symusic
refuses, loses or would get wrong: SMPTE time, running status kept across a sysex, the place of
a damaged byte. The rule is strict: a file is read whole or not at all, never silently in part.

Source: The Complete MIDI 1.0 Detailed Specification, Standard MIDI Files 1.0.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict, deque
from dataclasses import dataclass, field

DRUMS = 9  # channel 10, counted from 0
_SYSTEM_SIZES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}  # data bytes; 0xF8 and above have none
_SMPTE_RATES = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}
_SYSEX = re.compile(rb"[\xf0\xf7]")
_CONTROL = re.compile(rb"[\xb0-\xbf]")  # a control change's status byte
_MOST_SYSEX = 20_000  # bytes that look like one, before a file is called unusual
_MOST_TRACKS = 4096


class MalformedError(ValueError):
    """What is wrong with the bytes, as the end of a sentence that begins with the file's name."""


@dataclass(frozen=True, slots=True)
class Timebase:
    """How ticks become seconds: by tempo (`per_quarter` > 0) or at a fixed SMPTE rate."""

    per_quarter: int
    per_second: float


@dataclass(slots=True)
class Performance:
    """What happens in a file, by ticks.

    Notes are (on tick, off tick, pitch, velocity, channel, track), drums being those of channel 9;
    controls (tick, channel, control, value); tempos (tick, microseconds a quarter); and each
    track's name, where it has one.
    """

    notes: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    controls: list[tuple[int, int, int, int]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    names: dict[int, bytes] = field(default_factory=dict)

    def take_meta(self, kind: int, body: bytes, tick: int, track: int) -> None:
        if kind == 0x51 and len(body) == 3:
            self.tempos.append((tick, int.from_bytes(body, "big")))
        elif kind == 0x03:
            self.names.setdefault(track, body)


def check(data: bytes) -> Timebase:
    """The timebase of a file whose header and chunk sizes are sound. Raises MalformedError.

    Runs before symusic sees the bytes, so that no size in a file is trusted by C++.
    """
    if not data:
        raise MalformedError("is empty (0 bytes); save it again from the program that made it")
    if data[:4] != b"MThd":
        raise MalformedError(
            f"is not a MIDI file: it begins with {data[:4]!r} where b'MThd' belongs; "
            "export it as a Standard MIDI File (.mid)"
        )
    if len(data) < 14:
        raise MalformedError(f"is cut short: {len(data)} bytes, and the header alone needs 14")
    size, layout, _, division = struct.unpack(">IHHH", data[4:14])
    if size < 6:
        raise MalformedError(f"has a damaged header: it says {size} bytes where 6 belong")
    if layout > 2:
        raise MalformedError(
            f"has a damaged header: format {layout}, and there are only 0, 1 and 2"
        )
    if layout == 2:
        raise MalformedError(
            "is a format 2 MIDI file (separate patterns, no one piece); save it as format 0 or 1"
        )
    if not any(True for _ in _tracks(data)):
        raise MalformedError("has no tracks")
    return _timebase(division)


def _timebase(division: int) -> Timebase:
    if division & 0x8000:
        rate, ticks = 256 - (division >> 8), division & 0xFF
        if rate not in _SMPTE_RATES or not ticks:
            raise MalformedError(
                f"has a damaged header: SMPTE time of {rate} frames by {ticks} ticks; "
                "frames are 24, 25, 29 or 30"
            )
        return Timebase(0, _SMPTE_RATES[rate] * ticks)
    if not division:
        raise MalformedError(
            "has a damaged header: 0 ticks per quarter note, so no note has a time; "
            "save it again from the program that made it"
        )
    return Timebase(division, 0.0)


def _tracks(data: bytes) -> list[tuple[int, int]]:
    """(first byte, end) of each track chunk; chunks of other kinds are passed over."""
    tracks = []
    at = 8 + int.from_bytes(data[4:8], "big")
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        end = at + 8 + size
        if end > len(data):
            raise MalformedError(
                f"is cut short: a chunk at byte {at} announces {size} bytes "
                f"and {len(data) - at - 8} are there; copy or download it again"
            )
        if data[at : at + 4] == b"MTrk":
            tracks.append((at + 8, end))
            if len(tracks) > _MOST_TRACKS:
                raise MalformedError(f"has too many tracks: over {_MOST_TRACKS:,}")
        at = end
    return tracks


def resumes_after_sysex(data: bytes) -> bool:
    """Whether a message may follow a sysex without a status byte of its own.

    The standard forbids it and some keyboards write it; symusic then takes notes for sysex data
    without a word. Looks at every byte that could begin a sysex, so it may say yes wrongly:
    that costs time only.
    """
    return any(_resumes_after_sysex(data, at, end) for at, end in _tracks(data))


def controlled_tracks(data: bytes) -> list[bool]:
    """Of each track whether it may hold control changes, pedals among them.

    Looks at every byte that could begin one, so it may say yes wrongly: that costs time only.
    """
    return [_CONTROL.search(data, at, end) is not None for at, end in _tracks(data)]


def _resumes_after_sysex(data: bytes, at: int, end: int) -> bool:
    looks = 0
    while found := _SYSEX.search(data, at, end):
        at = found.end()
        looks += 1
        if looks > _MOST_SYSEX:
            return True
        try:
            length, body = _number(data, at, end)
            after = body + length
            _, following = _number(data, after, end)
        except MalformedError:
            continue
        if following < end and data[following] < 0x80:
            return True
        if found[0] == b"\xf0" and data[after - 1] == 0xF7 and data[body : after - 1].isascii():
            at = after  # a whole sysex: the 0xF7 that ends it begins no other
    return False


def read(data: bytes) -> Performance:
    """Every note that ends, of bytes that `check` has passed. Raises MalformedError.

    Of overlapping notes on one pitch the first to begin ends first. A note that is never
    released is left out: nothing says how long it was.
    """
    performance = Performance()
    for track, (at, end) in enumerate(_tracks(data)):
        _read_track(data, at, end, track, performance)
    return performance


def _read_track(data: bytes, at: int, end: int, track: int, into: Performance) -> None:
    tick = 0
    running = 0
    sounding: defaultdict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
    while at < end:
        delta, at = _number(data, at, end)
        tick += delta
        if at >= end:
            raise MalformedError(f"is cut short: a track ends inside an event at byte {at}")
        status = data[at]
        if status >= 0x80:
            at += 1
            if status < 0xF0:
                running = status
        elif running:
            status = running
        else:
            raise MalformedError(
                f"is damaged at byte {at}: {status:#04x} where a message must begin"
            )
        if status >= 0xF0:
            kind, body, at = _system(data, status, at, end)
            if kind == 0x2F:
                return
            into.take_meta(kind, body, tick, track)
            continue
        first, second, at = _channel_data(data, status, at, end)
        channel = status & 0x0F
        command = status & 0xF0
        if command == 0x90 and second:
            sounding[channel, first].append((tick, second))
        elif command in {0x80, 0x90} and sounding[channel, first]:
            began, velocity = sounding[channel, first].popleft()
            into.notes.append((began, tick, first, velocity, channel, track))
        elif command == 0xB0:
            into.controls.append((tick, channel, first, second))


def _channel_data(data: bytes, status: int, at: int, end: int) -> tuple[int, int, int]:
    """(first data byte, second or 0, next position)."""
    size = 1 if status & 0xF0 in {0xC0, 0xD0} else 2
    if at + size > end:
        raise MalformedError(f"is cut short: a track ends inside an event at byte {end}")
    for i in range(at, at + size):
        if data[i] > 127:
            raise MalformedError(
                f"is damaged at byte {i}: {data[i]} where a value up to 127 belongs"
            )
    return data[at], data[at + 1] if size == 2 else 0, at + size


def _system(data: bytes, status: int, at: int, end: int) -> tuple[int, bytes, int]:
    """(meta type or -1, its bytes, next position) of a meta event, sysex or system message."""
    kind = -1
    if status == 0xFF:
        if at >= end:
            raise MalformedError(f"is cut short: a track ends inside an event at byte {at}")
        kind = data[at]
        at += 1
    if status in {0xF0, 0xF7, 0xFF}:
        length, at = _number(data, at, end)
    elif status in _SYSTEM_SIZES or status >= 0xF8:
        length = _SYSTEM_SIZES.get(status, 0)
    else:
        raise MalformedError(f"is damaged at byte {at - 1}: {status:#04x} is no MIDI message")
    if at + length > end:
        raise MalformedError(f"is cut short: a track ends inside an event at byte {end}")
    return kind, data[at : at + length], at + length


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(value, next position) of a variable-length number: 7 bits a byte, at most four bytes."""
    value = 0
    for i in range(at, min(at + 4, end)):
        value = value << 7 | data[i] & 0x7F
        if data[i] < 0x80:
            return value, i + 1
    raise MalformedError(f"is damaged at byte {at}: a number there has no end")
