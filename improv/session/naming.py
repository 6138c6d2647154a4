"""Naming the chord that is coming, as the model process and the renderings do it.

The network is loaded when a chord is first asked for: who plays no chords need not have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from improv.errors import ImprovError
from improv.play.messages import NameChord, Named

if TYPE_CHECKING:
    from improv.model.naming import Namer


class Naming:
    """`say` is told once where there is no network that can be used; then nothing is named."""

    def __init__(self, say: Callable[[str], None], model: str = "") -> None:
        self._say = say
        self._model = model
        self._namer: Namer | None = None
        self._refused = False

    def __call__(self, request: NameChord) -> Named:
        if self._namer is None and not self._refused:
            try:
                from improv.model.naming import load

                self._namer = load(self._model)
            except ImprovError as error:
                self._refused = True
                self._say(f"chords are not named: {error}")
        return Named(request.number, "" if self._namer is None else self._namer.name(request))
