"""How the screen looks: a dark and a light theme of its own, and Textual's; the last is remembered.

Whatever theme it is, NO_COLOR takes its colours away and a terminal of 16 rounds them: what must be
told apart differs in shape too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.theme import Theme

from improv.errors import UsageError
from improv.session import looks_file
from improv.session.looks_file import Looks
from improv.ui.theme import DARK, LIGHT


class Wardrobe:
    """An app's themes. `complain` is told what can't be read or written."""

    def __init__(self, app: App[Any], complain: Callable[[str], None], *, remember: bool) -> None:
        """Unless it is to `remember`, no file is read or written."""
        self._app = app
        self._complain = complain
        self._remember = remember
        self.looks = Looks(toured=not remember)
        for theme in (DARK, LIGHT):
            app.register_theme(theme)
        app.theme = DARK.name

    def open(self) -> None:
        """Put on what was worn last, and remember what is chosen from now on."""
        if not self._remember:
            return
        try:
            self.looks = looks_file.stored()
        except UsageError as error:
            self._complain(str(error))
        worn = self.looks.theme
        if worn in self._app.available_themes:
            self._app.theme = worn
        elif worn:
            self._complain(f"there is no theme {worn!r} any more; Ctrl+P lists those there are")
        self._app.theme_changed_signal.subscribe(self._app, self._changed, immediate=True)

    def turn(self) -> None:
        """Dark to light, light to dark."""
        self._app.theme = LIGHT.name if self._app.current_theme.dark else DARK.name

    def toured(self) -> None:
        """Remember that the first words were read."""
        if not self.looks.toured:
            self._store(toured=True)

    def chose(self, ports: str, specs: tuple[str, ...]) -> None:
        """Remember which "outputs" or "inputs" are to be open."""
        self._store(**{ports: looks_file.lasting(specs)})

    def _changed(self, theme: Theme) -> None:
        if theme.name != (self.looks.theme or DARK.name):
            self._store(theme=theme.name)

    def _store(self, **changed: str | bool | tuple[str, ...]) -> None:
        if not self._remember:
            return
        try:
            looks_file.store(**changed)
            self.looks = looks_file.stored()
        except UsageError as error:
            self._complain(str(error))
