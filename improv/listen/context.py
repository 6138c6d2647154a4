"""The rolling context: the last notes that really sounded, yours and its, in onset order.

A model is told the last `Params.context` of them, 25 unless a musician wants more.

Rule: what has sounded is here, what is only planned never is. A note enters when it begins and
gets its length when its key is let go; what a pedal then adds stands beside it, so that each model
hears the length it has learnt from. The context is handed out as a value (`snapshot`), so nothing
has to be rolled back when a player interrupts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from improv.listen.evening import Evening
from improv.music.event import Note, Source

SIZE = 25
"""Notes a model is told unless more are wanted, as in the student's model (input 25 x 3)."""
LONGEST = 512
"""Notes that are kept."""


Kept = tuple[tuple[int, Note], ...]
"""Notes with their serial numbers, in the order they began."""


class Context:
    """At most `size` notes, each known by its serial number."""

    def __init__(self, size: int = LONGEST) -> None:
        self._size = size
        self._notes: dict[int, Note] = {}  # by serial, in the order they began
        self._held: set[int] = set()
        self._ringing: set[int] = set()
        self.version = 0  # goes up with each change
        self.evening = Evening()  # all that ever began here

    def __len__(self) -> int:
        return len(self._notes)

    def begin(self, serial: int, note: Note, *, held: bool) -> None:
        """Take a note that starts to sound now. `held`: its length is not known yet."""
        self.version += 1
        self._notes[serial] = note
        self.evening.begin(note)
        if held:
            self._held.add(serial)
        while len(self._notes) > self._size:
            oldest = next(iter(self._notes))
            del self._notes[oldest]
            self._held.discard(oldest)
            self._ringing.discard(oldest)

    def release(self, serial: int, at: float) -> None:
        """A note's key is let go and the pedal keeps it; one that has rolled out is ignored."""
        self.end(serial, at)
        if serial in self._notes:
            self._ringing.add(serial)

    def end(self, serial: int, at: float) -> None:
        """A note ceases to sound: it gets the length it had. One that has rolled out is ignored."""
        note = self._notes.get(serial)
        if note is not None:
            self.version += 1
            self._notes[serial] = _lasting(note, at, rings=serial in self._ringing)
        self._held.discard(serial)
        self._ringing.discard(serial)

    def seed(self, notes: Iterable[Note], end: float) -> None:
        """Start over from a phrase, shifted so that its last note begins at `end`.

        Its notes get serials below zero: they never sounded in this session.
        """
        self.clear()
        phrase = sorted(notes, key=lambda note: note.start)[-self._size :]
        for serial, note in enumerate(phrase, start=-len(phrase)):
            shifted = replace(note, start=note.start - phrase[-1].start + end, source=Source.YOU)
            self._notes[serial] = shifted

    def kept(self) -> Kept:
        """All of it as a value, to be put back by `restore`."""
        return tuple(self._notes.items())

    def restore(self, kept: Kept, end: float) -> None:
        """Have these notes in place of what there is, shifted so that the last begins at `end`.

        What still sounds of them has the length it has by now.
        """
        self.clear()
        later = end - kept[-1][1].start if kept else 0.0
        for serial, note in kept:
            self._notes[serial] = replace(note, start=note.start + later)

    def clear(self) -> None:
        """Forget everything."""
        self.version += 1
        self._notes.clear()
        self._held.clear()
        self._ringing.clear()

    def snapshot(self, until: float, most: int = SIZE) -> tuple[Note, ...]:
        """The last `most` notes as a value; what still sounds is taken to last `until` then.

        Nobody knows how long it will. A model that goes on over a held chord is to hear it under
        the notes to come, so `until` is as far as it plans ahead.
        """
        open_ = self._held | self._ringing
        last = list(islice(reversed(self._notes.items()), most))
        return tuple(
            _lasting(note, until, rings=serial in self._ringing) if serial in open_ else note
            for serial, note in reversed(last)
        )

    def steady(self, now: float, most: int, within: float) -> tuple[Note, ...]:
        """As `snapshot`, but the same from one moment to the next, until something happens.

        What still sounds is taken to last the least of `within`, 2 * `within`, 4 * `within`, ...
        seconds that is not over yet, so that a model can take it in before it is asked to go on.
        """
        open_ = self._held | self._ringing
        last = list(islice(reversed(self._notes.items()), most))
        return tuple(
            _lasting(note, _end(note, now, within), rings=serial in self._ringing)
            if serial in open_
            else note
            for serial, note in reversed(last)
        )

    @property
    def unheard(self) -> bool:
        """Whether all of it is a phrase it was seeded with, which nobody has heard."""
        return bool(self._notes) and next(reversed(self._notes)) < 0

    @property
    def last_start(self) -> float | None:
        """When the newest note began, or None when nothing has been heard."""
        for note in reversed(self._notes.values()):
            return note.start
        return None


def _end(note: Note, now: float, within: float) -> float:
    """When a note that sounds is taken to end, see `Context.steady`."""
    lasts = within
    while note.start + lasts <= now:
        lasts *= 2
    return note.start + lasts


def _lasting(note: Note, until: float, *, rings: bool) -> Note:
    """The note with the length of its key, or of its ringing, such that it ends then."""
    if rings:
        return replace(note, rings=max(0.0, until - note.start - note.duration))
    return replace(note, duration=max(0.0, until - note.start))
