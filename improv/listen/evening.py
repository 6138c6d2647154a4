"""The evening: all that was played since the start, as lines of intervals that know no key.

A line is a text with a byte for each note: the semitones from the note before it, modulo 256, or
`BREAK` where there is none before. Bytes are found in bytes in microseconds, sixteen thousand of
them cross a pipe in as many, and a passage that comes back in another key is the same text.

There are three: what you played, all that sounded in the order it began, and improv's own. What it
copies is the longest run of its latest notes that one of the first two has as well; what it has by
heart of its lessons each note says of itself. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from improv.music.event import Note, Source

BREAK = 128
"""No interval of a MIDI note."""
LONGEST = 16_384
"""Notes of a line that are kept: an hour of playing without a rest."""
PHRASE = 24
"""Notes of improv's last phrase that can be marked."""
RUN = 64
"""Notes of a run that are counted."""


class Line:
    """The last `most` notes of somebody, as the intervals between them."""

    def __init__(self, most: int = LONGEST) -> None:
        self._most = most
        self._text = bytearray()
        self._last: int | None = None
        self.added = 0  # notes, also of those that are kept no longer

    def __bytes__(self) -> bytes:
        return bytes(self._text)

    def add(self, pitch: int) -> None:
        self._text.append(BREAK if self._last is None else (pitch - self._last) % 256)
        self._last = pitch
        self.added += 1
        del self._text[: -self._most]

    def clear(self) -> None:
        """Forget all; the next note follows none."""
        self._text.clear()
        self._last = None
        self.added = 0

    def holds(self, run: bytes) -> bool:
        """Whether these intervals follow each other in it somewhere."""
        return run in self._text


def intervals(pitches: Iterable[int]) -> bytes:
    """The text of some notes that follow each other: one byte less than there are notes."""
    line = Line()
    for pitch in pitches:
        line.add(pitch)
    return bytes(line)[1:]


@dataclass(frozen=True, slots=True)
class Copies:
    """How many of improv's notes in a row repeat something: up to now, and the most there were."""

    run: int = 0  # of what you or it played
    most: int = 0
    by_heart: int = 0  # of what the model learnt from
    most_by_heart: int = 0


class Evening:
    """What has been played. `known` is what you played on evenings before, if that is known."""

    def __init__(self) -> None:
        self.known = b""
        self.disliked: tuple[bytes, ...] = ()  # phrases of improv's that were marked
        self.yours = Line()
        self.sounded = Line()
        self.copies = Copies()
        self._own = Line(RUN)
        self._phrase = Line(PHRASE)
        self._has_answered = False  # since you last played

    def begin(self, note: Note) -> None:
        """A note begins to sound."""
        if note.source is Source.YOU:
            self.yours.add(note.pitch)
            self._has_answered = False
        else:
            if not self._has_answered:
                self._phrase.clear()
            self._has_answered = True
            self._phrase.add(note.pitch)
            self._own.add(note.pitch)
            run, so_far = self._run(), self.copies
            self.copies = Copies(
                run,
                max(run, so_far.most),
                note.by_heart,
                max(note.by_heart, so_far.most_by_heart),
            )
        self.sounded.add(note.pitch)

    @property
    def phrase(self) -> bytes:
        """The end of improv's last phrase, or of the one that sounds."""
        return bytes(self._phrase)[1:]

    @property
    def learnt(self) -> bytes:
        """All of yours there is, of evenings before and of this one; at most `LONGEST` notes."""
        return (self.known + bytes(self.yours))[-LONGEST:]

    def _run(self) -> int:
        """Notes at the end of its own that were heard before; the last has not been yet."""
        own = bytes(self._own)
        own = own[own.rfind(BREAK) + 1 :]
        found, beyond = 0, len(own) + 1
        while found + 1 < beyond:  # what was heard was heard without its beginning too
            middle = (found + beyond) // 2
            if self._was_heard(own[-middle:]):
                found = middle
            else:
                beyond = middle
        return found + 1

    def _was_heard(self, run: bytes) -> bool:
        return self.sounded.holds(run) or self.yours.holds(run) or run in self.known
