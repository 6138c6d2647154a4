"""How promptly it follows you: from a turned knob, and from the end of your phrase, to the music.

Pure: the engine says what happens when. A knob counts from the moment its change is in force; it
is *decided* when the next note drawn with it has a time, and *heard* when that note sounds. An
answer is late by what its first note sounds after it musically could: your pause is over, and the
model's own first step has passed.
"""

from __future__ import annotations

from improv.play.timing import Percentiles


class Promptness:
    """Figures in seconds; a knob turned while another is still unheard counts on its own."""

    def __init__(self) -> None:
        self.decided = Percentiles()
        self.heard = Percentiles()
        self.answer = Percentiles()
        self.last_heard: float | None = None  # of the newest turned knob
        self._turned: float | None = None
        self._first_with_it: float | None = None  # when the first note drawn with it is due
        self._answer_due: float | None = None
        self._answering = False

    def turned(self, now: float) -> None:
        """A knob was turned, and the plan beyond the commit horizon is drawn again."""
        self._turned = now
        self._first_with_it = None

    def answering(self) -> None:
        """Your phrase has ended; the next planned note is the first of the answer."""
        self._answering = True
        self._answer_due = None

    def interrupted(self) -> None:
        """You play again: the answer and the knob's next note are not to be waited for."""
        self._answering = False
        self._answer_due = self._turned = self._first_with_it = None

    def planned(self, due: float, wanted: float, now: float) -> None:
        """The first note of a proposal is due at `due`; nothing in the way it were `wanted`."""
        if self._turned is not None and self._first_with_it is None:
            self._first_with_it = due
            self.decided.add(now - self._turned)
        if self._answering:
            self._answering = False
            self._answer_due = wanted

    def sounded(self, due: float, now: float) -> None:
        """A note of improv's sounds."""
        drawn_with_it = self._first_with_it is not None and due >= self._first_with_it
        if self._turned is not None and drawn_with_it:
            self.last_heard = now - self._turned
            self.heard.add(self.last_heard)
            self._turned = None
        if self._answer_due is not None:
            self.answer.add(max(0.0, now - self._answer_due))
            self._answer_due = None
