"""A terminal may be of any size, and change it while music plays: the screen stays up."""

from __future__ import annotations

import pytest

from improv.ui.app import ImprovApp


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (3, 2), (300, 100)], ids=str)
async def test_draws_in_a_terminal_of_any_size(app: ImprovApp, link, scene, size) -> None:
    """Too small to be of use is no reason to stop; so also with a picker and help in front."""
    link.to_say = scene
    async with app.run_test(size=size) as pilot:
        app.advance()
        await pilot.pause()
        for key in ("question_mark", "escape", "o", "escape", "g", "escape", "m", "1"):
            await pilot.press(key)
        assert app.is_running


async def test_survives_being_resized(app: ImprovApp, link, scene) -> None:
    """A window dragged from wide to nearly nothing and back."""
    link.to_say = scene
    async with app.run_test(size=(120, 40)) as pilot:
        app.advance()
        for width in (80, 56, 55, 41, 40, 37, 30, 18, 5, 1, 60, 120):
            await pilot.resize_terminal(width, max(1, width // 3))
            await pilot.pause()
        assert app.is_running
