"""The ledger: every sounding note, by serial number, and the bytes that end it.

Rule: what goes out as a note-on goes out once more as a note-off, exactly once. An off belongs to
a note's serial and not to its pitch, so a key struck again first ends the note that has it, and
the owed off of that older note then finds nothing left to do.

The last net is here too: a note that nobody has ended by `until` is `overdue`, whoever was to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from improv.music.event import Source

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
BANK, FINE = 0, 32
SUSTAIN, SOSTENUTO, ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 64, 66, 120, 121, 123


@dataclass(frozen=True, slots=True)
class Sounding:
    """A note on the wire."""

    serial: int
    channel: int
    pitch: int
    source: Source
    audible: bool = True  # False: known to takes only, thru is off
    voice: int = 1
    until: float = math.inf  # when it ends at the latest; your own keys are yours to hold

    @property
    def key(self) -> tuple[int, int, bool]:
        """What only one note at a time can have."""
        return (self.channel, self.pitch, self.audible)

    @property
    def note_off(self) -> bytes:
        return bytes((NOTE_OFF | self.channel, self.pitch, 0))


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """A note-on as it goes down the wire (MIDI 1.0, channel voice messages)."""
    return bytes((NOTE_ON | channel, pitch, velocity))


def instrument(channel: int, bank: int, program: int) -> list[bytes]:
    """What chooses an instrument: a bank, coarse and fine, where there is one, then its program.

    A bank takes hold with the program change after it (MIDI 1.0, "Bank Select"). Bank 0 is not
    said: a synth that has but one may take the message for another.
    """
    banks = [
        bytes((CONTROL | channel, BANK, bank >> 7)),
        bytes((CONTROL | channel, FINE, bank & 127)),
    ]
    return [*(banks if bank else []), bytes((PROGRAM | channel, program))]


class Ledger:
    """All sounding notes of a session."""

    def __init__(self) -> None:
        self._by_serial: dict[int, Sounding] = {}
        self._by_key: dict[tuple[int, int, bool], int] = {}
        self._channels: set[int] = set()

    def __len__(self) -> int:
        return sum(note.audible for note in self._by_serial.values())

    def start(self, note: Sounding) -> Sounding | None:
        """Write down a note that is about to sound; the note it cuts off (send its off first)."""
        before = self._by_key.get(note.key)
        cut = None if before is None else self.end(before)
        self._by_serial[note.serial] = note
        self._by_key[note.key] = note.serial
        self._channels.add(note.channel)
        return cut

    def end(self, serial: int) -> Sounding | None:
        """The note to end, or None if it has ended already."""
        note = self._by_serial.pop(serial, None)
        if note is not None:
            del self._by_key[note.key]
        return note

    def sounding(self, source: Source | None = None) -> list[Sounding]:
        """Notes that sound now, all or those of one source."""
        return [n for n in self._by_serial.values() if source is None or n.source is source]

    @property
    def due(self) -> float | None:
        """When the first of them is overdue; None where none ever is."""
        until = (note.until for note in self._by_serial.values())
        return min((time for time in until if time < math.inf), default=None)

    def overdue(self, now: float) -> list[Sounding]:
        """Those that should have ended by now, in the order of when."""
        late = (note for note in self._by_serial.values() if note.until <= now)
        return sorted(late, key=lambda note: note.until)

    def touch(self, channel: int) -> None:
        """Remember a channel that something was sent on, so that `silence` resets it."""
        self._channels.add(channel)

    def touch_all(self) -> None:
        """Remember all sixteen channels: after a crash, who knows what was sent where."""
        self._channels |= set(range(16))

    def silence(self) -> list[bytes]:
        """What resets every channel used, after each note's own off.

        CC123 alone leaves pedalled notes sounding (FluidSynth #1051): pedals up, all sound off,
        all notes off, controllers reset, pitch bend centred.
        """
        return [
            message
            for channel in sorted(self._channels)
            for message in (
                bytes((CONTROL | channel, SUSTAIN, 0)),
                bytes((CONTROL | channel, SOSTENUTO, 0)),
                bytes((CONTROL | channel, ALL_SOUND_OFF, 0)),
                bytes((CONTROL | channel, ALL_NOTES_OFF, 0)),
                bytes((CONTROL | channel, RESET_CONTROLLERS, 0)),
                bytes((BEND | channel, 0, 64)),
            )
        ]
