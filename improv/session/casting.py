"""Casting: which voice plays to which output.

A voice whose line names an output plays to that alone, and what nobody else names is everybody
else's. Rule: a note ends wherever it began, however the parts were cast in between; a reset, and
what a take writes down, goes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from improv.errors import UsageError
from improv.play import voices
from improv.play.effects import EVERYBODY, Send
from improv.play.params import VOICES, Params
from improv.ports.spec import parse_spec

_OFF = 0x80


class Casting:
    """The outputs that are a voice's own, by spec, and where the notes that sound went."""

    def __init__(self) -> None:
        self._own: dict[int, str] = {}
        self._went: dict[tuple[int, int, bool], frozenset[str]] = {}

    @property
    def outputs(self) -> tuple[str, ...]:
        """Those that some voice has for itself."""
        return tuple(dict.fromkeys(self._own.values()))

    def cast(self, params: Params) -> list[str]:
        """Go by what the voices' lines say now; what is wrong with an output they name."""
        self._own, wrong = {}, []
        for number, knob in VOICES.items():
            named = voices.output(params, number)
            if named is not None:
                try:
                    self._own[number] = str(parse_spec(named))
                except UsageError as error:
                    wrong.append(f"{knob.replace('_', ' ')}: {error}")
        return wrong

    def to(self, send: Send, names: Iterable[str]) -> list[str]:
        """Those of the open outputs that a message goes to."""
        if send.voice == EVERYBODY:
            return list(names)
        key = (send.message[0] & 0x0F, send.message[1], send.audible)
        if send.message[0] & 0xF0 == _OFF:
            went = self._went.pop(key, None)
            return [name for name in names if went is None or name in went]
        mine = [name for name in names if self._is_for(name, send.voice)]
        if send.is_onset:
            self._went[key] = frozenset(mine)
        return mine

    def _is_for(self, name: str, voice: int) -> bool:
        if voice in self._own:
            return name == self._own[voice]
        return name not in self._own.values()
