"""What is to come, of all voices together: as the screen is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from improv.music.event import Note
from improv.play.voice import Voice
from improv.play.wire import Wire


def tell(voices: Sequence[Voice], before: tuple[Note, ...], wire: Wire) -> tuple[Note, ...]:
    """Tell what is planned, where that has changed since `before`; what it is now."""
    now = planned(voices)
    if now != before:
        wire.tell_plan(now)
        wire.tell_chances(chances(voices))
    return now


def planned(voices: Iterable[Voice]) -> tuple[Note, ...]:
    """All that is planned, in order; one voice's as it is, where it is alone."""
    plans = [plan for voice in voices if (plan := voice.planned())]
    if len(plans) < 2:  # nothing to sort
        return plans[0] if plans else ()
    return tuple(sorted((note for plan in plans for note in plan), key=lambda n: n.start))


def chances(voices: Iterable[Voice]) -> bytes:
    """How likely each pitch was when the next note to come was drawn; chords are not drawn."""
    drawn = [(voice.plan.scheduler.plan[0].start, voice) for voice in voices if len(voice.plan)]
    return min(drawn, key=lambda each: each[0])[1].plan.chances if drawn else b""
