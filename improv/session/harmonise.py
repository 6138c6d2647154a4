"""Chords under a melody's file: named by the network or typed, voiced, and played in a pattern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice

import numpy as np

from improv.model import chord_store, chords
from improv.music import chart, chord_classes, comping, halves, voicing
from improv.music.chord import NONE
from improv.music.event import Note
from improv.music.scale import OCTAVE
from improv.ports.midiwrite import Timed, midi_file

LEAST_BPM, MOST_BPM = 20.0, 300.0
BAR = 2 * comping.BEATS  # beats


@dataclass(frozen=True, slots=True)
class Comping:
    """How chords are played; `channel` and `program` from 0, as on the wire."""

    pattern: str = "block"
    channel: int = 1
    program: int = 0
    velocity: int = 64


def after_upbeat(melody: tuple[Note, ...], bpm: float, upbeat: float) -> tuple[Note, ...]:
    """A melody whose first note is `upbeat` beats (0 to below 4) before bar 1, in its own bar."""
    later = -upbeat % BAR * 60.0 / bpm
    return tuple(replace(note, start=note.start + later) for note in melody)


def named(
    melody: tuple[Note, ...], bpm: float, typed: str = "", model: str = "", *, upbeat: bool = False
) -> list[str]:
    """The chord of each half bar (two beats) of a melody that begins with a bar, at 0 s.

    That bar has none where it is an `upbeat`. A chart is repeated as long as the melody goes on.
    Raises UsageError or ModelRefused.
    """
    silent = [NONE] * (2 * upbeat)
    long = comping.BEATS * 60.0 / bpm
    count = max(1, int(np.ceil(max(note.start + note.duration for note in melody) / long - 1e-3)))
    if typed:
        return silent + list(islice(cycle(chart.read(typed)), count - len(silent)))
    weights = chord_store.find(model or chord_store.DEFAULT).weights
    parts = [halves.heard(melody, at * long, (at + 1) * long) for at in range(count)]
    heard = np.array(parts, np.float32).reshape(count, OCTAVE, halves.SLOTS)
    said = chords.whole(weights, heard, np.arange(count) % 2 == 0)
    names = [chord_classes.NAMES[number] for number in said.argmax(axis=1)]
    return silent + names[len(silent) :]


def played(names: list[str], bpm: float, how: Comping) -> list[Timed]:
    """The messages of an accompaniment, timed in seconds: every note-on has its note-off."""
    channel, beat = how.channel, 60.0 / bpm
    out: list[Timed] = [(0.0, bytes((0xC0 | channel, how.program)))]
    pitches: tuple[int, ...] = ()
    for half, name in enumerate(names):
        pitches = voicing.voiced(name, pitches) or pitches
        if not voicing.voiced(name):
            continue
        begin = half * comping.BEATS
        for at, length, pitch in comping.comped(how.pattern, name, pitches, second=half % 2 == 1):
            on, off = (begin + at) * beat, (begin + at + length) * beat
            out.append((on, bytes((0x90 | channel, pitch, how.velocity))))
            out.append((off, bytes((0x80 | channel, pitch, 64))))
    return sorted(out, key=lambda sent: (sent[0], sent[1][0] & 0xF0 == 0x90))  # offs first


def file(title: str, melody: tuple[Note, ...], names: list[str], bpm: float, how: Comping) -> bytes:
    """A MIDI file of the melody, on channel 1, and its chords."""
    line: list[Timed] = []
    for note in melody:
        line.append((note.start, bytes((0x90, note.pitch, note.velocity))))
        line.append((note.start + note.duration, bytes((0x80, note.pitch, 64))))
    line.sort(key=lambda sent: (sent[0], sent[1][0] == 0x90))
    metas = [(i * 120.0 / bpm, 0x06, name.encode()) for i, name in enumerate(names)]  # markers
    return midi_file(title, {"melody": line, "chords": played(names, bpm, how)}, metas)
