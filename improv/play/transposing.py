"""What improv plays, moved by so many semitones on its way out.

The model, the plan and the context hold what it meant, so that it goes on in the key it hears, and
a transposition that stays does not climb with each note. What sounds is moved; so what is said of
the sound (range, scale, chord) is moved the other way where a note is drawn, see play.steering.
"""

from __future__ import annotations

from improv.music.event import PITCHES
from improv.music.scale import OCTAVE


def moved(pitch: int, semitones: int) -> int:
    """The pitch so much higher; beyond 0-127 the nearest octave of it that there is."""
    there = pitch + semitones
    if there < 0:
        return there % OCTAVE
    return there if there < PITCHES else there - OCTAVE * ((there - PITCHES) // OCTAVE + 1)
