"""The sizes of what a network hears and plays, in plain numbers: what its shapes are made of.

They stand apart from the code that counts with them (encoding, hearing), which needs NumPy: a
model folder is found and checked before the screen is up, and NumPy alone takes 0.2 s to import.
"""

from __future__ import annotations

from improv.music.event import PITCHES

ENCODING_VERSION = 1  # raise it when a network trained before can no longer be played
WINDOW = 25  # notes
FEATURES = 3  # of a note in improv.music.encoding: pitch / 128, step, duration

TIMES = 64  # bins of time
VELOCITIES = 32  # bins of velocity, four wide
REACH = 48  # semitones an interval is told apart up to
INTERVALS = 2 * REACH + 1
STYLES = ("classical", "pop", "melody")

# vocabulary of each id of improv.music.hearing; the id after the last says "there is none"
VOCABULARY = {
    "pitch": PITCHES,
    "interval": INTERVALS,
    "second_interval": INTERVALS,
    "step": TIMES,
    "duration": TIMES,
    "velocity": VELOCITIES,
}
