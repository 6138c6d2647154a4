"""The computer keyboard as a piano, for a musician without one: two rows of keys, fixed lengths.

A terminal reports no key release and repeats a held key some thirty times a second, so a key
struck again within REPEAT_S of its last report counts as held and stays silent.
"""

from __future__ import annotations

from improv.session.messages import Strike

ROW = "awsedftgyhujkolp;'"  # C to F an octave up, as on Ableton Live and GarageBand
LENGTH_S = 0.4
REPEAT_S = 0.08
VELOCITY = 84
ACCENT = 112  # with Shift


class TypedPiano:
    """Which key is which pitch now, and which keys are being held."""

    def __init__(self) -> None:
        self.on = False
        self.octave = 4
        self._last: dict[str, float] = {}

    def shift(self, octaves: int) -> None:
        """Move by octaves, within -1 to 8."""
        self.octave = min(max(self.octave + octaves, -1), 8)

    def keys(self) -> dict[int, str]:
        """The letter on each pitch."""
        first = 12 * (self.octave + 1)
        return {first + i: letter for i, letter in enumerate(ROW) if first + i < 128}

    def plays(self, character: str | None) -> bool:
        """Whether this character is one of the piano's keys (Shift or not)."""
        return character is not None and len(character) == 1 and character.lower() in ROW

    def strike(self, character: str, now: float) -> Strike | None:
        """The note of a key pressed at `now`; None for a held key or a pitch beyond MIDI's."""
        letter = character.lower()
        held = now - self._last.get(letter, float("-inf")) < REPEAT_S
        self._last[letter] = now
        pitch = 12 * (self.octave + 1) + ROW.index(letter)
        if held or pitch > 127:
            return None
        return Strike(pitch, ACCENT if character.isupper() else VELOCITY, LENGTH_S)
